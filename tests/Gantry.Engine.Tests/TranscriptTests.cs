using System.Globalization;
using Gantry.Clusters.Model;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.World;
using Gantry.Testing;

namespace Gantry.Engine.Tests;

/// <summary>What a person reads of a whole operation: every event with its time since the request.</summary>
public sealed class TranscriptTests
{
    private static readonly Dictionary<string, Func<ulong, string>> Operations = new(StringComparer.Ordinal)
    {
        ["create-1+0.txt"] = seed => Creation(seed, machines: 1, Some.Cluster()),
        ["create-3+2.txt"] = seed => Creation(seed, machines: 6, Some.Cluster(3, 2)),
        ["create-dns.txt"] = seed =>
            Creation(seed, machines: 3, Some.Cluster(3, 0, endpoint: new EndpointChoice.MaasDns(DnsName.Parse("dc1.example")))),
        ["create-failing-machine.txt"] = seed => Creation(seed, machines: 3, Some.Cluster(1, 1), failing: "m01"),
        ["grow.txt"] = seed => Scaling(seed, from: 1, to: 2),
        ["shrink.txt"] = seed => Scaling(seed, from: 2, to: 1),
        ["delete.txt"] = Deletion,
        ["abort.txt"] = Abort,
    };

    public static TheoryData<string> Goldens => [.. Operations.Keys];

    public static MatrixTheoryData<string, ulong> RandomOrders => new(Operations.Keys, [2UL, 3UL, 4UL]);

    [Theory]
    [MemberData(nameof(Goldens))]
    public void An_operation_reads_like_its_golden_transcript(string golden) => Golden.Match(Operations[golden](1), golden);

    /// <summary>An operation checks its own outcome.</summary>
    [Theory]
    [MemberData(nameof(RandomOrders))]
    public void An_operation_has_the_same_outcome_in_whatever_order_machines_advance(string golden, ulong seed) =>
        Assert.NotEmpty(Operations[golden](seed));

    private static string Creation(ulong seed, int machines, ClusterSpec cluster, string? failing = null)
    {
        using var place = Place(seed, machines);
        if (failing is not null)
        {
            place[failing].FailsToDeploy = true;
        }

        var transcript = Of(place);
        Create(place, cluster);
        if (failing is not null)
        {
            place.Until(() => !place.Region.IsOurs(place[failing]));
            place.Pass(TimeSpan.FromMinutes(1));
        }

        Outcome.IsAsAskedFor(place, cluster);
        return transcript.Text;
    }

    private static string Scaling(ulong seed, int from, int to)
    {
        using var place = Place(seed, machines: 4);
        var cluster = Create(place, Some.Cluster(1, from)).WithWorkers(to);
        var transcript = Of(place);
        place.Want(cluster);
        place.Until(() => place.Status(cluster) is { Health: Health.Healthy } status && status.Machines.Count == 1 + to);
        Outcome.IsAsAskedFor(place, cluster);
        return transcript.Text;
    }

    private static string Deletion(ulong seed)
    {
        using var place = Place(seed, machines: 4);
        var cluster = Create(place, Some.Cluster(1, 2));
        return Delete(place, cluster);
    }

    private static string Abort(ulong seed)
    {
        using var place = Place(seed, machines: 4);
        var cluster = Some.Cluster(1, 2, endpoint: new EndpointChoice.MaasDns(DnsName.Parse("dc1.example")));
        place.Want(cluster);
        place.Pass(TimeSpan.FromMinutes(2));
        return Delete(place, cluster);
    }

    private static EngineInWorld Place(ulong seed, int machines) => new EngineInWorld(machines, seed).Start();

    private static ClusterSpec Create(EngineInWorld place, ClusterSpec cluster)
    {
        place.Want(cluster);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        return cluster;
    }

    private static string Delete(EngineInWorld place, ClusterSpec cluster)
    {
        var transcript = Of(place);
        place.Want(cluster.Deleted(place.Time.Now));
        place.Until(() => place.Is(cluster, ClusterPhase.Deleted));
        Outcome.IsGone(place, cluster);
        return transcript.Text;
    }

    private static Transcript Of(EngineInWorld place) =>
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
