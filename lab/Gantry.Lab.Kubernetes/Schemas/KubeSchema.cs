namespace Gantry.Lab.Kubernetes;

/// <summary>The schema of a value, as patches, validation, field management and the OpenAPI documents use it.</summary>
internal sealed class KubeSchema
{
    /// <summary>
    /// OpenAPI type: <c>object</c>, <c>array</c>, <c>string</c>, <c>integer</c>, <c>number</c>, <c>boolean</c>; null for
    /// anything.
    /// </summary>
    public string? Type { get; init; }

    public string? Format { get; init; }

    public string? Description { get; init; }

    /// <summary>The name of its OpenAPI definition; null for an inline schema.</summary>
    public string? Definition { get; init; }

    /// <summary>Filled after construction, because definitions may contain themselves.</summary>
    public Dictionary<string, KubeSchema> Properties { get; } = [];

    public List<string> Required { get; } = [];

    public KubeSchema? Items { get; init; }

    /// <summary>The schema of the values of a map with free keys.</summary>
    public KubeSchema? Values { get; init; }

    /// <summary>The key fields of an element, for a list merged by key.</summary>
    public IReadOnlyList<string> ListKeys { get; init; } = [];

    public bool IsSet { get; init; }

    /// <summary>The value is owned and replaced as a whole.</summary>
    public bool IsAtomic { get; init; }

    /// <summary>The key field by which strategic merge patches match elements.</summary>
    public string? MergeKey { get; init; }

    /// <summary>Strategic merge patches merge the list instead of replacing it.</summary>
    public bool MergesLists { get; init; }

    public bool RetainsKeys { get; init; }

    public bool AllowsUnknown { get; init; }

    public bool IntOrString { get; init; }

    public KubeSchema? Property(string name) => Properties.GetValueOrDefault(name) ?? Values;
}
