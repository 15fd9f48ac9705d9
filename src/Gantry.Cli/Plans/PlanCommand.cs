using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Cli.Api;
using Gantry.Cli.Clusters;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Model;
using Gantry.Protocol;

namespace Gantry.Cli.Plans;

/// <summary><c>gantry plan …</c>: what would be done, touching nothing.</summary>
public sealed class PlanCommand(CliHost host, ConnectionOptions connection)
{
    public Command Create() => new("plan", "Show what would be done, without touching anything") { ForCreation(), ForCluster() };

    private Command ForCreation()
    {
        var request = new CreateRequest();
        var create = new Command("create", "Plan a new cluster; takes the options of `cluster create`");
        request.AddTo(create);
        create.SetAction(async (command, cancel) =>
        {
            using var console = new ConsoleClient(connection.Resolve(command));
            return Show(
                command,
                await console.PostAsync("v1/spectroclusters/maas/plan", await request.BodyAsync(command, console, cancel), cancel));
        });
        return create;
    }

    private Command ForCluster()
    {
        var name = new Argument<string>("name") { Description = "Name or uid of the cluster" };
        var cluster = new Command("cluster", "Plan what is still to be done for a cluster") { name };
        cluster.SetAction(async (command, cancel) =>
        {
            using var console = new ConsoleClient(connection.Resolve(command));
            var uid = await ClusterApi.UidAsync(console, command.GetRequiredValue(name), cancel);
            return Show(command, await console.PostAsync($"v1/spectroclusters/{uid}/plan", null, cancel));
        });
        return cluster;
    }

    private int Show(ParseResult command, JsonNode? document)
    {
        var plan = document.Deserialize<PlanDocument>(ProtocolJson.Options)
            ?? throw new CliException(ExitCode.Unexpected, "the console answered without a plan");
        if (connection.Format(command) is OutputFormat.Table)
        {
            host.Out.Write(PlanText.Of(plan));
        }
        else
        {
            Printer.Write(host, connection.Format(command), document, () => new Table());
        }

        return plan.Refusals.Count > 0 ? ExitCode.Refused : ExitCode.Ok;
    }
}
