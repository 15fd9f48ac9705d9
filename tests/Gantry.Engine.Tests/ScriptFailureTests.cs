using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests;

/// <summary>MAAS knows at once that the script that runs kubeadm failed, and nothing runs it again.</summary>
public sealed class ScriptFailureTests
{
    private const string NumCpu = "[ERROR NumCPU]: the number of available CPUs 1 is less than the required 2";

    [Fact]
    public void A_kubeadm_init_that_fails_is_not_waited_out_and_the_reason_is_told()
    {
        using var place = new EngineInWorld(machines: 2);
        place["m01"].KubeadmRefuses = NumCpu;
        var cluster = Some.Cluster();
        place.Want(cluster);
        place.Start();
        place.Until(() => place["m01"].ScriptFailure is not null);

        place.Pass(TimeSpan.FromMinutes(1));

        var quarantined = Assert.Single(place.Now(() => place.Engine.ListQuarantineAsync(default)));
        Assert.Equal("m01", quarantined.Machine.Value);
        Assert.Contains(NumCpu, quarantined.Reason, StringComparison.Ordinal);
        place.Until(cluster, status => status.Machines.Any(machine => machine is { SystemId.Value: "m02", State: "Deploying" }));
        var explained = Explain.Write(
            cluster,
            place.Status(cluster),
            new Surroundings("gateway", GatewayOnline: true, null, AccountPresent: true),
            place.Time.Now
        );
        Assert.Contains(NumCpu, explained.Cause, StringComparison.Ordinal);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
    }

    [Fact]
    public void A_worker_whose_script_fails_is_replaced_at_once()
    {
        using var place = new EngineInWorld(machines: 3);
        place["m02"].KubeadmRefuses = "running config-scripts_user with frequency once-per-instance";
        var cluster = Some.Cluster(controlPlanes: 1, workers: 1);
        place.Want(cluster);
        place.Start();
        place.Until(() => place["m02"].ScriptFailure is not null);

        place.Pass(TimeSpan.FromMinutes(1));

        Assert.Equal("m02", Assert.Single(place.Now(() => place.Engine.ListQuarantineAsync(default))).Machine.Value);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
    }

    [Fact]
    public void A_part_of_cloud_init_that_does_not_matter_ends_no_wait_and_is_asked_about_once()
    {
        using var place = new EngineInWorld(machines: 1);
        var cluster = Some.Cluster();
        place.Want(cluster);
        place.Start();
        place.Until(() => place["m01"].System is SystemState.Running);
        place["m01"].OtherFailure = "running config-ntp with frequency once-per-instance";
        place.Region.Changed(place["m01"]);

        place.Until(() => place.Is(cluster, ClusterPhase.Running));

        Assert.Empty(place.Now(() => place.Engine.ListQuarantineAsync(default)));
        Assert.Single(place.Script.Calls, call => call.Operation is "FindNodeReportAsync");
    }

    [Fact]
    public void A_node_that_has_joined_outlives_a_failure_of_its_script()
    {
        using var place = new EngineInWorld(machines: 1);
        var cluster = Some.Cluster();
        place.Want(cluster);
        place.Start();
        place.Until(() => place.Is(cluster, ClusterPhase.Running));

        place["m01"].ScriptFailure = "a command after kubeadm failed";
        place.Region.Changed(place["m01"]);
        place.Pass(TimeSpan.FromMinutes(5));

        Assert.Equal(Health.Healthy, place.Status(cluster).Health);
    }
}
