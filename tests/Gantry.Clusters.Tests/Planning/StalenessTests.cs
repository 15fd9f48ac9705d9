using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Tests.Planning;

/// <summary>Why a machine is to be replaced, and which reasons need an operator's approval.</summary>
public sealed class StalenessTests
{
    [Fact]
    public void An_up_to_date_machine_is_not_stale() => Assert.Empty(Of(new RunningCluster(1, 1)));

    [Fact]
    public void A_machine_is_stale_when_an_operator_replaces_it()
    {
        var cluster = new RunningCluster(1, 1);
        cluster.Desired = cluster.Desired with { Replace = [new SystemId("m001")] };

        Assert.True(Of(cluster) is [{ Code: "Replace", Asked: true }]);
    }

    [Fact]
    public void A_machine_is_stale_when_it_lacks_the_desired_version()
    {
        var cluster = new RunningCluster(1, 1);
        cluster.Desired = cluster.Desired with { KubernetesVersion = Version("1.33.5") };

        Assert.Equal(
            [new StaleReason("KubernetesVersion", "Kubernetes 1.33.4 → 1.33.5", Asked: true, "1.33.4", "1.33.5")],
            Of(cluster)
        );
    }

    [Fact]
    public void The_running_version_counts_and_not_that_of_the_image()
    {
        var cluster = new RunningCluster(1, 1).WithMember("m001", member => member with { Runs = Version("1.33.5") });
        Assert.Empty(Of(cluster));

        cluster.Desired = cluster.Desired with { KubernetesVersion = Version("1.33.5") };
        Assert.Empty(Of(cluster));

        cluster.Desired = cluster.Desired with { KubernetesVersion = Version("1.34.1") };
        Assert.True(Of(cluster) is [{ From: "1.33.5", To: "1.34.1" }]);
    }

    [Fact]
    public void A_machine_is_stale_when_another_image_is_desired()
    {
        var cluster = new RunningCluster(1, 1);
        cluster.Desired = cluster.Desired with { Image = ImageName.Parse("ubuntu/jammy") };

        Assert.Equal(
            [new StaleReason("Image", "image ubuntu/noble → ubuntu/jammy", Asked: true, "ubuntu/noble", "ubuntu/jammy")],
            Of(cluster)
        );
    }

    [Theory]
    [InlineData("", "one", "NTP servers set")]
    [InlineData("one", "", "NTP servers taken away")]
    [InlineData("one", "two", "NTP servers changed")]
    public void A_machine_is_stale_when_a_node_setting_differs(string before, string after, string message)
    {
        var cluster = new RunningCluster(1, 1);
        cluster.Desired = WithNtp(cluster.Desired, before);
        var build = NodeBuild.Of(cluster.Desired, cluster.Desired.Pools[1], cluster.Observed.Template);
        cluster.WithMember("m001", member => member with { Build = build });
        Assert.Empty(Of(cluster));

        cluster.Desired = WithNtp(cluster.Desired, after);
        var reason = Assert.Single(Of(cluster));
        Assert.Equal(("NodeSettings", message, true), (reason.Code, reason.Message, reason.Asked));

        static ClusterSpec WithNtp(ClusterSpec cluster, string server) =>
            cluster with
            {
                Nodes = cluster.Nodes with { NtpServers = server.Length is 0 ? [] : [server] },
            };
    }

    [Fact]
    public void A_new_revision_of_node_documents_needs_approval()
    {
        var cluster = new RunningCluster(1, 1);
        cluster.Observed = cluster.Observed with { Template = "9" };

        var reason = Assert.Single(Of(cluster));
        Assert.Equal(("NodeTemplateChanged", false, "9"), (reason.Code, reason.Asked, reason.To));
        Assert.False(Staleness.IsActionable(reason, approved: null));
        Assert.False(Staleness.IsActionable(reason, approved: "other+more"));
        Assert.True(Staleness.IsActionable(reason, Staleness.HashOf([reason])));
        Assert.True(Staleness.IsActionable(reason, "other+" + Staleness.HashOf([reason])));
    }

    [Fact]
    public void An_approval_covers_distinct_reasons_in_any_order()
    {
        var image = new StaleReason("Image", "", Asked: true, To: "b");
        var template = new StaleReason("NodeTemplateChanged", "", Asked: false, To: "9");

        Assert.Equal(Staleness.HashOf([image, template]), Staleness.HashOf([template, image, image]));
        Assert.NotEqual(Staleness.HashOf([image]), Staleness.HashOf([image with { To = "c" }]));
        Assert.Equal(2, Staleness.HashOf([image, template]).Split('+').Length);
    }

    [Theory]
    [InlineData(305, false, false)]
    [InlineData(305.1, true, false)]
    [InlineData(335, true, false)]
    [InlineData(335.1, true, true)]
    public void Certificates_that_end_are_told_60_days_before_and_renewed_30_days_before_without_agreement(
        double days,
        bool told,
        bool renewed
    )
    {
        var cluster = new RunningCluster(1, 1).WithMember("m000", member => member with { JoinedAt = Scenes.Now.AddDays(-days) });
        var reasons = Of(cluster, "m000");

        Assert.Equal(told, reasons is [{ Code: "CertificatesEnd" }]);
        Assert.Equal(told, reasons.Count > 0);
        Assert.Equal(renewed, reasons.Any(reason => reason.Asked));
    }

