using System.CommandLine;
using Gantry.Api;
using Gantry.Cli.Connection;

namespace Gantry.Cli.Pools;

/// <summary>
/// Compares the zones, resource pools, tags and subnets of a command line with those of MAAS: with a mistyped one a cluster waits for
/// ever.
/// </summary>
public static class RegionNames
{
    private const int MostShown = 12;

    private static readonly Dictionary<string, Kind> Kinds = new(StringComparer.Ordinal)
    {
        ["--zone"] = Of("zone", Operations.CloudAccounts.AzsOfAccount, zone => [zone.Name]),
        ["--resource-pool"] = Of("resource pool", Operations.CloudAccounts.PoolsOfAccount, pool => [pool.Name]),
        ["--tag"] = Of("tag", Operations.CloudAccounts.TagsOfAccount, tag => [tag.Name]),
        ["--not-tag"] = Of("tag", Operations.CloudAccounts.TagsOfAccount, tag => [tag.Name]),
        ["--subnet"] = Of("subnet", Operations.CloudAccounts.SubnetsOfAccount, subnet => [subnet.Name, subnet.Cidr]),
    };

    /// <exception cref="CliException">MAAS has none of a name. Where MAAS or the gateway does not answer, nothing is compared.</exception>
    public static async Task CheckAsync(ParseResult command, ConsoleSession console, CancellationToken cancellationToken)
    {
        foreach (var given in Given(command).GroupBy(one => one.Option, one => one.Name))
        {
            var kind = Kinds[given.Key];
            if (await KnownAsync(kind, console, cancellationToken) is not { } known)
            {
                continue;
            }

            if (given.Where(name => !known.Contains(name)).Distinct().ToList() is { Count: > 0 } unknown)
            {
                throw new CliException(
                    ExitCode.Refused,
                    $"{given.Key}: MAAS has no {kind.Noun} {string.Join(", ", unknown)}; it has: "
                        + string.Join(", ", known.Take(MostShown).DefaultIfEmpty("none"))
                        + (known.Count > MostShown ? $" … and {known.Count - MostShown} more" : "")
                );
            }
        }
    }

    private static IEnumerable<(string Option, string Name)> Given(ParseResult command)
    {
        foreach (var option in command.CommandResult.Command.Options)
        {
            var values = command.GetResult(option)?.Tokens.Select(token => token.Value) ?? [];

            // A pool of a new cluster has the same words in one text: name=gpu,zone=a.
            var words = option.Name is "--pool"
                ? values.SelectMany(value => value.Split(',')).Select(part => part.Split('=', 2)).Where(part => part.Length == 2)
                : values.Select(value => (string[])[option.Name[2..], value]);
            foreach (var word in words.Where(word => Kinds.ContainsKey("--" + word[0])))
            {
                // A space, and interfaces with a tag, are no subnets; an empty name is none.
                if (word[1].Length > 0 && !(word[0] is "subnet" && word[1].Contains(':', StringComparison.Ordinal)))
                {
                    yield return ("--" + word[0], word[1]);
                }
            }
        }
    }

    private static async Task<IReadOnlyList<string>?> KnownAsync(
        Kind kind,
        ConsoleSession console,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var accounts = await console.ListAsync(Operations.CloudAccounts.List, [("limit", "0")], cancellationToken);
            var known = new List<string>();
            foreach (var account in accounts)
            {
                known.AddRange(await kind.ListAsync(console, account.Metadata.Uid!, cancellationToken));
            }

            return [.. known.Distinct().Order(StringComparer.Ordinal)];
        }
        catch (CliException)
        {
            return null;
        }
    }

    private static Kind Of<T>(string noun, Operation<NoBody, ItemList<T>> operation, Func<T, IEnumerable<string>> names) =>
        new(
            noun,
            async (console, account, cancellationToken) =>
                (await console.CallAsync(operation, [("uid", account)], cancellationToken)).Items.SelectMany(names)
        );

    private sealed record Kind(string Noun, Func<ConsoleSession, string, CancellationToken, Task<IEnumerable<string>>> ListAsync);
}
