using System.Text.Json;

namespace Gantry.Api;

/// <summary>One operation of a JSON patch (RFC 6902).</summary>
/// <param name="Path">A JSON pointer: <c>/metadata/labels/team</c>.</param>
/// <param name="From">The source of <c>move</c> and <c>copy</c>.</param>
public sealed record HttpPatch(
    [property: OneOf(typeof(PatchOperations))] string? Op,
    string? Path,
    string? From = null,
    JsonElement? Value = null
);

/// <summary>Kinds of operations of a JSON patch.</summary>
public static class PatchOperations
{
    public const string Add = "add";
    public const string Remove = "remove";
    public const string Replace = "replace";
    public const string Move = "move";
    public const string Copy = "copy";
}
