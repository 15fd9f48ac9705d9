using System.CommandLine;
using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Changes;
using Gantry.Cli.Clusters;
using Gantry.Cli.Connection;
using Gantry.Cli.Documents;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Explaining;

namespace Gantry.Cli.Plans;

/// <summary>
/// <c>gantry apply</c>: makes clusters and profiles what their documents say, or applies a saved plan, which fails if anything has changed
/// since it was made.
/// </summary>
public sealed class ApplyCommand(CliHost host, ConnectionOptions connection)
{
    private readonly Option<string?> _plan = new("--plan")
    {
        Description = "Hash of the plan, as `gantry plan …` shows it",
        HelpName = "HASH",
    };
    private readonly DocumentFiles _files = new(host);
    private readonly WaitOptions _wait = new();
    private readonly Confirmation _confirmation = new();

    public Command Create()
    {
        var apply = new Verb(
            "apply",
            "Apply documents, all of them or none; or a saved plan, if nothing has changed since it was made",
            "gantry apply -f clusters/",
            "gantry apply -f demo.yaml --wait",
            "gantry apply -f clusters/ --prune --selector managed-by=git",
            "gantry apply --plan 3f9c2d71a0b4 --wait"
        )
        {
            _plan,
        };
        _files.AddTo(apply);
        _confirmation.AddTo(apply);
        _wait.AddTo(apply);
        apply.SetAction(
            async (command, cancellationToken) =>
            {
                switch (command.GetValue(_plan), _files.AreGiven(command))
                {
                    case ({ } hash, false):
                        await ApplyPlanAsync(command, hash, cancellationToken);
                        break;
                    case (null, true):
                        await ApplyDocumentsAsync(command, cancellationToken);
                        break;
                    default:
                        throw new CliException(ExitCode.Usage, "give --file FILE or --plan HASH, one of the two");
                }
            }
        );
        return apply;
    }

    private async Task ApplyDocumentsAsync(ParseResult command, CancellationToken cancellationToken)
    {
        var set = _files.Read(command);
        using var console = new ConsoleSession(connection.Resolve(command));
        if (_files.Prune)
        {
            AskAboutLosses(command, await _files.ApplyAsync(console, set, dryRun: true, cancellationToken));
        }

        var answer = await _files.ApplyAsync(console, set, dryRun: false, cancellationToken);
        Printer.Write(
            host,
            connection.Format(command),
            answer,
            () => DocumentReport.Of(answer, (kind, index) => _files.FileOf(kind, index).File)
        );
        host.Error.WriteLine(DocumentReport.Count(answer));
        foreach (var cluster in answer.Clusters.Where(one => one.Uid is not null && one.Action is not DocumentActions.Unchanged))
        {
            if (_wait.IsWanted(command))
            {
                await WaitAsync(command, console, cluster.Uid!, cancellationToken);
            }
        }
    }

    private void AskAboutLosses(ParseResult command, DocumentsAnswer answer)
    {
        string[] losses =
        [
            .. answer.Clusters.Where(one => one.Action is DocumentActions.Delete).Select(one => $"cluster {one.Name}"),
            .. answer.Clusters.SelectMany(one =>
                one.Changes.Where(change => change.Field.EndsWith("].name", StringComparison.Ordinal) && change.To is null)
                    .Where(change => change.Field.StartsWith("spec.pools[", StringComparison.Ordinal))
                    .Select(change => $"pool {change.From} of {one.Name}")
            ),
        ];
        if (losses.Length > 0)
        {
            _confirmation.Ask(
                host,
                command,
                $"Remove {string.Join(", ", losses)} and release {(losses.Length is 1 ? "its" : "their")} machines?",
                "yes"
            );
        }
    }

    private async Task ApplyPlanAsync(ParseResult command, string hash, CancellationToken cancellationToken)
    {
        using var console = new ConsoleSession(connection.Resolve(command));
        var answer = await ApplyAsync(console, hash, cancellationToken);
        var uid = answer.Uid;
        if (!_wait.IsWanted(command))
        {
            Printer.Write(host, connection.Format(command), answer, () => new Table("UID").Row(uid));
            host.Error.WriteLine($"`gantry cluster watch {uid}` shows progress");
            return;
        }

        if (await WaitAsync(command, console, uid, cancellationToken))
        {
            await ClusterShow.WriteAsync(host, console, uid, connection.Format(command), cancellationToken);
        }
    }

    /// <returns>Whether the cluster is still there.</returns>
    private async Task<bool> WaitAsync(
        ParseResult command,
        ConsoleSession console,
        string uid,
        CancellationToken cancellationToken
    )
    {
        var cluster = await DesiredCluster.OfUidAsync(console, uid, cancellationToken);
        var goes = cluster.DeletedSince is not null;
        var last = await new ClusterWait(host, console).UntilAsync(
            uid,
            cluster.Name,
            goes ? ClusterWait.IsGone : ClusterWait.IsSettled(cluster.Sizes),
            _wait.Limit(command),
            cancellationToken
        );
        if (goes)
        {
            host.Error.WriteLine(DeleteCommand.Ended(cluster.Name, last));
        }

        return !goes;
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
