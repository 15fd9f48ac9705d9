using System.Text.Json;
using Gantry.Clusters.Model;

namespace Gantry.Engine.Ports;

/// <summary>Compares a node with the metadata of its pool, and keeps on the node what Gantry has applied to it.</summary>
public static class NodeMetadataCheck
{
    /// <summary>
    /// The annotation with the names of the labels, annotations and taints that Gantry has applied. It distinguishes an outdated
    /// label of Gantry from a label of somebody else.
    /// </summary>
    public const string Annotation = "gantry.dev/applied";

    /// <summary>
    /// The annotation of a node that Gantry has cordoned because its machine leaves. It tells Gantry's cordon from a person's, whatever
    /// the ledger knows of it.
    /// </summary>
    public const string LeavingAnnotation = "gantry.dev/leaving";

    /// <summary>The taint that kubeadm sets on control planes.</summary>
    public static Taint ControlPlaneTaint { get; } = Taint.Parse("node-role.kubernetes.io/control-plane:NoSchedule");

    /// <summary>kubeadm's taint under its current name and under its name up to Kubernetes 1.24.</summary>
    public static IReadOnlyList<Taint> TaintsOfKubeadm { get; } =
    [ControlPlaneTaint, Taint.Parse("node-role.kubernetes.io/master:NoSchedule")];

    public static bool IsMarkedAsLeaving(WorkloadNode node) => node.Annotations.ContainsKey(LeavingAnnotation);

    public static bool IsOfKubeadm(Taint taint) => TaintsOfKubeadm.Any(known => Name(known) == Name(taint));

    /// <summary>Whether the node has these labels, annotations and taints, and no outdated ones of Gantry.</summary>
    public static bool Matches(WorkloadNode node, NodeMetadata metadata) =>
        node.ProviderId is { Length: > 0 }
        && Has(node.Labels, metadata.Labels)
        && Has(node.Annotations, metadata.Annotations)
        && metadata.Taints.All(node.Taints.Contains)
        && metadata.Schedulable switch
        {
            true => !node.Taints.Any(IsOfKubeadm),
            false => node.Taints.Any(taint => Name(taint) == Name(ControlPlaneTaint)),
            null => true,
        }
        && node.Annotations.GetValueOrDefault(Annotation) == Serialize(metadata);

    /// <summary>The value of the annotation. Equal names give equal values.</summary>
    public static string Serialize(NodeMetadata metadata) =>
        JsonSerializer.Serialize(
            new AppliedMetadata(
                [.. metadata.Labels.Keys.Order(StringComparer.Ordinal)],
                [.. metadata.Annotations.Keys.Order(StringComparer.Ordinal)],
                [.. metadata.Taints.Select(Name).Order(StringComparer.Ordinal)]
            )
        );

    /// <summary>The names that an earlier call applied; empty when the annotation is missing or cannot be read.</summary>
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

    /// <summary>The taint's identity: Kubernetes allows one taint per key and effect.</summary>
    public static string Name(Taint taint) => $"{taint.Key}:{taint.Effect}";

    private static bool Has(IReadOnlyDictionary<string, string> there, IReadOnlyDictionary<string, string> wanted) =>
        wanted.All(entry => there.TryGetValue(entry.Key, out var value) && value == entry.Value);
}

/// <summary>Names of labels and annotations, and taints as <c>key:Effect</c>.</summary>
public sealed record AppliedMetadata(ValueList<string> Labels, ValueList<string> Annotations, ValueList<string> Taints)
{
    public static AppliedMetadata None { get; } = new([], [], []);
}
