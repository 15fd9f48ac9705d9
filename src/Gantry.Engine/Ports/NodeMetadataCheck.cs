using System.Text.Json;
using Gantry.Clusters.Model;

namespace Gantry.Engine.Ports;

/// <summary>Whether a node is as the engine marks it, and what the node itself remembers of our marks.</summary>
public static class NodeMetadataCheck
{
    /// <summary>
    /// The annotation that holds the names of what we put on a node: without it nobody could tell a label we no longer want
    /// from one that others want.
    /// </summary>
    public const string Annotation = "gantry.dev/applied";

    /// <summary>Labels, annotations and taints are there with these values, and nothing is left of earlier marks.</summary>
    public static bool Carries(WorkloadNode node, NodeMetadata marks) =>
        node.ProviderId is { Length: > 0 }
        && Has(node.Labels, marks.Labels)
        && Has(node.Annotations, marks.Annotations)
        && marks.Taints.All(node.Taints.Contains)
        && node.Annotations.GetValueOrDefault(Annotation) == Remember(marks);

    /// <summary>The value of the annotation: the same for the same names.</summary>
    public static string Remember(NodeMetadata marks) =>
        JsonSerializer.Serialize(
            new AppliedMetadata(
                [.. marks.Labels.Keys.Order(StringComparer.Ordinal)],
                [.. marks.Annotations.Keys.Order(StringComparer.Ordinal)],
                [.. marks.Taints.Select(Name).Order(StringComparer.Ordinal)]
            )
        );

    /// <summary>What an earlier call applied; nothing where the annotation is missing or somebody has spoilt it.</summary>
    public static AppliedMetadata Applied(string? annotation)
    {
        try
        {
            return
                annotation is { Length: > 0 }
                && JsonSerializer.Deserialize<AppliedMetadata>(annotation)
                    is { Labels: not null, Annotations: not null, Taints: not null } applied
                ? applied
                : AppliedMetadata.None;
        }
        catch (JsonException)
        {
            return AppliedMetadata.None;
        }
    }

    /// <summary>Kubernetes keeps one taint for each key and effect.</summary>
    public static string Name(Taint taint) => $"{taint.Key}:{taint.Effect}";

    private static bool Has(IReadOnlyDictionary<string, string> there, IReadOnlyDictionary<string, string> wanted) =>
        wanted.All(entry => there.TryGetValue(entry.Key, out var value) && value == entry.Value);
}

/// <summary>Names of labels and annotations, and taints as <c>key:Effect</c>.</summary>
public sealed record AppliedMetadata(ValueList<string> Labels, ValueList<string> Annotations, ValueList<string> Taints)
{
    public static AppliedMetadata None { get; } = new([], [], []);
}
