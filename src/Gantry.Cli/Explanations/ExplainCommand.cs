using System.CommandLine;
using System.Text.Json;
using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Clusters;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Explanations;

/// <summary><c>gantry explain cluster X</c>: the one cause, and the next action.</summary>
public sealed class ExplainCommand(CliHost host, ConnectionOptions connection)
{
    private const string AsItShouldBe = "AsItShouldBe";

    public Command Create() =>
        new("explain", "Explain why something is not as it should be, and what happens next") { ForCluster() };

    private Verb ForCluster()
    {
        var name = ClusterName.Argument(connection);
        var cluster = new Verb(
            "cluster",
            "Show the cause, its start and the next action; exit code 0 when the cluster is as it should be",
            "gantry explain cluster demo"
        )
        {
            name,
        };
        cluster.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var called = command.GetRequiredValue(name);
                var uid = await ClusterApi.UidAsync(console, called, cancellationToken, alsoDeleted: true);
                var explanation = await console.CallAsync(Operations.Plans.Explain, [("uid", uid)], cancellationToken);
                Printer.Write(
                    host,
                    connection.Format(command),
                    explanation,
                    () => Text(explanation, called, host.Time, new TextLayout(host))
                );
                return explanation.Reason == AsItShouldBe ? ExitCode.Ok : ExitCode.Refused;
            }
        );
        return cluster;
    }

    public static string Text(ExplainAnswer explanation, string cluster, TimeProvider time, TextLayout layout)
    {
        var good = explanation.Reason == AsItShouldBe;
        layout.Title(good ? $"{cluster} is as it should be" : $"{cluster} is not as it should be");
        var lines = new List<Line>
        {
            new([new Cell("Cause", TextColor.Quiet)], explanation.Cause, good ? TextColor.Plain : TextColor.Careful),
        };
        if (explanation.Since is { } since)
        {
            lines.Add(
                new Line(
                    [new Cell("Since", TextColor.Quiet)],
                    $"{Moments.Full(since, time)}, {Durations.Short(time.GetUtcNow() - since)} ago"
                )
            );
        }

        if (explanation.NextAction.Length > 0)
        {
            lines.Add(new Line([new Cell("Next", TextColor.Quiet)], explanation.NextAction));
        }

        if (!good)
        {
            lines.Add(
                new Line(
                    [new Cell("Action", TextColor.Quiet)],
                    explanation.ActionRequired ? "Action required" : "No action needed"
                )
            );
        }

        return layout.Blank().Lines(lines).ToString();
    }
}
