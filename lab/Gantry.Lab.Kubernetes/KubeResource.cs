namespace Gantry.Lab.Kubernetes;

/// <summary>A kind of object the API serves, under one version: what discovery says of it.</summary>
/// <param name="Group">Empty for the core group.</param>
/// <param name="Plural">As in the path: <c>nodes</c>.</param>
public sealed record KubeResource(string Group, string Version, string Plural, string Kind, bool Namespaced)
{
    public string Singular { get; init; } = Kind.ToLowerInvariant();

    public IReadOnlyList<string> ShortNames { get; init; } = [];

    public IReadOnlyList<string> Categories { get; init; } = [];

    /// <summary>
    /// The object has a <c>/status</c> of its own: writes to the object leave <c>status</c> alone and the other way round.
    /// </summary>
    public bool HasStatus { get; init; }

    public bool HasScale { get; init; }

    /// <summary>Changes outside <c>metadata</c> and <c>status</c> raise <c>metadata.generation</c>.</summary>
    public bool HasGeneration { get; init; }

    /// <summary>Defined by a custom resource definition, so strategic merge patches are not understood.</summary>
    public bool IsCustom { get; init; }

    /// <summary>As in <c>apiVersion</c>.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>As in messages: <c>deployments.apps</c>, <c>nodes</c>.</summary>
    public string GroupResource => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    public override string ToString() => $"{GroupResource}/{Version}";
}
