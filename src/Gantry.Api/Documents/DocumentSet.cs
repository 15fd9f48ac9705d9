namespace Gantry.Api;

/// <summary>Documents to apply together: all of them, or none when one is refused.</summary>
public sealed record DocumentSet
{
    public IReadOnlyList<ClusterProfileDocument>? Profiles { get; init; }

    /// <summary>
    /// A cluster that uses a profile of <see cref="Profiles"/> takes over its content; other profiles stay as the cluster has them, even if
    /// they were published again since.
    /// </summary>
    public IReadOnlyList<ClusterDocument>? Clusters { get; init; }

    /// <summary>Whether pools that a cluster has and its document lacks are removed; they are refused otherwise.</summary>
    public bool? Prune { get; init; }

    /// <summary>
    /// Beside <see cref="Prune"/>: clusters of the project with all of these labels and without a document are deleted.
    /// </summary>
    public IReadOnlyDictionary<string, string>? PruneLabels { get; init; }
}

/// <summary>What becomes of an object when a document is applied.</summary>
public static class DocumentActions
{
    public const string Create = "create";
    public const string Update = "update";
    public const string Unchanged = "unchanged";
    public const string Delete = "delete";
}

/// <summary>The result for each document, in the order of the request; deleted clusters come last.</summary>
public sealed record DocumentsAnswer(IReadOnlyList<DocumentResult> Profiles, IReadOnlyList<DocumentResult> Clusters);

/// <param name="Name">Name of the object; NAME:VERSION of a profile.</param>
/// <param name="Uid">Absent for what a dry run would create.</param>
/// <param name="Action">One of <see cref="DocumentActions"/>.</param>
/// <param name="Changes">What differs, for an update.</param>
public sealed record DocumentResult(
    [property: OneOf(typeof(DocumentKinds))] string Kind,
    string Name,
    string? Uid,
    [property: OneOf(typeof(DocumentActions))] string Action,
    IReadOnlyList<DocumentChange> Changes
);

/// <param name="Field">
/// Path in the document; elements of lists by their name: <c>spec.pools[worker-pool].size</c>.
/// </param>
/// <param name="From">Absent when the field was not set.</param>
/// <param name="To">Absent when the field is set no longer.</param>
public sealed record DocumentChange(string Field, string? From, string? To);
