using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes;

/// <summary>Options of a write.</summary>
/// <param name="FieldManager">The manager recorded in <c>managedFields</c>; null records none.</param>
/// <param name="Subresource">Empty, <c>status</c> or <c>scale</c>.</param>
public sealed record WriteOptions(string? FieldManager = null, bool DryRun = false, string Subresource = "", bool Force = false)
{
    public static WriteOptions Default { get; } = new();

    /// <summary>A caller of the API asks, and not a component of the cluster: what the kind does not let users change stays.</summary>
    public bool ByUser { get; init; }
}

/// <summary>How a deletion treats the dependents of the object.</summary>
public enum Propagation
{
    Background,
    Foreground,
    Orphan,
}

/// <param name="GraceSeconds">Null takes the object's own grace period.</param>
public sealed record DeleteOptions(
    long? GraceSeconds = null,
    Propagation Propagation = Propagation.Background,
    string? Uid = null,
    string? ResourceVersion = null,
    bool DryRun = false
)
{
    public static DeleteOptions Default { get; } = new();

    /// <summary>No grace period: the call removes the object unless finalizers hold it.</summary>
    public static DeleteOptions AtOnce { get; } = new(GraceSeconds: 0);
}

/// <summary>A page of a list.</summary>
/// <param name="Continue">The token of the next page; null on the last page.</param>
public sealed record KubeList(IReadOnlyList<StoredObject> Items, long ResourceVersion, string? Continue, int Remaining)
{
    public IEnumerable<JsonObject> Read() => Items.Select(i => i.Read());
}

/// <param name="Namespace">Null for all namespaces.</param>
/// <param name="Limit">0 for no limit.</param>
public sealed record ListOptions(
    string? Namespace = null,
    Selector? Labels = null,
    Selector? Fields = null,
    int Limit = 0,
    string? Continue = null
)
{
    public bool Selects(StoredObject stored)
    {
        if (Namespace is not null && !stored.Key.StartsWith(Namespace + "/", StringComparison.Ordinal))
        {
            return false;
        }

        if (Labels is null or { IsEmpty: true } && Fields is null or { IsEmpty: true })
        {
            return true;
        }

        var o = stored.Read();
        return (Labels?.MatchesLabels(o) ?? true) && (Fields?.MatchesFields(o) ?? true);
    }
}
