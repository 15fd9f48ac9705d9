namespace Gantry.Lab.Kubernetes;

/// <summary>A kind of object the API serves in one version, as discovery describes it.</summary>
/// <param name="Group">Empty for the core group.</param>
/// <param name="Plural">As in the path: <c>nodes</c>.</param>
public sealed record KubeResource(string Group, string Version, string Plural, string Kind, bool Namespaced)
{
    public string Singular { get; init; } = Kind.ToLowerInvariant();

    public IReadOnlyList<string> ShortNames { get; init; } = [];

    public IReadOnlyList<string> Categories { get; init; } = [];

    /// <summary>
    /// The kind has a <c>/status</c> subresource: object writes leave <c>status</c> alone, and status writes leave the rest
    /// alone.
    /// </summary>
    public bool HasStatus { get; init; }

    public bool HasScale { get; init; }

    /// <summary>Changes outside <c>metadata</c> and <c>status</c> raise <c>metadata.generation</c>.</summary>
    public bool HasGeneration { get; init; }

    /// <summary>A custom resource definition defines the kind, so strategic merge patches are not supported.</summary>
    public bool IsCustom { get; init; }

    /// <summary>The value of <c>apiVersion</c>.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>The name in messages: <c>deployments.apps</c>, <c>nodes</c>.</summary>
    public string GroupResource => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    public override string ToString() => $"{GroupResource}/{Version}";
}
