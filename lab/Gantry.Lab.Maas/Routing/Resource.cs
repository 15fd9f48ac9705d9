using System.Text.RegularExpressions;

namespace Gantry.Lab.Maas.Routing;

/// <summary>A resource of the API: its name in MAAS's description, its path, and what can be done to it.</summary>
/// <param name="Path">
/// The path below <c>api/2.0/</c>: <c>zones/{name}/</c>. The value of <c>{*id}</c> may contain slashes.
/// </param>
internal sealed partial record Resource(string Name, string Path, params IReadOnlyList<Operation> Operations)
{
    private readonly Regex _pattern = new(
        "^" + Variable().Replace(Regex.Escape(Path).Replace(@"\{", "{", StringComparison.Ordinal), Group) + "$",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        TimeSpan.FromSeconds(1)
    );

    /// <summary>What callers without a key may do; null where MAAS asks for one.</summary>
    public IReadOnlyList<Operation>? Anonymous { get; init; }

    /// <summary>Whether MAAS does not look at the key at all.</summary>
    public bool IgnoresKey { get; init; }

    /// <summary>The variables of the path, in order.</summary>
    public IReadOnlyList<string> Variables { get; } = [.. Variable().Matches(Path).Select(match => match.Groups["name"].Value)];

    /// <returns>The values of the path's variables; null when the path is not this resource's.</returns>
    public IReadOnlyDictionary<string, string>? Match(string path) =>
        _pattern.Match(path) is { Success: true } match
            ? Variables.ToDictionary(name => name, name => match.Groups[name].Value)
            : null;

    private static string Group(Match variable) =>
        $"(?<{variable.Groups["name"].Value}>{(variable.Groups["rest"].Length > 0 ? ".+?" : "[^/]+")})";

    [GeneratedRegex(@"\{(\\)?(?<rest>\*)?(?<name>\w+)\}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Variable();
}
