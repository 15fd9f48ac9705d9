using System.CommandLine;
using System.Text.Json;
using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Changes;
using Gantry.Cli.Clusters;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Explanations;

/// <summary>
/// <c>gantry what-if create …|CLUSTER --count N</c>: whether the machines suffice for more clusters and their rolling
/// replacement.
/// </summary>
public sealed class WhatIfCommand(CliHost host, ConnectionOptions connection)
{
    private readonly Option<int?> _count = Sizes.Count.Optional("--count", "Number of further clusters like this one");

    public Command Create()
    {
        _count.Required = true;
        var name = ClusterName.Optional(connection);
        var kubernetes = UpgradeVerb.KubernetesOption("unchanged");
        var whatIf = new Verb(
            "what-if",
            "Show whether the data centre has room for more clusters like this one, and can still roll them",
            "gantry what-if demo --count 20",
            "gantry what-if create edge --control-plane 3 --workers 2 --count 20"
        )
        {
            name,
            _count,
            kubernetes,
            ForCreation(),
        };
        whatIf.SetAction(
            async (command, cancellationToken) =>
            {
                var called = ClusterName.Required(command, name);
                using var console = new ConsoleSession(connection.Resolve(command));
                var uid = await ClusterApi.UidAsync(console, called, cancellationToken);
                return Show(
                    command,
                    await console.CallAsync(
                        Operations.Plans.WhatIf,
                        [("uid", uid), ("count", $"{command.GetValue(_count)}")],
                        command.GetValue(kubernetes) is { } version
                            ? new ClusterChange { Upgrade = new UpgradeChange($"{version}", Image: null) }
                            : null,
                        cancellationToken
                    ),
                    called
                );
            }
        );
        return whatIf;
    }

    private Verb ForCreation()
    {
        var request = new CreateRequest();
        var create = new Verb(
            "create",
            "Show the same for new clusters; takes the options of `cluster create`",
            "gantry what-if create edge --workers 2 --count 20"
        )
        {
            _count,
        };
        request.AddTo(create);
        create.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var body = await request.BodyAsync(command, console, cancellationToken);
                return Show(
                    command,
                    await console.CallAsync(
                        Operations.Plans.WhatIfNew,
                        [("count", $"{command.GetValue(_count)}")],
                        body,
                        cancellationToken
                    ),
                    command.GetRequiredValue(request.Name)
                );
            }
        );
        return create;
    }

    private int Show(ParseResult command, WhatIfAnswer answer, string cluster)
    {
        Printer.Write(host, connection.Format(command), answer, () => Text(answer, cluster, new TextLayout(host)));
        return answer.Fit >= answer.Asked && answer.CanRoll ? ExitCode.Ok : ExitCode.Refused;
    }

    public static string Text(WhatIfAnswer answer, string cluster, TextLayout layout)
    {
        layout.Title(
            answer.Fit >= answer.Asked
                ? $"There is room for {answer.Asked} more like {cluster}."
                : $"There is room for {answer.Fit} more like {cluster}, not for {answer.Asked}."
        );
        layout
            .Blank()
            .Lines([
                new(
                    [
                        new Cell(
                            answer.Fit >= answer.Asked ? "✓" : "✗",
                            answer.Fit >= answer.Asked ? TextColor.Good : TextColor.Bad
                        ),
                    ],
                    $"{answer.Fit} of {answer.Asked} {(answer.Fit is 1 ? "finds its" : "find their")} machines; "
                        + $"{Counted.Of(answer.FreeBefore, "machine is", "machines are")} free now, {answer.FreeAfter} then"
                ),
                new(
                    [new Cell(answer.CanRoll ? "✓" : "✗", answer.CanRoll ? TextColor.Good : TextColor.Bad)],
                    answer.CanRoll
                        ? "every pool can still be rolled by expanding first"
                        : "not every pool can still be rolled by expanding first: a spare machine is missing"
                ),
            ]);
        if (answer.Limits.Count > 0)
        {
            layout
                .Blank()
                .Paragraph("Limiting resources:", 2)
                .Lines([.. answer.Limits.Select(limit => new Line([new Cell("-", TextColor.Careful)], limit))]);
        }

        return layout.ToString();
    }
}
