using System.Net;
using System.Text.Json.Nodes;
using Gantry.Clusters.Distributions;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Workloads;

/// <summary>
/// The etcd of a cluster, queried at all members. The member list of one member counts only when all members that answer agree.
/// </summary>
internal sealed class EtcdCluster(WorkloadAccess access, NodeAddresses nodes) : IDisposable
{
    private EtcdClient? _client;

    private EtcdClient Client => _client ??= new EtcdClient(access);

    /// <inheritdoc cref="IWorkloadCluster.ListEtcdAsync"/>
    public async Task<IReadOnlyList<EtcdMember>> ListAsync(CancellationToken cancellationToken)
    {
        var etcd = await ObserveAsync(cancellationToken);
        var alarmed = await FindAlarmedAsync(etcd, cancellationToken);
        return
        [
            .. etcd.Members.Select(member => new EtcdMember(
                member.Id,
                member.Name,
                member.Voting,
                Healthy: etcd.Of(member.Id) is { Leader.Length: > 0 } && alarmed?.Contains(member.Id) is false,
                Leader: member.Id == etcd.Leader
            )
            {
                Alarms = [.. alarmed?[member.Id] ?? []],
                Version = etcd.Of(member.Id)?.Version,
            }),
        ];
    }

    /// <inheritdoc cref="IWorkloadCluster.MoveEtcdLeaderAsync"/>
    public async Task MoveLeaderAsync(string to, CancellationToken cancellationToken)
    {
        var etcd = await ObserveAsync(cancellationToken);
        if (etcd.Leader == to)
        {
            return;
        }

        // etcd accepts a leadership transfer only at the leader.
        var leader = etcd.Of(etcd.Leader) ?? throw new WorkloadException(unreachable: true, "etcd has no leader that answers");
        await CallAsync(leader.Url, "maintenance/transfer-leadership", new JsonObject { ["targetID"] = to }, cancellationToken);
    }

    /// <inheritdoc cref="IWorkloadCluster.RemoveEtcdMemberAsync"/>
    public async Task RemoveAsync(string id, CancellationToken cancellationToken)
    {
        var etcd = await ObserveAsync(cancellationToken);
        if (etcd.Members.All(member => member.Id != id))
        {
            return;
        }

        // A member that removes itself may stop before it answers, so it is asked last. A learner rejects the call.
        var through = etcd.Answers.Where(answer => !answer.Learner).OrderBy(answer => answer.Id == id).First();
        try
        {
            await Client.CallAsync(through.Url, "cluster/member/remove", new JsonObject { ["ID"] = id }, cancellationToken);
        }
        catch (EtcdException gone) when (gone.Status is HttpStatusCode.NotFound)
        {
            // The member is removed already.
        }
        catch (EtcdException refused)
        {
            throw refused.ToWorkloadException();
        }
    }

    public void Dispose() => _client?.Dispose();

    /// <summary>
    /// Queries every known address, then the members that the answers name in addition. Where no address in MAAS is that of a member,
    /// the nodes tell their own.
    /// </summary>
    private async Task<Snapshot> ObserveAsync(CancellationToken cancellationToken)
    {
        var failures = new List<EtcdException>();
        var asked = access.ControlPlanes.Select(EtcdClient.UrlOf).Distinct().ToList();
        var answers = await QueryAllAsync(asked, failures, cancellationToken);
        if (answers.TrueForAll(answer => answer.Learner))
        {
            var known = await nodes.ListAsync(cancellationToken);
            List<Uri> own = [.. known.Select(EtcdClient.UrlOf).Distinct().Except(asked)];
            answers.AddRange(await QueryAllAsync(own, failures, cancellationToken));
            asked.AddRange(own);
        }

        var others = answers
            .SelectMany(answer => answer.Members)
            .SelectMany(member => member.Urls)
            .Distinct()
            .Except(asked)
            .ToList();
        answers = [.. answers, .. await QueryAllAsync(others, failures, cancellationToken)];

        // One member may answer at more than one address.
        answers = [.. answers.DistinctBy(answer => answer.Id)];
        var voters = answers.Where(answer => !answer.Learner).ToList();
        if (voters is not [var first, .. var rest])
        {
            throw new WorkloadException(
                unreachable: true,
                failures is [var failure, ..] ? failure.Message : "no address of an etcd member is known"
            );
        }

        if (rest.Find(answer => !first.Agrees(answer)) is { } other)
        {
            throw new WorkloadException(
                unreachable: false,
                $"the etcd members at {first.Url.Host} and {other.Url.Host} do not agree on who is a member"
            );
        }

        return new Snapshot(answers, first.Members);
    }

