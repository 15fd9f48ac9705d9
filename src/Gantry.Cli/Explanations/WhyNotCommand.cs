using System.CommandLine;
using System.Text.Json;
using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Changes;
using Gantry.Cli.Clusters;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Explanations;

/// <summary><c>gantry why-not create …|CLUSTER</c>: the constraints that each machine fails.</summary>
public sealed class WhyNotCommand(CliHost host, ConnectionOptions connection)
{
    private readonly Option<bool> _all = new("--all") { Description = "Show every machine instead of groups" };

    public Command Create()
    {
        var name = ClusterName.Optional(connection);
        var change = new UpdateVerb();
        var kubernetes = UpgradeVerb.KubernetesOption("unchanged");
        var whyNot = new Verb(
            "why-not",
            "Show which machines fail which constraints, and the smallest changes that help; takes the options of "
                + "`cluster update`",
            "gantry why-not demo",
            "gantry why-not demo --size 8 --memory 256GiB",
            "gantry why-not create ml --workers 4 --tag gpu --all"
        )
        {
            name,
            _all,
        };
        change.AddTo(whyNot);
        whyNot.Add(kubernetes);
        whyNot.Add(ForCreation());
        whyNot.SetAction(
            async (command, cancellationToken) =>
            {
                var called = ClusterName.Required(command, name);
                using var console = new ConsoleSession(connection.Resolve(command));
                var cluster = await DesiredCluster.ReadAsync(console, called, cancellationToken);
                var body = (await change.ReadAnyAsync(command, cluster, cancellationToken))?.Change ?? new ClusterChange();
                if (command.GetValue(kubernetes) is { } version)
                {
                    body = body with { Upgrade = new UpgradeChange($"{version}", Image: null) };
                }

                return Show(
                    command,
                    await console.CallAsync(Operations.Plans.WhyNot, [("uid", cluster.Uid)], body, cancellationToken)
                );
            }
        );
        return whyNot;
    }

    private Verb ForCreation()
    {
        var request = new CreateRequest();
        var create = new Verb(
            "create",
            "Show the same for a new cluster; takes the options of `cluster create`",
            "gantry why-not create ml --workers 4 --tag gpu"
        )
        {
            _all,
        };
        request.AddTo(create);
        create.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                return Show(
                    command,
                    await console.CallAsync(
                        Operations.Plans.WhyNotNew,
                        [],
                        await request.BodyAsync(command, console, cancellationToken),
                        cancellationToken
                    )
                );
            }
        );
        return create;
    }

    private int Show(ParseResult command, WhyNotAnswer answer)
    {
        Printer.Write(
            host,
            connection.Format(command),
            answer,
            () => WhyNotText.Of(answer, new TextLayout(host), command.GetValue(_all))
        );
        return WhyNotText.Fits(answer) ? ExitCode.Ok : ExitCode.Refused;
    }
}
