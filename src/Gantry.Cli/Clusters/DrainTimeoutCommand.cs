using System.CommandLine;
using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Clusters;

/// <summary><c>gantry cluster drain-timeout</c>: the limit of the drains of every pool that has none of its own.</summary>
public sealed class DrainTimeoutCommand(CliHost host, ConnectionOptions connection)
{
    private const string None = "none";

    public Command Create()
    {
        var name = ClusterName.Argument(connection);
        var limit = new Argument<string>("limit")
        {
            Description = "Time after which a leaving node is drained no longer, 10m; none for no limit",
        };
        var drain = new Verb(
            "drain-timeout",
            "Limit how long a leaving node is drained; a pool's own --drain-timeout comes first",
            "gantry cluster drain-timeout demo 15m",
            "gantry cluster drain-timeout demo none"
        )
        {
            name,
            limit,
        };
        drain.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var (called, span) = (command.GetRequiredValue(name), Read(command.GetRequiredValue(limit)));
                var uid = await ClusterApi.UidAsync(console, called, cancellationToken);
                var cluster = await console.CallAsync(Operations.Clusters.Get, [("uid", uid)], cancellationToken);
                await console.CallAsync(
                    Operations.CloudConfigs.Update,
                    [("configUid", cluster.Spec.CloudConfigRef.Uid)],
                    new ClusterConfigInput(new MaasClusterConfig { NodeDrainTimeout = (int)span.TotalSeconds }),
                    cancellationToken
                );
                Printer.Done(
                    host,
                    connection.Format(command),
                    span > TimeSpan.Zero
                        ? $"{called}: drains end after {Durations.Rough(span.TotalSeconds)}"
                        : $"{called}: drains have no limit",
                    ("uid", uid),
                    ("nodeDrainTimeout", $"{(int)span.TotalSeconds}")
                );
            }
        );
        return drain;
    }

    private static TimeSpan Read(string text) =>
        text is None ? TimeSpan.Zero
        : Durations.Form.TryRead(text, out var span) ? span
        : throw new CliException(ExitCode.Usage, $"{Durations.Form.Problem(text)}, or {None}");
}
