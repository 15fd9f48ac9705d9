using System.Globalization;
using Gantry.Clusters.Model;
using Gantry.Engine.Tests.Fakes;
using Gantry.Testing;

namespace Gantry.Engine.Tests;

/// <summary>What a person reads of a whole operation: every event with its time since the request.</summary>
public sealed class TranscriptTests
{
    private static readonly Dictionary<string, Func<Random?, string>> Operations = new(StringComparer.Ordinal)
    {
        ["create-1+0.txt"] = order => Creation(order, machines: 1, Some.Cluster()),
        ["create-3+2.txt"] = order => Creation(order, machines: 6, Some.Cluster(3, 2)),
        ["create-dns.txt"] = order =>
            Creation(order, machines: 3, Some.Cluster(3, 0, endpoint: new EndpointChoice.MaasDns("dc1.example"))),
        ["create-failing-machine.txt"] = order => Creation(order, machines: 3, Some.Cluster(1, 1), failing: "m01"),
        ["grow.txt"] = order => Scaling(order, from: 1, to: 2),
        ["shrink.txt"] = order => Scaling(order, from: 2, to: 1),
        ["delete.txt"] = Deletion,
        ["abort.txt"] = Abort,
    };

    public static TheoryData<string> Goldens => [.. Operations.Keys];

    public static MatrixTheoryData<string, int> RandomOrders => new(Operations.Keys, Enumerable.Range(1, 3));

    [Theory]
    [MemberData(nameof(Goldens))]
    public void An_operation_reads_like_its_golden_transcript(string golden) => Golden.Match(Operations[golden](null), golden);

    /// <summary>An operation checks its own outcome.</summary>
    [Theory]
    [MemberData(nameof(RandomOrders))]
    public void An_operation_has_the_same_outcome_in_whatever_order_machines_advance(string golden, int seed) =>
        Assert.NotEmpty(Operations[golden](new Random(seed)));

    private static string Creation(Random? order, int machines, ClusterSpec cluster, string? failing = null)
    {
        using var place = Place(order, machines);
        if (failing is not null)
        {
            place.Maas.FailToDeploy.Add(failing);
        }

        var transcript = Of(place);
        Create(place, cluster);
        if (failing is not null)
        {
            place.Until(() => !place.Maas[failing].Ours);
            place.Pass(TimeSpan.FromMinutes(1));
        }

        Outcome.IsAsAskedFor(place, cluster);
        return transcript.Text;
    }

    private static string Scaling(Random? order, int from, int to)
    {
        using var place = Place(order, machines: 4);
        var cluster = Create(place, Some.Cluster(1, from)).WithWorkers(to);
        var transcript = Of(place);
        place.Want(cluster);
        place.Until(() => place.Status(cluster) is { Health: Health.Healthy } status && status.Machines.Count == 1 + to);
        Outcome.IsAsAskedFor(place, cluster);
        return transcript.Text;
    }

    private static string Deletion(Random? order)
    {
        using var place = Place(order, machines: 4);
        var cluster = Create(place, Some.Cluster(1, 2));
        return Delete(place, cluster);
    }

    private static string Abort(Random? order)
    {
        using var place = Place(order, machines: 4);
        var cluster = Some.Cluster(1, 2, endpoint: new EndpointChoice.MaasDns("dc1.example"));
        place.Want(cluster);
        place.Pass(TimeSpan.FromMinutes(2));
        return Delete(place, cluster);
    }

    private static DataCentre Place(Random? order, int machines)
    {
        var place = new DataCentre(machines).Start();
        place.Maas.Order = order;
        return place;
    }

    private static ClusterSpec Create(DataCentre place, ClusterSpec cluster)
    {
        place.Want(cluster);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        return cluster;
    }

    private static string Delete(DataCentre place, ClusterSpec cluster)
    {
        var transcript = Of(place);
        place.Want(cluster.Deleted(place.Time.GetUtcNow()));
        place.Until(() => place.Is(cluster, ClusterPhase.Deleted));
        Outcome.IsGone(place, cluster);
        return transcript.Text;
    }

    private static Transcript Of(DataCentre place) =>
        new(
            place,
            (since, happened) =>
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{since:mm\\:ss}  {happened.Severity, -7}  {happened.Reason, -16}  "
                        + $"{happened.Machine?.Value ?? "-", -4}  {happened.Message}"
                )
        );
}
