using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Connection;
using Gantry.Cli.Gateways;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Consoles;

/// <summary><c>gantry status</c>: what the console has at a glance, and what of it needs a look.</summary>
public sealed class StatusCommand(CliHost host, ConnectionOptions connection)
{
    public Command Create()
    {
        var status = new Verb(
            "status",
            "Show the console, its gateways, accounts and clusters at a glance",
            "gantry status",
            "gantry status --project edge"
        );
        status.SetAction(
            async (command, cancellationToken) =>
            {
                var address = connection.Resolve(command);
                using var console = new ConsoleSession(address);
                var version = await console.CallAsync(Operations.Health.Version, [], cancellationToken);
                var gateways = await console.ListAsync(Operations.Gateways.List, [], cancellationToken);
                var accounts = await console.ListAsync(Operations.CloudAccounts.List, [("limit", "0")], cancellationToken);
                var clusters = await ClusterApi.SearchAsync(console, null, cancellationToken);
                Printer.Write(
                    host,
                    connection.Format(command),
                    new JsonObject
                    {
                        ["console"] = new JsonObject { ["url"] = address.Url.AbsoluteUri, ["version"] = version.Version },
                        ["project"] = address.Project,
                        ["gateways"] = JsonSerializer.SerializeToNode(gateways, ApiJson.Options),
                        ["accounts"] = JsonSerializer.SerializeToNode(accounts, ApiJson.Options),
                        ["clusters"] = JsonSerializer.SerializeToNode(clusters, ApiJson.Options),
                    },
                    () =>
                        Text(
                            $"{address.Url.AbsoluteUri.TrimEnd('/')}, {version.Version}, project {address.Project}",
                            gateways,
                            accounts,
                            clusters,
                            new TextLayout(host)
                        )
                );
            }
        );
        return status;
    }

    public static string Text(
        string console,
        IReadOnlyList<Overlord> gateways,
        IReadOnlyList<MaasAccountView> accounts,
        IReadOnlyList<ClusterSummary> clusters,
        TextLayout layout
    )
    {
        var lines = new List<Line> { Row("Console", console) };
        lines.AddRange(
            gateways.Select(gateway =>
                Row(
                    "Gateway",
                    $"{gateway.Metadata.Name}: {GatewayCommand.State(gateway)}",
                    gateway.Status.State is not GatewayStates.Running
                )
            )
        );
        lines.AddRange(
            accounts.Select(account =>
                Row(
                    "Account",
                    $"{account.Metadata.Name}: {account.Spec.ApiEndpoint}"
                        + (account.Status.State is CloudAccountStates.CredentialsRejected ? ", MAAS rejects the key" : ""),
                    account.Status.State is CloudAccountStates.CredentialsRejected
                )
            )
        );
        var states = clusters
            .CountBy(cluster => $"{cluster.Status.State}, {cluster.Status.Health.State}")
            .OrderByDescending(state => state.Value)
            .Select(state => $"{state.Value} {state.Key}");
        lines.Add(Row("Clusters", clusters.Count == 0 ? "none" : string.Join("; ", states)));
        lines.AddRange(
            clusters
                .Where(cluster => cluster.Status is not { State: ClusterPhases.Running, Health.State: HealthStates.Healthy })
                .Select(cluster =>
                    Row("", $"{cluster.Metadata.Name}: `gantry explain cluster {cluster.Metadata.Name}`", careful: true)
                )
        );
        return layout.Lines(lines, indent: 0).ToString();
    }

    private static Line Row(string what, string text, bool careful = false) =>
        new([new Cell(what, TextColor.Quiet)], text, careful ? TextColor.Careful : TextColor.Plain);
}
