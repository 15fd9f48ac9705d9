using System.Text.RegularExpressions;

namespace Gantry.Server.Api;

/// <summary>Rewords the framework's messages about a request: they name types of this program.</summary>
internal static partial class Wording
{
    /// <returns>Null for a message that needs no rewording.</returns>
    public static ApiException? OfBinding(string message)
    {
        if (message.StartsWith("Implicit body inferred", StringComparison.Ordinal))
        {
            return Problem("InvalidRequestBody", "body", "is missing; send a JSON object");
        }

        if (Bind().Match(message) is { Success: true } unread)
        {
            var value = ApiError.Shown(unread.Groups["value"].Value);
            return Problem(
                "InvalidRequest",
                Field(unread),
                $"'{value}' cannot be read; write {Expected(unread.Groups["type"].Value)}"
            );
        }

        return Missing().Match(message) is { Success: true } missing
            ? Problem("InvalidRequest", Field(missing), "is missing")
            : null;
    }

    /// <summary>The problem of a piece of JSON.</summary>
    /// <param name="expected">The expected content of the place; null when unknown.</param>
    public static string OfJson(string message, string? expected)
    {
        if (message.Contains("does not contain any JSON tokens", StringComparison.Ordinal))
        {
            return "is empty; send a JSON object";
        }

        return Converted().IsMatch(message) ? $"{expected ?? "something else"} is expected here" : message;
    }

    /// <summary>The problem of a text that is not one of a closed set of values.</summary>
    public static string NoneOf(string text, IReadOnlyList<string> values) =>
        $"'{ApiError.Shown(text)}' is not possible here; write {Alternatives(values)}";

    private static string Alternatives(IReadOnlyList<string> values) =>
        values.Count is 1 ? values[0] : $"{string.Join(", ", values.SkipLast(1))} or {values[^1]}";

    private static string Expected(string type) =>
        type switch
        {
            _ when type.Contains("List`", StringComparison.Ordinal) || type.EndsWith("[]", StringComparison.Ordinal) => "a list",
            _ when type.Contains("Dictionary`", StringComparison.Ordinal) => "an object of texts",
            _ when type.Contains("Int", StringComparison.OrdinalIgnoreCase) || type.Contains("long", StringComparison.Ordinal) =>
                "a whole number",
            _ when type.Contains("Bool", StringComparison.OrdinalIgnoreCase) => "true or false",
            _ when type.Contains("DateTime", StringComparison.Ordinal) => "a time such as 2030-01-31T12:00:00.000Z",
            _ when type.Contains("System.String", StringComparison.Ordinal) => "a text",
            _ => "an object",
        };

    private static string Field(Match match)
    {
        var name = match.Groups["name"].Value;
        return char.ToLowerInvariant(name[0]) + name[1..];
    }

    public static ApiException Problem(string code, string field, string message) =>
        new(StatusCodes.Status400BadRequest, code, $"{field}: {message}", [new FieldError(field, message)]);

    [GeneratedRegex(
        "^Failed to bind parameter \"(?<type>.+) (?<name>[A-Za-z]+)\" from \"(?<value>.*)\"\\.\\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.Singleline,
        1000
    )]
    private static partial Regex Bind();

    [GeneratedRegex(
        "^Required parameter \"(?<type>.+) (?<name>[A-Za-z]+)\" was not provided from",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        1000
    )]
    private static partial Regex Missing();

    [GeneratedRegex("could not be converted to ", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Converted();
}
