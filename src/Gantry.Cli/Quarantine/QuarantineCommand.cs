using System.CommandLine;
using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Quarantine;

/// <summary><c>gantry quarantine …</c>: failed machines that no cluster takes until an operator clears them.</summary>
public sealed class QuarantineCommand(CliHost host, ConnectionOptions connection)
{
    private readonly Option<string?> _account = new("--account")
    {
        Description = "Cloud account of the data centre [default: all]",
    };

    public Command Create() =>
        new("quarantine", "List, add and clear machines that no cluster may take") { List(), Add(), Clear() };

    private Verb List()
    {
        var list = new Verb("list", "List the machines in quarantine and their failures", "gantry quarantine list") { _account };
        list.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var found = await FindAsync(console, command.GetValue(_account), cancellationToken);
                IReadOnlyList<QuarantinedMachine> items = [.. found.Select(one => one.Entry)];
                Printer.Write(host, connection.Format(command), items, () => Text(found, host.Time, new TextLayout(host)));
            }
        );
        return list;
    }

    private Verb Add()
    {
        var machine = new Argument<string>("machine") { Description = "Host name or system id" };
        var reason = new Option<string?>("--reason") { Description = "Why, for whoever clears it" };
        var add = new Verb(
            "add",
            "Keep a machine from clusters; one that has it keeps it until it is replaced",
            "gantry quarantine add node-07 --reason \"DIMM B2 fails\""
        )
        {
            machine,
            _account,
            reason,
        };
        add.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var account = await OneAccountAsync(console, command.GetValue(_account), cancellationToken);
                var entry = await console.CallAsync(
                    Operations.CloudAccounts.AddQuarantine,
                    [("uid", account), ("systemId", command.GetRequiredValue(machine))],
                    new QuarantineInput(command.GetValue(reason)),
                    cancellationToken
                );
                Printer.Done(
                    host,
                    connection.Format(command),
                    entry.ClusterName is { } cluster
                        ? $"{entry.Hostname} is in quarantine, and in {cluster} until "
                            + $"`gantry cluster replace-machine {cluster} {entry.Hostname}`"
                        : $"{entry.Hostname} is in quarantine",
                    ("machine", entry.Machine),
                    ("hostname", entry.Hostname)
                );
            }
        );
        return add;
    }

    private Verb Clear()
    {
        var machine = new Argument<string>("machine") { Description = "Host name or system id" };
        var recommission = new Option<bool>("--recommission") { Description = "Commission the machine in MAAS first" };
        var clear = new Verb(
            "clear",
            "Clear a machine: clusters may use it again",
            "gantry quarantine clear node-07 --recommission"
        )
        {
            machine,
            _account,
            recommission,
        };
        clear.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var named = command.GetRequiredValue(machine);
                var found = await FindAsync(console, command.GetValue(_account), cancellationToken);
                var entry =
                    found.FirstOrDefault(one => one.Entry.Hostname == named || one.Entry.Machine == named)
                    ?? throw new CliException(
                        ExitCode.NotFound,
                        $"`{named}` is not in quarantine; quarantined: "
                            + $"{string.Join(", ", found.Select(one => one.Entry.Hostname).DefaultIfEmpty("none"))}"
                    );
                var commission = command.GetValue(recommission);
                await console.CallAsync(
                    Operations.CloudAccounts.ClearQuarantine,
                    [("uid", entry.Account), ("systemId", entry.Entry.Machine), ("commission", commission ? "true" : "false")],
                    cancellationToken
                );
                Printer.Done(
                    host,
                    connection.Format(command),
                    commission
                        ? $"{entry.Entry.Hostname} is being commissioned; clusters may use it when MAAS reports it as Ready"
                        : $"{entry.Entry.Hostname} may be used by clusters again",
                    ("machine", entry.Entry.Machine),
                    ("hostname", entry.Entry.Hostname)
                );
            }
        );
        return clear;
    }

    private static async Task<string> OneAccountAsync(
        ConsoleSession console,
        string? account,
        CancellationToken cancellationToken
    )
    {
        var accounts = await console.ListAsync(Operations.CloudAccounts.List, [("limit", "0")], cancellationToken);
        return (account, accounts) switch
        {
            (null, [var only]) => only.Metadata.Uid!,
            (null, { Count: > 1 }) => throw new CliException(
                ExitCode.Usage,
                "several cloud accounts exist, choose one with --account: "
                    + string.Join(", ", accounts.Select(one => one.Metadata.Name))
            ),
            _ => Named.Find("cloud account", accounts.Select(one => one.Metadata), account ?? ""),
        };
    }

    /// <summary>A machine appears once, also when several accounts lead to its gateway.</summary>
    private static async Task<IReadOnlyList<Quarantined>> FindAsync(
        ConsoleSession console,
        string? account,
        CancellationToken cancellationToken
    )
    {
        var accounts = (await console.ListAsync(Operations.CloudAccounts.List, [("limit", "0")], cancellationToken))
            .Select(one => one.Metadata)
            .ToList();
        string[] uids = account is null
            ? [.. accounts.Select(one => one.Uid!)]
            : [Named.Find("cloud account", accounts, account)];
        var all = new List<Quarantined>();
        foreach (var uid in uids)
        {
            var machines = await console.ListAsync(Operations.CloudAccounts.ListQuarantine, [("uid", uid)], cancellationToken);
            all.AddRange(machines.Select(machine => new Quarantined(uid, machine)));
        }

        return [.. all.DistinctBy(one => one.Entry.Machine)];
    }

    public static string Text(IReadOnlyList<Quarantined> machines, TimeProvider time, TextLayout layout)
    {
        if (machines.Count == 0)
        {
            return layout.Paragraph("No machine is in quarantine.").ToString();
        }

        foreach (var (_, entry) in machines)
        {
            var cluster = entry.ClusterName ?? entry.Cluster;
            var place = cluster.Length > 0 ? $"in cluster {cluster}" : "in no cluster";
            layout
                .Blank()
                .Title($"{entry.Hostname} ({entry.Machine})")
                .Paragraph($"{entry.Reason}, {Durations.Short(time.GetUtcNow() - entry.At)} ago, {place}", 2)
                .Lines([.. entry.Evidence.Select(line => new Line([new Cell("-", TextColor.Quiet)], line))], 4);
        }

        return layout
            .Blank()
            .Paragraph("To clear a machine:")
            .Blank()
            .Verbatim($"gantry quarantine clear {machines[0].Entry.Hostname}")
            .ToString();
    }
}

/// <param name="Account">Uid of the queried cloud account.</param>
public sealed record Quarantined(string Account, QuarantinedMachine Entry);
