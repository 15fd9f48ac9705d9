using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Tests.Planning;

/// <summary>The order of an upgrade: kubeadm's configuration, control planes, kube-proxy and CoreDNS, then workers.</summary>
public sealed class VersionsTests
{
    private static readonly KubernetesVersion Next = KubernetesVersion.Parse("1.34.1");

    [Theory]
    [InlineData("1.33.4", null)]
    [InlineData("1.33.5", null)]
    [InlineData("1.34.0", null)]
    [InlineData("1.35.0", Reasons.VersionSkipped)]
    [InlineData("1.33.3", Reasons.DowngradeRefused)]
    [InlineData("1.32.9", Reasons.DowngradeRefused)]
    public void A_cluster_goes_one_minor_version_on_and_never_back(string version, string? refusal)
    {
        var cluster = new RunningCluster(3, 1);
        cluster.Desired = cluster.Desired with { KubernetesVersion = KubernetesVersion.Parse(version) };
        var plan = cluster.Plan();

        Assert.Equal(refusal is null ? [] : [refusal], plan.Blockers.Select(blocker => blocker.Reason));
        Assert.True(refusal is null || plan.Steps.Count is 0);
    }

    [Theory]
    [InlineData("stays", true)]
    [InlineData("drains", true)]
    [InlineData("is being released", false)]
    [InlineData("never joined", false)]
    public void A_control_plane_that_serves_with_a_newer_version_counts(string how, bool counts)
    {
        var cluster = new RunningCluster(3, 1).WithMember(
            "m002",
            member =>
                member with
                {
                    Runs = Next,
                    Build = member.Build! with { KubernetesVersion = Next },
                    JoinedAt = how is "never joined" ? null : member.JoinedAt,
                    State = how switch
                    {
                        "drains" => MachineState.Draining,
                        "is being released" => MachineState.Releasing,
                        _ => member.State,
                    },
                }
        );

        Assert.Equal(counts, cluster.Plan().Blockers.Any(blocker => blocker.Reason is Reasons.DowngradeRefused));
    }

    [Theory]
    [InlineData(
        "kubelet",
        "cloud-config",
        "/etc/cloud.conf",
        "1.34.1",
        "kubelet arguments: Kubernetes 1.34.1 has no cloud-config, "
    )]
    [InlineData("etcd", "experimental-initial-corrupt-check", "true", "1.37.1", "has no experimental-initial-corrupt-check, ")]
    [InlineData(
        "apiServer",
        "feature-gates",
        "A=true,SidecarContainers=true",
        "1.37.1",
        "has no feature gate SidecarContainers, "
    )]
    [InlineData("kubelet", "cloud-config", "/etc/cloud.conf", "1.33.9", null)]
    [InlineData("apiServer", "cloud-config", "/etc/cloud.conf", "1.37.1", "has no cloud-config, which is gone since 1.33")]
    [InlineData("apiServer", "cloud-config", "/etc/cloud.conf", "1.32.9", null)]
    [InlineData(
        "apiServer",
        "emulated-version",
        "1.30",
        "1.30.9",
        "Kubernetes 1.30.9 has no emulated-version, which came with 1.31, and the apiServer does not start with it"
    )]
    [InlineData(
        "apiServer",
        "audit-log-pat",
        "-",
        "1.36.1",
        "apiServer arguments: no version of Kubernetes has audit-log-pat, and the apiServer does not start with it; write audit-log-path"
    )]
    [InlineData("kubelet", "max_pods", "9", "1.36.1", "write max-pods")]
    [InlineData("scheduler", "a-flag-of-tomorrow", "9", "1.37.1", null)]
    [InlineData("etcd", "v", "4", "1.36.1", null)]
    [InlineData("kubelet", "housekeeping-interval", "10s", "1.37.1", null)]
    public void A_new_cluster_is_refused_with_an_argument_that_its_version_does_not_know(
        string component,
        string argument,
        string value,
        string version,
        string? refusal
    )
    {
        var cluster = With(Scenes.Cluster(1, [1]), component, argument, value) with
        {
            KubernetesVersion = KubernetesVersion.Parse(version),
        };

        var plan = Planner.Plan(
            cluster,
            Scenes.Nothing with
            {
                IsUntouched = true,
            },
            new Inventory([Scenes.Machine(1), Scenes.Machine(2)]),
            Scenes.Now
        );

        Assert.Equal(refusal is null, plan.Blockers.Count is 0);
        Assert.All(plan.Blockers, blocker => Assert.Contains(refusal!, blocker.Message, StringComparison.Ordinal));
        Assert.True(refusal is null || plan.Steps.Count is 0);
    }

    [Fact]
    public void An_upgrade_to_a_version_that_does_not_know_an_argument_touches_nothing_and_names_it()
    {
        var cluster = new RunningCluster(3, 1);
        cluster.Desired = With(cluster.Desired, "kubelet", "cloud-config", "/etc/cloud.conf") with { KubernetesVersion = Next };

        var plan = cluster.Plan();

        Assert.Empty(plan.Steps);
        Assert.Equal(
            (
                Reasons.SpecInvalid,
                "kubelet arguments: Kubernetes 1.34.1 has no cloud-config, which is gone since 1.34, and the kubelet does not start "
                    + "with it; remove it from the profile first"
            ),
            plan.Blockers.Select(blocker => (blocker.Reason, blocker.Message)).Single()
        );
    }

