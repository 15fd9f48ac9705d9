using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.Ports;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests;

/// <summary>A repository does not give machines their packages: the machines are not to blame.</summary>
public sealed class PackageFailureTests
{
    private const string Missing = "the packages could not be installed: E: Version '1.36.1-*' for 'kubelet' was not found";

    [Fact]
    public void A_repository_that_gives_no_packages_puts_no_machine_in_quarantine_and_is_asked_again_with_growing_pauses()
    {
        using var place = new EngineInWorld(machines: 4);
        Refuse(place, Missing);
        var cluster = Some.Cluster();
        place.Want(cluster);
        place.Start();

        place.Pass(TimeSpan.FromHours(2));
        var atFirst = Deployments(place);
        place.Pass(TimeSpan.FromHours(6));

        Assert.Empty(place.Now(() => place.Engine.ListQuarantineAsync(default)));
        Assert.InRange(atFirst, 3, 5);
        Assert.InRange(Deployments(place) - atFirst, 4, 6);
    }

    [Fact]
    public void A_cluster_goes_on_by_itself_when_its_repository_gives_packages_again()
    {
        using var place = new EngineInWorld(machines: 3);
        Refuse(place, Missing);
        var cluster = Some.Cluster(controlPlanes: 1, workers: 1);
        place.Want(cluster);
        place.Start();
        place.Until(cluster, status => status.Conditions.Any(one => one.Reason is Reasons.PackagesUnavailable));

        Refuse(place, null);

        place.Until(() => place.Is(cluster, ClusterPhase.Running), TimeSpan.FromHours(2));
        Assert.Empty(place.Now(() => place.Engine.ListQuarantineAsync(default)));
        Assert.DoesNotContain(place.Status(cluster).Conditions, one => one.Message.Contains(Missing, StringComparison.Ordinal));
    }

    [Fact]
    public void A_machine_that_alone_gets_no_packages_is_the_last_choice_for_its_place()
    {
        using var place = new EngineInWorld(machines: 3);
        place["m01"].PackagesRefused = "the packages could not be installed: curl: (6) Could not resolve host: pkgs.example";
        var cluster = Some.Cluster(controlPlanes: 1, workers: 1);
        place.Want(cluster);
        place.Start();

        place.Until(() => place.Is(cluster, ClusterPhase.Running), TimeSpan.FromHours(2));

        Assert.Empty(place.Now(() => place.Engine.ListQuarantineAsync(default)));
        Assert.DoesNotContain(place.Status(cluster).Machines, machine => machine.SystemId.Value is "m01");
    }

    [Fact]
    public void Another_repository_is_tried_at_once()
    {
        using var place = new EngineInWorld(machines: 3);
        Refuse(place, Missing);
        var cluster = Some.Cluster();
        place.Want(cluster);
        place.Start();
        place.Until(cluster, status => status.Conditions.Any(one => one.Reason is Reasons.PackagesUnavailable));
        Refuse(place, null);

        place.Want(
            cluster with
            {
                Generation = cluster.Generation + 1,
                Nodes = cluster.Nodes with { Proxy = new ProxySettings("http://proxy.example:3128", null, []) },
            }
        );

        place.Until(cluster, status => status.Machines.Any(machine => machine.State is "Deploying"), TimeSpan.FromMinutes(4));
    }

    private static int Deployments(EngineInWorld place) => place.Script.Calls.Count(call => call.Is(ActKind.Deploy));

    private static void Refuse(EngineInWorld place, string? words)
    {
        foreach (var machine in place.Region.Machines)
        {
            machine.PackagesRefused = words;
        }
    }
}
