using System.Net;
using System.Text.Json.Nodes;
using Gantry.Clusters.Distributions;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Workloads;

/// <summary>
/// The etcd of a cluster, seen through all its members at once: what one of them says of the others is believed only as far
/// as nobody who answers contradicts it.
/// </summary>
internal sealed class EtcdCluster(WorkloadAccess access) : IDisposable
{
    private EtcdClient? _client;

    private EtcdClient Client => _client ??= new EtcdClient(access);

    /// <inheritdoc cref="IWorkloadCluster.ListEtcdAsync"/>
    public async Task<IReadOnlyList<EtcdMember>> ListAsync(CancellationToken cancellationToken)
    {
        var sight = await ReconcileAsync(cancellationToken);
        var alarmed = await AlarmedAsync(sight, cancellationToken);
        return
        [
            .. sight.Members.Select(member => new EtcdMember(
                member.Id,
                member.Name,
                member.Voting,
                Healthy: sight.Of(member.Id) is { Leader.Length: > 0 } && alarmed?.Contains(member.Id) is false,
                Leader: member.Id == sight.Leader
            )),
        ];
    }

    /// <inheritdoc cref="IWorkloadCluster.MoveEtcdLeaderAsync"/>
    public async Task MoveLeaderAsync(string to, CancellationToken cancellationToken)
    {
        var sight = await ReconcileAsync(cancellationToken);
        if (sight.Leader == to)
        {
            return;
        }

        // Only the leader itself can hand over.
        var leader = sight.Of(sight.Leader) ?? throw new WorkloadException(unreachable: true, "etcd has no leader that answers");
        await AskAsync(leader.Url, "maintenance/transfer-leadership", new JsonObject { ["targetID"] = to }, cancellationToken);
    }

    /// <inheritdoc cref="IWorkloadCluster.RemoveEtcdMemberAsync"/>
    public async Task RemoveAsync(string id, CancellationToken cancellationToken)
    {
        var sight = await ReconcileAsync(cancellationToken);
        if (sight.Members.All(member => member.Id != id))
        {
            return;
        }

        // A member that removes itself may be gone before it has answered. A learner takes no such request.
        var through = sight.Answers.Where(answer => !answer.Learner).OrderBy(answer => answer.Id == id).First();
        try
        {
            await Client.CallAsync(through.Url, "cluster/member/remove", new JsonObject { ["ID"] = id }, cancellationToken);
        }
        catch (EtcdException gone) when (gone.Status is HttpStatusCode.NotFound)
        {
            // Somebody else was faster.
        }
        catch (EtcdException refused)
        {
            throw refused.Surface();
        }
    }

    public void Dispose() => _client?.Dispose();

    /// <summary>Asks every address we know of, then the members that the answers name beside them.</summary>
    private async Task<Sight> ReconcileAsync(CancellationToken cancellationToken)
    {
        var failures = new List<EtcdException>();
        var asked = access.ControlPlanes.Select(EtcdClient.UrlOf).Distinct().ToList();
        var answers = await AskAllAsync(asked, failures, cancellationToken);
        var others = answers
            .SelectMany(answer => answer.Members)
            .SelectMany(member => member.Urls)
            .Distinct()
            .Except(asked)
            .ToList();
        answers = [.. answers, .. await AskAllAsync(others, failures, cancellationToken)];

        // One machine may answer at more than one address.
        answers = [.. answers.DistinctBy(answer => answer.Id)];
        var voters = answers.Where(answer => !answer.Learner).ToList();
        if (voters is not [var first, .. var rest])
        {
            throw new WorkloadException(
                unreachable: true,
                failures is [var failure, ..] ? failure.Message : "no control plane is known whose etcd could be asked"
            );
        }

        if (rest.Find(answer => !first.Agrees(answer)) is { } other)
        {
            throw new WorkloadException(
                unreachable: false,
                $"the etcd members at {first.Url.Host} and {other.Url.Host} do not agree on who is a member"
            );
        }

        return new Sight(answers, first.Members);
    }

    private async Task<List<Answer>> AskAllAsync(
        IReadOnlyList<Uri> urls,
        List<EtcdException> failures,
        CancellationToken cancellationToken
    )
    {
        var asking = urls.Select(url => TryLookAsync(url, failures, cancellationToken)).ToList();
        return [.. (await Task.WhenAll(asking)).OfType<Answer>()];
    }

    private async Task<Answer?> TryLookAsync(Uri url, List<EtcdException> failures, CancellationToken cancellationToken)
    {
        try
        {
            var status = await Client.CallAsync(url, "maintenance/status", [], cancellationToken);
            var learner = status["isLearner"]?.GetValue<bool>() is true;

            // A learner answers for itself alone. The local list, not the linearizable one: that one needs a quorum.
            var list = learner ? [] : await Client.CallAsync(url, "cluster/member/list", [], cancellationToken);
            return new Answer(
                url,
                Number(status["header"]?["member_id"]),
                Number(status["header"]?["cluster_id"]),
                learner,
                Number(status["leader"]),
                ulong.TryParse(Number(status["raftTerm"]), out var term) ? term : 0,
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

    /// <returns><c>null</c> when nobody could say: without a quorum the alarms cannot be read.</returns>
    private async Task<HashSet<string>?> AlarmedAsync(Sight sight, CancellationToken cancellationToken)
    {
        if (sight.Of(sight.Leader) is not { } leader)
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
            return [.. (answer["alarms"] as JsonArray ?? []).OfType<JsonObject>().Select(alarm => Number(alarm["memberID"]))];
        }
        catch (EtcdException)
        {
            return null;
        }
    }

    private async Task AskAsync(Uri url, string call, JsonObject request, CancellationToken cancellationToken)
    {
        try
        {
            await Client.CallAsync(url, call, request, cancellationToken);
        }
        catch (EtcdException refused)
        {
            throw refused.Surface();
        }
    }

    // 64-bit numbers are strings in protobuf's JSON, and a zero is left out.
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

    /// <param name="Leader">Empty: it knows none.</param>
    /// <param name="Term">Of two that name different leaders the higher term is the later one.</param>
    private sealed record Answer(
        Uri Url,
        string Id,
        string Cluster,
        bool Learner,
        string Leader,
        ulong Term,
        IReadOnlyList<Entry> Members
    )
    {
        public bool Agrees(Answer other) =>
            Cluster == other.Cluster
            && Members.Select(member => member.Id).ToHashSet().SetEquals(other.Members.Select(member => member.Id));
    }

    private sealed record Sight(IReadOnlyList<Answer> Answers, IReadOnlyList<Entry> Members)
    {
        public string Leader { get; } = Answers.OrderByDescending(answer => answer.Term).Select(answer => answer.Leader).First();

        public Answer? Of(string id) => id.Length is 0 ? null : Answers.FirstOrDefault(answer => answer.Id == id);
    }
}
