using System.CommandLine;
using System.CommandLine.Completions;
using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Changes;
using Gantry.Cli.Connection;

namespace Gantry.Cli.Completion;

/// <summary>What completes the options and arguments of every verb, by their names.</summary>
public static class Completions
{
    private static readonly Dictionary<
        string,
        Func<ParseResult, ConsoleSession, CancellationToken, Task<IEnumerable<string?>>>
    > ByName = new(StringComparer.Ordinal)
    {
        ["--profile"] = (_, console, cancellationToken) => ProfilesAsync(console, cancellationToken),
        ["--account"] = (_, console, cancellationToken) => AccountsAsync(console, cancellationToken),
        ["--kubernetes"] = (_, console, cancellationToken) => VersionsAsync(console, cancellationToken),
        ["--zone"] = (_, console, cancellationToken) =>
            OfRegionAsync(console, Operations.CloudAccounts.AzsOfAccount, zone => zone.Name, cancellationToken),
        ["--resource-pool"] = (_, console, cancellationToken) =>
            OfRegionAsync(console, Operations.CloudAccounts.PoolsOfAccount, pool => pool.Name, cancellationToken),
        ["--tag"] = (_, console, cancellationToken) =>
            OfRegionAsync(console, Operations.CloudAccounts.TagsOfAccount, tag => tag.Name, cancellationToken),
        ["--not-tag"] = (_, console, cancellationToken) =>
            OfRegionAsync(console, Operations.CloudAccounts.TagsOfAccount, tag => tag.Name, cancellationToken),
        ["--subnet"] = (_, console, cancellationToken) =>
            OfRegionAsync(console, Operations.CloudAccounts.SubnetsOfAccount, subnet => subnet.Cidr, cancellationToken),
        ["--pool"] = PoolsAsync,
        ["pool"] = PoolsAsync,
        ["machine"] = MachinesAsync,
        ["--cluster"] = async (_, console, cancellationToken) =>
            (await ClusterApi.SearchAsync(console, null, cancellationToken)).Select(cluster => cluster.Metadata.Name),
    };

    public static void AddTo(Command root, ConnectionOptions connection)
    {
        foreach (var symbol in Below(root).SelectMany(command => command.Options.Concat<Symbol>(command.Arguments)).Distinct())
        {
            if (!ByName.TryGetValue(symbol.Name, out var list))
            {
                continue;
            }

            // Help shows the completions of a symbol without a name for its value, and so would ask the console.
            switch (symbol)
            {
                case Option { CompletionSources: var sources } option:
                    option.HelpName ??= option.Name.TrimStart('-');
                    sources.Add(Source);
                    break;
                case Argument { CompletionSources: var sources } argument:
                    argument.HelpName ??= argument.Name;
                    sources.Add(Source);
                    break;
            }

            IEnumerable<CompletionItem> Source(CompletionContext context) =>
                NameCompletion
                    .Names(
                        connection,
                        context.ParseResult,
                        (console, cancellationToken) => list(context.ParseResult, console, cancellationToken)
                    )
                    .Select(name => new CompletionItem(name));
        }
    }

    private static IEnumerable<Command> Below(Command command) => command.Subcommands.SelectMany(Below).Prepend(command);

    private static async Task<IEnumerable<string?>> ProfilesAsync(ConsoleSession console, CancellationToken cancellationToken) =>
        (await console.CallAsync(Operations.Profiles.ListMetadata, [], cancellationToken)).Items.SelectMany(profile =>
            (string[])[profile.Metadata.Name, $"{profile.Metadata.Name}:{profile.Spec.Version}"]
        );

    private static async Task<IEnumerable<string?>> AccountsAsync(ConsoleSession console, CancellationToken cancellationToken) =>
        (await console.ListAsync(Operations.CloudAccounts.List, [("limit", "0")], cancellationToken)).Select(account =>
            account.Metadata.Name
        );

    private static async Task<IEnumerable<string?>> VersionsAsync(ConsoleSession console, CancellationToken cancellationToken) =>
        (await console.ListAsync(Operations.Packs.List, [], cancellationToken))
            .Where(pack => pack.Spec.Layer is "k8s" || pack.Spec.Name is "kubernetes")
            .Select(pack => pack.Spec.Version);

    private static async Task<IEnumerable<string?>> OfRegionAsync<T>(
        ConsoleSession console,
        Operation<NoBody, ItemList<T>> operation,
        Func<T, string> name,
        CancellationToken cancellationToken
    )
    {
        var accounts = await console.ListAsync(Operations.CloudAccounts.List, [("limit", "0")], cancellationToken);
        var lists = await Task.WhenAll(
            accounts.Select(account => console.CallAsync(operation, [("uid", account.Metadata.Uid)], cancellationToken))
        );
        return lists.SelectMany(list => list.Items).Select(name);
    }

    private static async Task<IEnumerable<string?>> PoolsAsync(
        ParseResult command,
        ConsoleSession console,
        CancellationToken cancellationToken
    ) => NamedCluster(command) is { } name ? (await DesiredCluster.ReadAsync(console, name, cancellationToken)).Sizes.Keys : [];

    private static async Task<IEnumerable<string?>> MachinesAsync(
        ParseResult command,
        ConsoleSession console,
        CancellationToken cancellationToken
    )
    {
        if (NamedCluster(command) is not { } name)
        {
            return [];
        }

        var uid = await ClusterApi.UidAsync(console, name, cancellationToken);
        return (await ClusterApi.ProgressAsync(console, uid, cancellationToken)).Status?.Machines.Select(machine =>
                machine.Hostname
            ) ?? [];
    }

    private static string? NamedCluster(ParseResult command) =>
        command.CommandResult.Command.Arguments.FirstOrDefault(argument => argument.Name is "cluster") is Argument<string> cluster
            ? command.GetValue(cluster)
            : null;
}
