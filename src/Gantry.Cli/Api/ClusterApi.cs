using Gantry.Api;
using Gantry.Cli.Connection;

namespace Gantry.Cli.Api;

/// <summary>A cluster with its newest status.</summary>
/// <param name="Status"><c>null</c> until its gateway has reported on it.</param>
/// <param name="Generation">Generation of the desired state. A status with a lower one describes an older desired state.</param>
/// <param name="AutoRepair">Whether silent machines are replaced automatically; <c>null</c> when the console does not
/// report it.</param>
/// <param name="AutoRepairFrom"><c>project</c> where the cluster inherits it from its project, else <c>cluster</c>.</param>
/// <param name="Sizes">Desired number of machines of each pool; <c>null</c> when it was not read.</param>
public sealed record ClusterProgress(
    string Uid,
    string Name,
    ReportedStatus? Status,
    long Generation = 0,
    IReadOnlyDictionary<string, int>? Sizes = null,
    bool? AutoRepair = null,
    string? AutoRepairFrom = null
)
{
    /// <summary>How long a roll still takes; <c>null</c> when nothing rolls, or it is not known.</summary>
    public TimeSpan? TimeLeft { get; init; }

    /// <summary>Whether the status describes the newest desired state.</summary>
    public bool IsCurrent => Status is not null && Status.ObservedGeneration >= Generation;

    public static ClusterProgress Of(ProgressAnswer answer) =>
        new(answer.Uid, answer.Name, answer.Status, answer.Generation)
        {
            AutoRepair = answer.AutoRepair,
            AutoRepairFrom = answer.AutoRepairFrom,
        };
}

/// <summary>Cluster calls that several commands share.</summary>
public static class ClusterApi
{
    private const int UidLength = 24;

    /// <summary>Finds the one cluster with this name or uid.</summary>
    /// <param name="alsoDeleted">Whether the last deleted cluster of that name is found when no living one has it.</param>
    public static async Task<string> UidAsync(
        ConsoleSession console,
        string nameOrUid,
        CancellationToken cancellationToken,
        bool alsoDeleted = false
    )
    {
        var found = await SearchAsync(console, nameOrUid, cancellationToken);
        if (found.Count == 0 && alsoDeleted)
        {
            var last = (await SearchAsync(console, nameOrUid, cancellationToken, deleted: true)).MaxBy(cluster =>
                cluster.Metadata.CreationTimestamp
            );
            found = last is null ? [] : [last];
        }

        if (found.Count == 1)
        {
            return found[0].Metadata.Uid!;
        }

        if (found.Count > 1)
        {
            throw new CliException(
                ExitCode.Refused,
                $"several clusters are named `{nameOrUid}`; use the uid: "
                    + string.Join(", ", found.Select(cluster => cluster.Metadata.Uid))
            );
        }

        if (nameOrUid.Length == UidLength && nameOrUid.All(char.IsAsciiHexDigitLower))
        {
            await console.CallAsync(Operations.Clusters.Get, [("uid", nameOrUid)], cancellationToken);
            return nameOrUid;
        }

        throw new CliException(
            ExitCode.NotFound,
            $"cluster `{nameOrUid}` does not exist; `gantry cluster list` shows all clusters"
        );
    }

    /// <param name="name"><c>null</c> finds all clusters of the project.</param>
    public static Task<IReadOnlyList<ClusterSummary>> SearchAsync(
        ConsoleSession console,
        string? name,
        CancellationToken cancellationToken,
        bool deleted = false
    )
    {
        var groups = new List<SearchGroup>
        {
            Group(new SearchFilter("isDeleted", "bool", new SearchCondition(null, new BoolCondition(deleted), null))),
        };
        if (name is not null)
        {
            var match = new StringCondition("eq", Negation: false, IgnoreCase: false, new SearchMatch("or", [name]));
            groups.Add(Group(new SearchFilter("clusterName", "string", new SearchCondition(match, null, null))));
        }

        return console.ListAsync(
            Operations.Clusters.Search,
            [("limit", "50")],
            new SearchRequest(new SearchFilters("and", groups), null),
            cancellationToken
        );
    }

    public static async Task<ClusterProgress> ProgressAsync(
        ConsoleSession console,
        string uid,
        CancellationToken cancellationToken
    ) => ClusterProgress.Of(await console.CallAsync(Operations.Clusters.GetProgress, [("uid", uid)], cancellationToken));

    private static SearchGroup Group(SearchFilter filter) => new("and", [filter]);
}