    [Fact]
    public void Certificates_of_workers_are_renewed_by_their_kubelets() =>
        Assert.Empty(
            Of(new RunningCluster(1, 1).WithMember("m001", member => member with { JoinedAt = Scenes.Now.AddDays(-364) }))
        );

    [Fact]
    public void Control_planes_that_joined_before_the_requested_renewal_are_stale()
    {
        var cluster = new RunningCluster(1, 1).WithMember("m000", member => member with { JoinedAt = Scenes.Now.AddDays(-10) });
        cluster.Desired = cluster.Desired with { RenewCertificatesOlderThan = Scenes.Now.AddDays(-9) };
        Assert.True(Of(cluster, "m000") is [{ Code: "RenewCertificates", Asked: true }]);

        cluster.Desired = cluster.Desired with { RenewCertificatesOlderThan = Scenes.Now.AddDays(-10) };
        Assert.Empty(Of(cluster, "m000"));
    }

    [Theory]
    [InlineData("it fails a constraint that is new", true)]
    [InlineData("it fails a constraint that it was placed by", false)]
    [InlineData("it meets the constraint that is new", false)]
    [InlineData("nobody knows what it was placed by", false)]
    [InlineData("MAAS does not show its hardware", false)]
    public void A_machine_is_replaced_for_its_place_when(string situation, bool replaced)
    {
        var cluster = new RunningCluster(1, 1).WithPool(
            1,
            pool =>
                pool with
                {
                    Placement = new PoolPlacement { MinCpu = situation is "it meets the constraint that is new" ? 8 : 16 },
                }
        );
        cluster.WithMaas(
            "m001",
            facts => facts with { Hardware = situation is "MAAS does not show its hardware" ? null : Scenes.Machine(1) }
        );
        cluster.WithMember(
            "m001",
            member =>
                member with
                {
                    PlacedFor = situation switch
                    {
                        "nobody knows what it was placed by" => null,
                        "it fails a constraint that it was placed by" => NodeBuild.DigestOf(cluster.Desired.Pools[1].Placement),
                        _ => NodeBuild.DigestOf(new PoolPlacement()),
                    },
                }
        );

        Assert.Equal(replaced, Of(cluster) is [{ Code: "Placement", Message: "it has fewer than 16 CPUs", Asked: true }]);
        Assert.Equal(replaced, Of(cluster).Count > 0);
    }

    public static TheoryData<string, string?> Drifts { get; } =
        new()
        {
            { "as it was", null },
            { "locked", "it was locked" },
            { "releasing", "somebody released it (Releasing)" },
            { "failed to release", "somebody released it (Releasing)" },
            { "out of service", "MAAS shows it as Rescue mode" },
            { "renamed", "it was renamed to other" },
            { "renamed in case only", null },
            { "smaller", "it has fewer than 8 CPUs now, which pool-0 asks for" },
            { "free while its node works", "MAAS shows it as not ours, and its node is Ready" },
            { "free while its node is silent", null },
            { "not seen", null },
            { "not installed", null },
            { "on its way out and locked", null },
        };

    [Theory]
    [MemberData(nameof(Drifts))]
    public void Changes_made_in_MAAS_are_reported_as_drift(string shown, string? what)
    {
        var cluster = new RunningCluster(1, 1).WithPool(1, pool => pool with { Placement = new PoolPlacement { MinCpu = 8 } });
        cluster.WithMember(
            "m001",
            member =>
                member with
                {
                    PlacedFor = NodeBuild.DigestOf(cluster.Desired.Pools[1].Placement),
                    Build = shown is "not installed" ? null : member.Build,
                    State = shown is "on its way out and locked" ? MachineState.Draining : member.State,
                }
        );
        cluster.WithMaas(
            "m001",
            facts =>
                facts with
                {
                    Locked = shown is "locked" or "on its way out and locked" or "not installed",
                    Progress = shown switch
                    {
                        "releasing" => MaasProgress.Releasing,
                        "failed to release" => MaasProgress.FailedReleasing,
                        "out of service" => MaasProgress.OutOfService,
                        _ => MaasProgress.Deployed,
                    },
                    Message = shown is "out of service" ? "Rescue mode" : "Releasing",
                    Hardware = shown switch
                    {
                        "renamed" => Scenes.Machine(1) with { Hostname = "other" },
                        "renamed in case only" => Scenes.Machine(1) with { Hostname = "HOST-001" },
                        "smaller" => Scenes.Machine(1, cpu: 4),
                        _ => Scenes.Machine(1),
                    },
                }
        );
        if (shown.StartsWith("free", StringComparison.Ordinal))
        {
            cluster
                .With("m001", seen => seen with { Maas = new Observation<MaasFacts>.Absent() })
                .WithNode("m001", node => node with { Ready = shown is "free while its node works" });
        }

        if (shown is "not seen")
        {
            cluster.With("m001", seen => seen with { Maas = new Observation<MaasFacts>.Unknown("timeout") });
        }

        Assert.Equal(what is null ? [] : [what], cluster.Plan().Drift.Select(note => note.What));
    }

    private static IReadOnlyList<StaleReason> Of(RunningCluster cluster, string machine = "m001")
    {
        var seen = cluster[machine];
        var pool = cluster.Desired.Pools.Single(pool => pool.Name == seen.Member.Pool);
        var build = NodeBuild.Of(cluster.Desired, pool, cluster.Observed.Template);
        return Staleness.Of(seen, pool, build, cluster.Desired, Limits.Default, Scenes.Now);
    }

    private static KubernetesVersion Version(string text) => KubernetesVersion.Parse(text);
}