    private async Task<List<Answer>> QueryAllAsync(
        IReadOnlyList<Uri> urls,
        List<EtcdException> failures,
        CancellationToken cancellationToken
    )
    {
        var asking = urls.Select(url => TryQueryAsync(url, failures, cancellationToken)).ToList();
        return [.. (await Task.WhenAll(asking)).OfType<Answer>()];
    }

    private async Task<Answer?> TryQueryAsync(Uri url, List<EtcdException> failures, CancellationToken cancellationToken)
    {
        try
        {
            var status = await Client.CallAsync(url, "maintenance/status", [], cancellationToken);
            var learner = status["isLearner"]?.GetValue<bool>() is true;

            // A learner rejects the member list. The list is the member's local one, because a linearizable one needs a quorum.
            var list = learner ? [] : await Client.CallAsync(url, "cluster/member/list", [], cancellationToken);
            return new Answer(
                url,
                Number(status["header"]?["member_id"]),
                Number(status["header"]?["cluster_id"]),
                learner,
                Number(status["leader"]),
                ulong.TryParse(Number(status["raftTerm"]), out var term) ? term : 0,
                Version.TryParse(status["version"]?.ToString(), out var version) ? version : null,
                [.. (list["members"] as JsonArray ?? []).OfType<JsonObject>().Select(Entry.Read)]
            );
        }
        catch (EtcdException failure)
        {
            lock (failures)
            {
                failures.Add(failure);
            }

            return null;
        }
    }

    /// <returns>
    /// The alarms by member; <c>null</c> when the alarms cannot be read, for which etcd needs a quorum.
    /// </returns>
    private async Task<ILookup<string, string>?> FindAlarmedAsync(Snapshot etcd, CancellationToken cancellationToken)
    {
        if (etcd.Of(etcd.Leader) is not { } leader)
        {
            return null;
        }

        try
        {
            var answer = await Client.CallAsync(
                leader.Url,
                "maintenance/alarm",
                new JsonObject { ["action"] = "GET" },
                cancellationToken
            );
            return (answer["alarms"] as JsonArray ?? [])
                .OfType<JsonObject>()
                .ToLookup(alarm => Number(alarm["memberID"]), alarm => alarm["alarm"]?.ToString() ?? "");
        }
        catch (EtcdException)
        {
            return null;
        }
    }

    private async Task CallAsync(Uri url, string call, JsonObject request, CancellationToken cancellationToken)
    {
        try
        {
            await Client.CallAsync(url, call, request, cancellationToken);
        }
        catch (EtcdException refused)
        {
            throw refused.ToWorkloadException();
        }
    }

    // In protobuf's JSON a 64-bit number is a string, and a zero is omitted.
    private static string Number(JsonNode? node) => node?.ToString() is { Length: > 0 } number and not "0" ? number : "";

    private sealed record Entry(string Id, string Name, bool Voting, IReadOnlyList<Uri> Urls)
    {
        public static Entry Read(JsonObject member) =>
            new(
                Number(member["ID"]),
                member["name"]?.ToString() ?? "",
                member["isLearner"]?.GetValue<bool>() is not true,
                [
                    .. (member["clientURLs"] as JsonArray ?? [])
                        .Select(url => Uri.TryCreate(url?.ToString(), UriKind.Absolute, out var parsed) ? parsed : null)
                        .OfType<Uri>()
                        .Where(url => url.Scheme == Uri.UriSchemeHttps),
                ]
            );
    }

    /// <param name="Leader">The leader's id; empty when the member knows no leader.</param>
    /// <param name="Term">The raft term. The answer with the highest term names the current leader.</param>
    private sealed record Answer(
        Uri Url,
        string Id,
        string Cluster,
        bool Learner,
        string Leader,
        ulong Term,
        Version? Version,
        IReadOnlyList<Entry> Members
    )
    {
        public bool Agrees(Answer other) =>
            Cluster == other.Cluster
            && Members.Select(member => member.Id).ToHashSet().SetEquals(other.Members.Select(member => member.Id));
    }

    private sealed record Snapshot(IReadOnlyList<Answer> Answers, IReadOnlyList<Entry> Members)
    {
        public string Leader { get; } = Answers.OrderByDescending(answer => answer.Term).Select(answer => answer.Leader).First();

        public Answer? Of(string id) => id.Length is 0 ? null : Answers.FirstOrDefault(answer => answer.Id == id);
    }
}