    private static ClusterSpec With(ClusterSpec cluster, string component, string argument, string value) =>
        cluster with
        {
            Nodes = cluster.Nodes with
            {
                ExtraArgs = [KeyValuePair.Create(component, (ValueList<ExtraArg>)[new ExtraArg(argument, value)])],
            },
        };

    [Fact]
    public void A_version_that_cannot_be_installed_takes_no_machine_and_no_address()
    {
        var cluster = Scenes.Cluster(1, [1]) with { KubernetesVersion = KubernetesVersion.Parse("1.21.14") };

        var plan = Planner.Plan(cluster, Scenes.Nothing, new Inventory([Scenes.Machine(1), Scenes.Machine(2)]), Scenes.Now);

        Assert.Empty(plan.Steps);
        Assert.Empty(plan.Lacking);
        Assert.Equal(
            new Blocker(Reasons.SpecInvalid, "kubernetesVersion: '1.21.14' cannot be installed; write 1.22.0 or a later version"),
            Assert.Single(plan.Blockers)
        );
    }

    [Fact]
    public void A_worker_is_taken_while_the_version_of_the_API_server_is_not_known()
    {
        var cluster = new RunningCluster(1, 1).WithPool(1, pool => pool with { Size = 2 });
        cluster.Observed = cluster.Observed with { Version = null };

        Assert.Single(cluster.Plan().Steps.OfType<Step.Allocate>());
    }

    [Fact]
    public void The_installed_version_counts_until_the_kubelet_reports_one()
    {
        var cluster = new RunningCluster(3, 1).WithMember(
            "m002",
            member => member with { Runs = null, Build = member.Build! with { KubernetesVersion = Next } }
        );

        Assert.Contains(cluster.Plan().Blockers, blocker => blocker.Reason is Reasons.DowngradeRefused);
    }

    [Fact]
    public void Kubeadms_configuration_names_the_new_version_first_and_nothing_is_replaced_before()
    {
        var cluster = Upgraded(new RunningCluster(3, 2), KubeadmAt("1.33.4"));

        Assert.Equal(Next, Assert.IsType<Step.PrepareJoin>(Assert.Single(cluster.Plan().Steps)).Version);
    }

    [Fact]
    public void A_change_of_the_configuration_whose_answer_was_lost_is_made_again() =>
        Assert.IsType<Step.PrepareJoin>(
            Assert.Single(Upgraded(new RunningCluster(3, 2), new KubeadmVersionState.Changing(Next)).Plan().Steps)
        );

    [Fact]
    public void An_upgrade_begins_when_etcd_is_whole_and_seen()
    {
        var sick = Upgraded(new RunningCluster(3, 2), KubeadmAt("1.33.4"))
            .WithEtcd(member => member.Name is "host-001" ? member with { Healthy = false } : member);
        var unseen = Upgraded(new RunningCluster(3, 2), KubeadmAt("1.33.4"));
        unseen.Observed = unseen.Observed with { Etcd = new Observation<EtcdFacts>.Unknown("timeout") };

        Assert.All(
            [sick, unseen],
            cluster =>
            {
                Assert.Empty(cluster.Plan().Steps);
                Assert.Contains(cluster.Plan().Pending, wait => wait.Reason is Reasons.EtcdUnhealthy);
            }
        );
    }

    [Fact]
    public void An_upgrade_to_an_image_that_MAAS_does_not_have_does_not_begin()
    {
        var cluster = Upgraded(new RunningCluster(3, 2), KubeadmAt("1.33.4"));
        cluster.Observed = cluster.Observed with { Image = new Observation<ImageName>.Absent() };

        Assert.Empty(cluster.Plan().Steps);
        Assert.Contains(cluster.Plan().Blockers, blocker => blocker.Reason is Reasons.ImageMissing);
    }

    [Fact]
    public void An_upgrade_does_not_begin_while_the_API_server_is_silent()
    {
        var cluster = Upgraded(new RunningCluster(3, 2), KubeadmAt("1.33.4"));
        cluster.Observed = cluster.Observed with { Api = new Observation<ApiFacts>.Unknown("timeout") };

        Assert.Empty(cluster.Plan().Steps);
        Assert.DoesNotContain(cluster.Plan().Pending, wait => wait.Reason is Reasons.EtcdUnhealthy);
    }

    [Fact]
    public void Control_planes_are_replaced_before_workers()
    {
        var plan = Upgraded(new RunningCluster(3, 2), KubeadmAt("1.34.1")).Plan();

        Assert.Equal(PoolRole.ControlPlane, Assert.IsType<Step.Allocate>(Assert.Single(plan.Steps)).Role);
        Assert.Contains(
            plan.Pending,
            wait => wait is { Reason: Reasons.Upgrading, Message: "0 of 3 control planes run Kubernetes 1.34.1; workers follow." }
        );
    }

