using System.CommandLine;
using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Changes;
using Gantry.Cli.Clusters;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Plans;

/// <summary><c>gantry apply --plan HASH</c>: applies a saved plan; fails if anything has changed since it was made.</summary>
public sealed class ApplyCommand(CliHost host, ConnectionOptions connection)
{
    public Command Create()
    {
        var plan = new Option<string>("--plan")
        {
            Description = "Hash of the plan, as `gantry plan …` shows it",
            HelpName = "HASH",
            Required = true,
        };
        var wait = new WaitOptions();
        var apply = new Verb(
            "apply",
            "Apply a saved plan. Fails if anything has changed since it was made",
            "gantry apply --plan 3f9c2d71a0b4 --wait"
        )
        {
            plan,
        };
        wait.AddTo(apply);
        apply.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var answer = await ApplyAsync(console, command.GetRequiredValue(plan), cancellationToken);
                var uid = answer.Uid;
                if (!wait.IsWanted(command))
                {
                    Printer.Write(host, connection.Format(command), answer, () => new Table("UID").Row(uid));
                    host.Error.WriteLine($"`gantry cluster watch {uid}` shows progress");
                    return;
                }

                var cluster = await DesiredCluster.OfUidAsync(console, uid, cancellationToken);
                var goes = cluster.DeletedSince is not null;
                var last = await new ClusterWait(host, console).UntilAsync(
                    uid,
                    cluster.Name,
                    goes ? ClusterWait.IsGone : ClusterWait.IsSettled(cluster.Sizes),
                    wait.Limit(command),
                    cancellationToken
                );
                if (goes)
                {
                    host.Error.WriteLine(DeleteCommand.Ended(cluster.Name, last));
                    return;
                }

                await ClusterShow.WriteAsync(host, console, uid, connection.Format(command), cancellationToken);
            }
        );
        return apply;
    }

    private static async Task<UidAnswer> ApplyAsync(ConsoleSession console, string hash, CancellationToken cancellationToken)
    {
        try
        {
            return await console.CallAsync(Operations.Plans.Apply, [("hash", hash)], cancellationToken);
        }
        catch (CliException outdated) when (outdated.ErrorCode is "PlanOutdated")
        {
            var now = outdated.Details.Where(detail => detail.Key == "hash").Select(detail => detail.Value).FirstOrDefault();
            throw new CliException(
                ExitCode.Refused,
                $"nothing was changed: the plan is outdated\n  {outdated.Message}\n"
                    + "Run the same `gantry plan …` again, review the new plan, and apply it"
                    + (now is null ? "" : $"; its hash is {now}"),
                outdated
            );
        }
        catch (CliException applied) when (applied.ErrorCode is "PlanApplied")
        {
            throw new CliException(ExitCode.Refused, $"nothing was changed: {applied.Message}", applied);
        }
        catch (CliException unknown) when (unknown.ExitCode is ExitCode.NotFound)
        {
            throw new CliException(
                ExitCode.NotFound,
                $"plan {hash} does not exist or has expired: a plan is kept for an hour; run `gantry plan …` again",
                unknown
            );
        }
    }
}
