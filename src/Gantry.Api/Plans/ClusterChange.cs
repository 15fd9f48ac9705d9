namespace Gantry.Api;

/// <summary>
/// A change of a cluster: several edits that become one desired state. It can be planned; each of its parts is also an operation
/// of its own.
/// </summary>
public sealed record ClusterChange
{
    /// <summary>The generation that the change was made for; the change is refused when the cluster has another one.</summary>
    public long? Generation { get; init; }

    public IReadOnlyList<PoolChange>? MachinePools { get; init; }

    /// <summary>As in <c>PATCH …/profiles</c>: the cluster takes the published content.</summary>
    public IReadOnlyList<ProfileChoice>? Profiles { get; init; }

    public UpgradeChange? Upgrade { get; init; }

    /// <summary>Changes of single packs; the rest of the attached profiles stays as it is.</summary>
    public IReadOnlyList<PackChange>? Packs { get; init; }

    /// <summary>Excludes every other change.</summary>
    public DeleteChange? Delete { get; init; }

    public bool? RenewCertificates { get; init; }

    /// <summary>System ids.</summary>
    public IReadOnlyList<string>? ReplaceMachines { get; init; }

    /// <summary>The whole desired state; excludes every other change.</summary>
    public ClusterDocument? Document { get; init; }

    /// <summary>Whether pools that the document lacks are removed; they are refused otherwise.</summary>
    public bool? Prune { get; init; }

    /// <summary>Whether the replaced machines are put into quarantine first, so that no cluster takes them again.</summary>
    public bool? QuarantineReplaced { get; init; }
}

/// <summary>Operations on a machine pool.</summary>
public static class PoolOperations
{
    public const string Create = "create";

    /// <summary>Replaces all settings, as Palette's clients do.</summary>
    public const string Update = "update";

    /// <summary>Changes single settings.</summary>
    public const string Patch = "patch";

    public const string Delete = "delete";
}

/// <param name="Op">One of <see cref="PoolOperations"/>.</param>
/// <param name="Pool">For <c>create</c> and <c>update</c>; for <c>delete</c> its name is enough.</param>
/// <param name="Name">For <c>patch</c> and <c>delete</c>.</param>
/// <param name="Patch">For <c>patch</c>.</param>
public sealed record PoolChange(
    [property: OneOf(typeof(PoolOperations))] string? Op,
    PoolEntity? Pool = null,
    string? Name = null,
    MachinePoolPatch? Patch = null
);

public sealed record DeleteChange(bool? Drain);

/// <summary>Moves a cluster to another Kubernetes version, another image, or both.</summary>
/// <param name="Kubernetes">Three numbers: <c>1.34.1</c>.</param>
/// <param name="Image">Image as MAAS names it; <c>{kubernetesVersion}</c> stands for the Kubernetes version.</param>
public sealed record UpgradeChange(string? Kubernetes, string? Image);

/// <summary>Changes one pack: its version, single values, or both.</summary>
/// <param name="Name">Name of the pack; absent where the path names it.</param>
/// <param name="Tag">Another version of the pack.</param>
/// <param name="Set">
/// Values by path: <c>pack.version</c>. A path has one or two keys. Other lines of the values, comments included, stay as they
/// are.
/// </param>
public sealed record PackChange(string? Name, string? Tag, IReadOnlyDictionary<string, string>? Set);

/// <summary>The result of a change.</summary>
/// <param name="Generation">Generation of the desired state after the change; the same as before when nothing changed.</param>
public sealed record ChangeAnswer(string Uid, long Generation);
