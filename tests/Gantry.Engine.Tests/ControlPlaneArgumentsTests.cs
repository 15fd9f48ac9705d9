using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.Ports;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests;

/// <summary>
/// A joining control plane reads the arguments of its components from kubeadm's configuration in the cluster, not from its own
/// document.
/// </summary>
public sealed class ControlPlaneArgumentsTests
{
    private static readonly ValueMap<string, ValueList<ExtraArg>> Audit =
    [
        new("apiServer", [new ExtraArg("audit-log-maxage", "30")]),
        new("etcd", [new ExtraArg("quota-backend-bytes", "8589934592")]),
    ];

    [Fact]
    public void Changed_arguments_reach_every_control_plane()
    {
        using var place = Running(out var cluster);

        var before = place.Script.Acts.Count;
        Reach(place, cluster = With(cluster, Audit));

        AssertRuns(place, Audit);
        var acts = place.Script.Acts[before..];
        Assert.True(
            acts.FindIndex(act => act.Kind is ActKind.SetVersion) < acts.FindIndex(act => act.Kind is ActKind.Allocate),
            "the configuration is written before a machine is taken for the first replacement"
        );
        Assert.Equal(3, acts.Count(act => act.Kind is ActKind.Release));
    }

    [Fact]
    public void Arguments_that_are_taken_away_leave_every_control_plane_and_those_a_person_wrote_stay()
    {
        using var place = Running(out var cluster);
        Reach(place, cluster = With(cluster, Audit));
        ValueMap<string, ValueList<ExtraArg>> own = [new("scheduler", [new ExtraArg("v", "4")])];
        place.Inside(cluster).Set(new KubeadmSettings(cluster.KubernetesVersion, own));

        Reach(place, With(cluster, []));

        AssertRuns(place, own);
    }

    [Fact]
    public void Arguments_of_the_kubelet_alone_leave_kubeadms_configuration_as_it_is()
    {
        using var place = Running(out var cluster);
        var before = place.Script.Acts.Count;

        Reach(place, With(cluster, [new("kubelet", [new ExtraArg("max-pods", "200")])]));

        Assert.DoesNotContain(place.Script.Acts[before..], act => act.Kind is ActKind.SetVersion);
    }

    [Fact]
    public void A_control_plane_that_joins_while_its_arguments_change_is_replaced_because_nobody_knows_which_it_read()
    {
        using var place = Running(out var cluster);
        var wanted = cluster = With(cluster, Audit);
        place.Want(cluster);
        place.Until(() => place.Script.Acts.Exists(act => act.Kind is ActKind.Admit));
        var admitted = place.Status(cluster).Machines.Count(machine => machine.NodeReady);

        // Changed and changed back while the first of them joins.
        place.Want(cluster = With(cluster, [new("apiServer", [new ExtraArg("audit-log-maxage", "7")])]));
        place.Pass(TimeSpan.FromSeconds(20));
        Reach(place, With(cluster, Audit));

        Assert.Equal(3, admitted);
        AssertRuns(place, wanted.Nodes.ExtraArgs);
    }

    [Fact]
    public void A_lost_answer_of_the_change_leaves_no_argument_behind_that_nobody_asks_for()
    {
        using var place = Running(out var cluster);
        var lost = false;
        place.Script.Interfere = call => call.Is(ActKind.SetVersion) && !lost && (lost = true) ? Fate.AnswerLost : Fate.Arrives;
        place.Want(cluster = With(cluster, Audit));
        place.Until(() => lost);

        Reach(place, With(cluster, []));

        Assert.Empty(place.Inside(cluster).KubeadmArguments);
        AssertRuns(place, []);
    }

    [Fact]
    public void Changed_volumes_reach_every_control_plane_and_leave_with_the_wish()
    {
        using var place = Running(out var cluster);
        ValueMap<string, ValueList<ComponentVolume>> audit =
        [
            new("apiServer", [new ComponentVolume("audit", "/etc/kubernetes/audit", "/etc/kubernetes/audit", ReadOnly: true)]),
        ];

        Reach(place, cluster = WithVolumes(cluster, audit));
        Assert.All(place.Held, machine => Assert.Equal(audit, machine.Volumes));

        Reach(place, WithVolumes(cluster, []));
        Assert.All(place.Held, machine => Assert.Empty(machine.Volumes));
    }

    [Fact]
    public void A_plan_of_changed_arguments_shows_that_the_configuration_is_written_first()
    {
        using var place = Running(out var cluster);

        var plan = place.Now(() => place.Engine.PlanAsync(With(cluster, Audit), default));

        Assert.Equal("PrepareJoin", plan.Steps[0].Action);
        Assert.Contains("changed settings", plan.Steps[0].Reason, StringComparison.Ordinal);
    }

    private static EngineInWorld Running(out ClusterSpec cluster)
    {
        var place = new EngineInWorld(machines: 6);
        cluster = Some.Cluster(controlPlanes: 3);
        place.Want(cluster);
        place.Start();
        var wanted = cluster;
        place.Until(() => place.Is(wanted, ClusterPhase.Running));

        // A node is Ready before its member of etcd votes.
        place.Pass(TimeSpan.FromMinutes(1));
        return place;
    }

    private static ClusterSpec With(ClusterSpec cluster, ValueMap<string, ValueList<ExtraArg>> arguments) =>
        cluster with
        {
            Generation = cluster.Generation + 1,
            Nodes = cluster.Nodes with { ExtraArgs = arguments },
        };

    private static ClusterSpec WithVolumes(ClusterSpec cluster, ValueMap<string, ValueList<ComponentVolume>> volumes) =>
        cluster with
        {
            Generation = cluster.Generation + 1,
            Nodes = cluster.Nodes with { ExtraVolumes = volumes },
        };

    private static void Reach(EngineInWorld place, ClusterSpec cluster)
    {
        var before = place.Events.Count(happened => happened.Reason is "Reached");
        place.Want(cluster);
        place.Until(() => place.Events.Count(happened => happened.Reason is "Reached") > before);
        place.Pass(TimeSpan.FromMinutes(2));
    }

    private static void AssertRuns(EngineInWorld place, ValueMap<string, ValueList<ExtraArg>> arguments) =>
        Assert.All(place.Held, machine => Assert.Equal(arguments, machine.Arguments));
}
