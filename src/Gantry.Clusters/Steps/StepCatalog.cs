using System.Collections.Frozen;

namespace Gantry.Clusters.Steps;

/// <summary>Every step by name. A declared step is found here without registration.</summary>
public static class StepCatalog
{
    private static readonly FrozenDictionary<string, StepTraits> Traits = Types.ToFrozenDictionary(
        type => type.Name,
        type => (StepTraits)type.GetProperty(nameof(IStep.Declared))!.GetValue(null)!,
        StringComparer.Ordinal
    );

    /// <summary>The types of all steps.</summary>
    public static IReadOnlyList<Type> Types => [.. typeof(Step).GetNestedTypes().Where(type => !type.IsAbstract)];

    /// <exception cref="KeyNotFoundException">No step has this name.</exception>
    public static StepTraits Of(string name) => Traits[name];
}
