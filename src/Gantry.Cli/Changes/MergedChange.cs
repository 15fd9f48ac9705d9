using System.CommandLine;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Changes;

/// <summary>
/// Makes a change. When another change came first, it is made again on top of that one, unless both set the same thing: then
/// the command names who changed what.
/// </summary>
internal sealed class MergedChange(CliHost host, ConsoleSession console, Action<Loss>? confirm = null)
{
    // Each attempt starts after somebody else's change has succeeded.
    private const int MaxAttempts = 20;

    /// <returns>The change that was made.</returns>
    /// <exception cref="CliException">The change was refused.</exception>
    public async Task<ChangeRequest> MakeAsync(
        ChangeVerb verb,
        ParseResult command,
        DesiredCluster cluster,
        CancellationToken cancellationToken
    )
    {
        var request = await verb.ReadAsync(command, cluster, cancellationToken);
        if (request.Loss is { } loss)
        {
            confirm?.Invoke(loss);
        }

        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await request.MakeAsync(console, cluster, cancellationToken);
                return request;
            }
            catch (CliException outdated) when (outdated.ErrorCode is ConsoleSession.OutdatedGeneration && attempt < MaxAttempts)
            {
                var now = await DesiredCluster.OfUidAsync(console, cluster.Uid, cancellationToken);
                if (now.Generation == cluster.Generation)
                {
                    throw;
                }

                var again = await ReadAgainAsync(verb, command, now, outdated, cancellationToken);
                if (ChangeConflicts.Between(cluster, now, request.Change) is { Count: > 0 } conflicts)
                {
                    throw Conflict(now, outdated, string.Join("; ", conflicts));
                }

                host.Error.WriteLine($"{now.Name} was changed meanwhile{Who(outdated)}; making this change on top of that");
                (cluster, request) = (now, again);
            }
        }
    }

    // What the command names may be gone, or exist by now.
    private static async Task<ChangeRequest> ReadAgainAsync(
        ChangeVerb verb,
        ParseResult command,
        DesiredCluster now,
        CliException outdated,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await verb.ReadAsync(command, now, cancellationToken);
        }
        catch (CliException refused)
        {
            throw Conflict(now, outdated, refused.Message);
        }
    }

    private static CliException Conflict(DesiredCluster now, CliException outdated, string conflict) =>
        new(
            ExitCode.Refused,
            $"{now.Name} was changed meanwhile{Who(outdated)}: {conflict}. Run the command again to change it from what it is now",
            outdated
        )
        {
            ErrorCode = outdated.ErrorCode,
            Details = outdated.Details,
        };

    private static string Who(CliException outdated)
    {
        var changes = outdated
            .Details.Where(detail => detail.Key.StartsWith("generation.", StringComparison.Ordinal))
            .Select(detail => detail.Value)
            .ToList();
        return changes is [] ? "" : $" ({string.Join("; ", changes)})";
    }
}
