using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Api;
using Gantry.Cli.Connection;
using Gantry.Cli.Documents;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Plans;

/// <summary><c>gantry plan -f FILE</c>: a plan for each cluster whose document changes it.</summary>
internal sealed class DocumentPlans(CliHost host, ConnectionOptions connection)
{
    private readonly DocumentFiles _files = new(host);

    public void AddTo(Command plan)
    {
        _files.AddTo(plan);
        plan.SetAction(
            (command, cancellationToken) =>
                _files.AreGiven(command)
                    ? PlanAsync(command, cancellationToken)
                    : throw new CliException(ExitCode.Usage, "say what to plan: --file FILE, or a verb (`gantry plan --help`)")
        );
    }

    private async Task<int> PlanAsync(ParseResult command, CancellationToken cancellationToken)
    {
        var set = _files.Read(command);
        using var console = new ConsoleSession(connection.Resolve(command));

        // Every document is checked before the first is planned.
        var answer = await _files.ApplyAsync(console, set, dryRun: true, cancellationToken);
        if (answer.Profiles.FirstOrDefault(profile => profile.Action is not DocumentActions.Unchanged) is { } profile)
        {
            throw new CliException(
                ExitCode.Refused,
                $"a plan rests on profiles as they are published, and {profile.Name} would change: apply it first, or see "
                    + "`gantry diff`"
            );
        }

        var plans = new List<(string Title, PlanAnswer Plan)>();
        foreach (var ((_, document), result) in _files.Clusters.Zip(answer.Clusters))
        {
            if (result.Action is not DocumentActions.Unchanged)
            {
                var plan = await console.CallAsync(
                    Operations.Documents.Plan,
                    [("prune", _files.Prune ? "true" : null)],
                    document,
                    cancellationToken
                );
                plans.Add(($"{result.Name}: {(result.Action is DocumentActions.Create ? "new cluster" : "its document")}", plan));
            }
        }

        Printer.Write(
            host,
            connection.Format(command),
            new JsonArray([.. plans.Select(one => JsonSerializer.SerializeToNode(one.Plan, ApiJson.Options))]),
            () => string.Join('\n', plans.Select(one => PlanText.Of(one.Plan, one.Title, new TextLayout(host))))
        );
        if (DocumentReport.AreSame(answer))
        {
            host.Error.WriteLine(DocumentReport.Count(answer));
        }

        return plans.Exists(one => one.Plan.Blockers.Count > 0) ? ExitCode.Refused : ExitCode.Ok;
    }
}
