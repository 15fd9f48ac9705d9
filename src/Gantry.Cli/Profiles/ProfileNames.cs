using System.Globalization;
using Gantry.Api;
using Gantry.Cli.Connection;

namespace Gantry.Cli.Profiles;

/// <summary>Finds profiles by NAME:VERSION, by NAME for the newest version, or by uid; the same wherever a profile is named.</summary>
public static class ProfileNames
{
    public const string Form = "NAME[:VERSION]";

    public static async Task<IReadOnlyList<ProfileMetadata>> AllAsync(
        ConsoleSession console,
        CancellationToken cancellationToken
    ) => (await console.CallAsync(Operations.Profiles.ListMetadata, [], cancellationToken)).Items;

    /// <param name="named"><c>null</c> takes the newest version where all profiles have one name.</param>
    /// <param name="option">The option that names the profile; <c>null</c> for an argument.</param>
    public static async Task<ProfileMetadata> FindAsync(
        ConsoleSession console,
        string? named,
        string? option,
        CancellationToken cancellationToken
    ) => Find(await AllAsync(console, cancellationToken), named, option);

    public static ProfileMetadata Find(IReadOnlyList<ProfileMetadata> all, string? named, string? option)
    {
        var prefix = option is null ? "" : $"{option}: ";
        var matching = named is null ? all.ToList() : Matching(all, named);
        if (matching.Count is 0)
        {
            throw new CliException(
                ExitCode.NotFound,
                all.Count is 0
                    ? "no cluster profile exists yet; `gantry profile create` adds one"
                    : $"{prefix}cluster profile `{named}` does not exist; existing: {string.Join(", ", all.Select(Full))}"
            );
        }

        if (matching.Select(one => one.Metadata.Name).Distinct().Count() > 1)
        {
            throw new CliException(
                ExitCode.Usage,
                $"several cluster profiles exist, choose one with {option}: {string.Join(", ", matching.Select(Full))}"
            );
        }

        var newest = matching.MaxBy(one => Order(one.Spec.Version))!;
        return matching.FindAll(one => one.Spec.Version == newest.Spec.Version) is { Count: > 1 } twins
            ? throw new CliException(
                ExitCode.Usage,
                $"{prefix}there are several {Full(newest)}; use the uid: {string.Join(", ", twins.Select(one => one.Metadata.Uid))}"
            )
            : newest;
    }

    /// <summary>As <see cref="Find"/>, but a name alone has to mean one version: for what cannot be taken back.</summary>
    public static ProfileMetadata FindOnly(IReadOnlyList<ProfileMetadata> all, string named) =>
        Matching(all, named) is { Count: > 1 } several
            ? throw new CliException(
                ExitCode.Usage,
                $"`{named}` has several versions, name one: {string.Join(", ", several.Select(Full))}"
            )
            : Find(all, named, option: null);

    /// <summary><c>base:1.0.0</c></summary>
    public static string Full(ProfileMetadata profile) => $"{profile.Metadata.Name}:{profile.Spec.Version}";

    private static List<ProfileMetadata> Matching(IReadOnlyList<ProfileMetadata> all, string named)
    {
        var exact = all.Where(one => one.Metadata.Uid == named || Full(one) == named).ToList();
        return exact.Count > 0 ? exact : [.. all.Where(one => one.Metadata.Name == named)];
    }

    // Three numbers; a pre-release comes before its release.
    private static (int Major, int Minor, int Patch, bool IsRelease, string PreRelease) Order(string version)
    {
        var parts = version.Split('+')[0].Split('-', 2);
        var numbers = parts[0]
            .Split('.')
            .Select(text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0)
            .ToArray();
        return (
            numbers.ElementAtOrDefault(0),
            numbers.ElementAtOrDefault(1),
            numbers.ElementAtOrDefault(2),
            parts.Length is 1,
            string.Join(
                '.',
                parts
                    .Skip(1)
                    .SelectMany(text => text.Split('.'))
                    .Select(text => text.All(char.IsAsciiDigit) ? text.PadLeft(9, '0') : text)
            )
        );
    }
}