    [Fact]
    public void Add_ons_of_kubeadm_follow_when_every_control_plane_is_new_and_workers_only_then()
    {
        var cluster = Upgraded(new RunningCluster(3, 2), KubeadmAt("1.34.1"));
        foreach (var machine in (string[])["m000", "m001", "m002"])
        {
            cluster.WithMember(
                machine,
                member => member with { Runs = Next, Build = member.Build! with { KubernetesVersion = Next } }
            );
        }

        Assert.Equal(Next, Assert.IsType<Step.UpgradeAddons>(Assert.Single(cluster.Plan().Steps)).Version);

        cluster.Observed = cluster.Observed with { Version = Next };
        Assert.Equal(PoolRole.Worker, Assert.IsType<Step.Allocate>(Assert.Single(cluster.Plan().Steps)).Role);
    }

    [Fact]
    public void Kubeadms_add_ons_wait_for_an_API_server_that_answers()
    {
        var cluster = Upgraded(new RunningCluster(1, 0), KubeadmAt("1.34.1"))
            .WithMember("m000", member => member with { Runs = Next, Build = member.Build! with { KubernetesVersion = Next } });
        cluster.Observed = cluster.Observed with { Api = new Observation<ApiFacts>.Unknown("timeout") };

        Assert.Empty(cluster.Plan().Steps);
        Assert.Contains(
            cluster.Plan().Pending,
            wait => wait is { Reason: Reasons.Upgrading, Message: "1 of 1 control plane runs Kubernetes 1.34.1; workers follow." }
        );
    }

    [Theory]
    [InlineData("as it is", true)]
    [InlineData("on its way out", false)]
    [InlineData("installed from another image", false)]
    [InlineData("installed for another version", false)]
    [InlineData("nobody has seen its kubelet", false)]
    public void An_image_that_brings_another_version_stops_the_cluster_at_its_first_machine(string how, bool stops)
    {
        var other = KubernetesVersion.Parse("1.33.9");
        var cluster = new RunningCluster(1, 2).WithMember(
            "m002",
            member =>
                member with
                {
                    Runs = how is "nobody has seen its kubelet" ? null : other,
                    State = how is "on its way out" ? MachineState.Draining : member.State,
                    Build = how switch
                    {
                        "installed from another image" => member.Build! with { Image = ImageName.Parse("ubuntu/jammy") },
                        "installed for another version" => member.Build! with { KubernetesVersion = other },
                        _ => member.Build,
                    },
                }
        );

        Assert.Equal(
            stops
                ?
                [
                    "image: ubuntu/noble was to bring Kubernetes 1.33.4 and brought 1.33.9 to host-002; choose an image "
                        + "with 1.33.4, or ask for 1.33.9",
                ]
                : [],
            cluster.Plan().Blockers.Select(blocker => blocker.Message)
        );
    }

    [Fact]
    public void A_refusal_names_the_oldest_or_the_newest_version_that_runs()
    {
        var cluster = new RunningCluster(3, 1).WithMember("m002", member => member with { Runs = Next });

        cluster.Desired = cluster.Desired with { KubernetesVersion = KubernetesVersion.Parse("1.35.0") };
        Assert.Equal(
            "kubernetesVersion: 1.33.4 cannot become 1.35.0 in one step; go to 1.34 first, Kubernetes is upgraded one minor "
                + "version at a time",
            Assert.Single(cluster.Plan().Blockers).Message
        );

        cluster.Desired = cluster.Desired with { KubernetesVersion = KubernetesVersion.Parse("1.33.4") };
        Assert.Equal(
            "kubernetesVersion: 1.34.1 cannot become 1.33.4; Kubernetes does not go back, write 1.34.1 or a later version",
            Assert.Single(cluster.Plan().Blockers).Message
        );
    }

    [Fact]
    public void While_a_version_is_refused_no_pool_shrinks_or_grows()
    {
        var skipped = new RunningCluster(1, 3).WithPool(1, pool => pool with { Size = 2 });
        skipped.Desired = skipped.Desired with { KubernetesVersion = KubernetesVersion.Parse("1.35.0") };
        var other = new RunningCluster(1, 2)
            .WithPool(1, pool => pool with { Size = 3 })
            .WithMember("m002", member => member with { Runs = KubernetesVersion.Parse("1.33.9") });

        Assert.Empty(skipped.Plan().Steps);
        Assert.Empty(other.Plan().Steps);
    }

    private static KubeadmVersionState KubeadmAt(string version) =>
        new KubeadmVersionState.Known(KubernetesVersion.Parse(version));

    private static RunningCluster Upgraded(RunningCluster cluster, KubeadmVersionState kubeadm)
    {
        cluster.Desired = cluster.Desired with { KubernetesVersion = Next };
        cluster.Observed = cluster.Observed with { KubeadmVersion = kubeadm };
        return cluster;
    }
}
