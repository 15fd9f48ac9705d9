using System.Reflection;

namespace Gantry.Api;

/// <summary>The operations of the public API, by noun; each noun declares its own beside its records.</summary>
public static partial class Operations
{
    /// <summary>Every operation of every noun.</summary>
    public static IReadOnlyList<Operation> All { get; } =
    [
        .. typeof(Operations)
            .GetNestedTypes()
            .SelectMany(noun => noun.GetProperties(BindingFlags.Public | BindingFlags.Static))
            .Select(property => property.GetValue(null))
            .OfType<Operation>()
            .OrderBy(operation => operation.Route, StringComparer.Ordinal)
            .ThenBy(operation => operation.Method, StringComparer.Ordinal),
    ];
}
