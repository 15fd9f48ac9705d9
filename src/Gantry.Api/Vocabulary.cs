using System.Reflection;

namespace Gantry.Api;

/// <summary>Reads a closed set of values of the contract: the constants of a class.</summary>
public static class Vocabulary
{
    /// <summary>The values of a class, in the order of their declaration.</summary>
    public static IReadOnlyList<string> Of(Type constants) =>
        [
            .. constants
                .GetFields(BindingFlags.Public | BindingFlags.Static)
                .Where(field => field.IsLiteral)
                .Select(field => (string)field.GetRawConstantValue()!),
        ];
}
