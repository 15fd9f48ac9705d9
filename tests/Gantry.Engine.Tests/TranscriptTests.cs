using System.Globalization;
using Gantry.Clusters.Model;
using Gantry.Engine.Tests.Fakes;
using Gantry.Testing;

namespace Gantry.Engine.Tests;

/// <summary>What a person reads of a whole operation: every event with its time since the request.</summary>
public sealed class TranscriptTests
{
    [Fact]
    public void Creation_of_one_control_plane()
    {
        using var place = new DataCentre(machines: 1).Start();
        Create(place, Some.Cluster());
        Golden.Match(Transcript(place), "create-1+0.txt");
    }

    [Fact]
    public void Creation_of_three_control_planes_and_two_workers()
    {
        using var place = new DataCentre(machines: 6).Start();
        Create(place, Some.Cluster(3, 2));
        Golden.Match(Transcript(place), "create-3+2.txt");
    }

    [Fact]
    public void Creation_behind_a_dns_record()
    {
        using var place = new DataCentre(machines: 3).Start();
        Create(place, Some.Cluster(3, 0, endpoint: new EndpointChoice.MaasDns("dc1.example")));
        Golden.Match(Transcript(place), "create-dns.txt");
    }

    [Fact]
    public void Creation_with_a_machine_that_fails()
    {
        using var place = new DataCentre(machines: 3).Start();
        place.Maas.FailToDeploy.Add("m01");
        Create(place, Some.Cluster(1, 1));
        place.Pass(TimeSpan.FromMinutes(1));
        Golden.Match(Transcript(place), "create-failing-machine.txt");
    }

    [Fact]
    public void ScaleUp()
    {
        using var place = new DataCentre(machines: 4).Start();
        var cluster = Create(place, Some.Cluster(1, 1));
        place.Events.Clear();
        place.Want(cluster.WithWorkers(2));
        place.Until(() => place.Status(cluster) is { Machines.Count: 3, Health: Health.Healthy });
        Golden.Match(Transcript(place), "grow.txt");
    }

    [Fact]
    public void Shrink()
    {
        using var place = new DataCentre(machines: 4).Start();
        var cluster = Create(place, Some.Cluster(1, 2));
        place.Events.Clear();
        place.Want(cluster.WithWorkers(1));
        place.Until(() => place.Status(cluster) is { Machines.Count: 2, Health: Health.Healthy });
        Golden.Match(Transcript(place), "shrink.txt");
    }

    [Fact]
    public void Deletion()
    {
        using var place = new DataCentre(machines: 4).Start();
        var cluster = Create(place, Some.Cluster(1, 2));
        Delete(place, cluster);
        Golden.Match(Transcript(place), "delete.txt");
    }

    [Fact]
    public void Abort()
    {
        using var place = new DataCentre(machines: 4).Start();
        var cluster = Some.Cluster(1, 2, endpoint: new EndpointChoice.MaasDns("dc1.example"));
        place.Want(cluster);
        place.Pass(TimeSpan.FromMinutes(2));
        Delete(place, cluster);
        Golden.Match(Transcript(place), "abort.txt");
    }

    private static ClusterSpec Create(DataCentre place, ClusterSpec cluster)
    {
        place.Want(cluster);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        return cluster;
    }

    private static void Delete(DataCentre place, ClusterSpec cluster)
    {
        place.Events.Clear();
        place.Want(cluster.Deleted(place.Time.GetUtcNow()));
        place.Until(() => place.Is(cluster, ClusterPhase.Deleted));
    }

    private static string Transcript(DataCentre place) => string.Concat(place.Events.Select(happened =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{happened.At - place.Events[0].At:mm\\:ss}  {happened.Severity,-7}  {happened.Reason,-16}  {happened.Machine?.Value ?? "-",-4}  {happened.Message}\n")));
}
