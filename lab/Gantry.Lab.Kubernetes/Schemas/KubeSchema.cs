namespace Gantry.Lab.Kubernetes;

/// <summary>
/// The shape of a value: what patches, validation, field management and the OpenAPI documents need to know of it.
/// </summary>
internal sealed class KubeSchema
{
    /// <summary>
    /// OpenAPI type: <c>object</c>, <c>array</c>, <c>string</c>, <c>integer</c>, <c>number</c>, <c>boolean</c>; null for
    /// anything.
    /// </summary>
    public string? Type { get; init; }

    public string? Format { get; init; }

    public string? Description { get; init; }

    /// <summary>Name of its definition in OpenAPI; null for a schema written in place.</summary>
    public string? Definition { get; init; }

    /// <summary>Filled after construction, since definitions may contain themselves.</summary>
    public Dictionary<string, KubeSchema> Properties { get; } = [];

    public List<string> Required { get; } = [];

    public KubeSchema? Items { get; init; }

    /// <summary>The values of a map with free keys.</summary>
    public KubeSchema? Values { get; init; }

    /// <summary>The fields that identify an element, for a list that merges by key.</summary>
    public IReadOnlyList<string> ListKeys { get; init; } = [];

    public bool IsSet { get; init; }

    /// <summary>Owned and replaced as a whole.</summary>
    public bool IsAtomic { get; init; }

    /// <summary>The field by which strategic merge patches match elements.</summary>
    public string? MergeKey { get; init; }

    /// <summary>Strategic merge patches merge the list rather than replace it.</summary>
    public bool MergesLists { get; init; }

    public bool RetainsKeys { get; init; }

    public bool AllowsUnknown { get; init; }

    public bool IntOrString { get; init; }

    public KubeSchema? Property(string name) => Properties.GetValueOrDefault(name) ?? Values;
}
