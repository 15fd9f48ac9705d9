using System.CommandLine;
using System.Text.Json;
using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Changes;
using Gantry.Cli.Clusters;
using Gantry.Cli.Connection;
using Gantry.Cli.Pools;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Plans;

/// <summary><c>gantry plan …</c>: shows the steps of a change and changes nothing.</summary>
public sealed class PlanCommand(CliHost host, ConnectionOptions connection)
{
    private const string Prefix = "gantry plan";

    public Command Create()
    {
        var plan = new Verb(
            "plan",
            "Make a plan: machines, steps, reasons and times; change nothing",
            $"{Prefix} create demo --control-plane 3 --workers 5",
            $"{Prefix} scale demo --size 8",
            $"{Prefix} -f demo.yaml"
        )
        {
            ForCreation(),
            ForCluster(),
            Of(new ScaleVerb()),
            Of(new UpdateVerb()),
            Of(new UpgradeVerb()),
            new Command("pool", "Plan to add or remove a worker pool") { Of(new AddPoolVerb()), Of(new RemovePoolVerb()) },
            Of(new ReplaceMachineVerb()),
            Of(new RenewCertificatesVerb()),
            Of(new DeleteVerb()),
        };
        new DocumentPlans(host, connection).AddTo(plan);
        return plan;
    }

    private Verb ForCreation()
    {
        var request = new CreateRequest();
        var create = new Verb(
            "create",
            "Plan a new cluster; takes the options of `cluster create`",
            $"{Prefix} create demo --control-plane 3 --workers 5"
        );
        request.AddTo(create);
        create.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var plan = await console.CallAsync(
                    Operations.Plans.PlanNew,
                    [],
                    await request.BodyAsync(command, console, cancellationToken),
                    cancellationToken
                );
                return Show(command, plan, $"{command.GetValue(request.Name)}: new cluster");
            }
        );
        return create;
    }

    private Verb ForCluster()
    {
        var name = ClusterName.Argument(connection);
        var cluster = new Verb(
            "cluster",
            "Plan the remaining steps towards the cluster's desired state",
            $"{Prefix} cluster demo"
        )
        {
            name,
        };
        cluster.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var called = command.GetRequiredValue(name);
                var uid = await ClusterApi.UidAsync(console, called, cancellationToken);
                var plan = await console.CallAsync(Operations.Plans.Plan, [("uid", uid)], null, cancellationToken);
                return Show(command, plan, $"{called}: remaining steps", isDesired: true);
            }
        );
        return cluster;
    }

    private Verb Of(ChangeVerb change)
    {
        var name = ClusterName.Argument(connection);
        var verb = change.Under(Prefix, name);
        verb.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var cluster = await DesiredCluster.ReadAsync(console, command.GetRequiredValue(name), cancellationToken);
                await RegionNames.CheckAsync(command, console, cancellationToken);
                var request = await change.ReadAsync(command, cluster, cancellationToken);
                var plan = await console.CallAsync(
                    Operations.Plans.Plan,
                    [("uid", cluster.Uid)],
                    request.Change,
                    cancellationToken
                );
                return Show(command, plan, $"{cluster.Name}: {request.Summary}");
            }
        );
        return verb;
    }

    private int Show(ParseResult command, PlanAnswer plan, string title, bool isDesired = false)
    {
        Printer.Write(host, connection.Format(command), plan, () => PlanText.Of(plan, title, new TextLayout(host), isDesired));
        return plan.Blockers.Count > 0 ? ExitCode.Refused : ExitCode.Ok;
    }
}
