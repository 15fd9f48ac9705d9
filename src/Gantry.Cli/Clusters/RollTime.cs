using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Connection;

namespace Gantry.Cli.Clusters;

/// <summary>How long a roll still takes, as the plan of the remaining steps says.</summary>
public sealed class RollTime(ConsoleSession console, TimeProvider time)
{
    private string _counts = "";
    private DateTimeOffset? _end;

    /// <returns><c>null</c> when nothing rolls, or no plan says.</returns>
    public async Task<TimeSpan?> LeftAsync(ClusterProgress cluster, CancellationToken cancellationToken)
    {
        var counts = string.Join(", ", Rolls.Of(cluster).Select(roll => roll.Count));

        // A plan is work for the gateway: one for each machine that is done.
        if (counts != _counts)
        {
            _counts = counts;
            _end = counts.Length == 0 ? null : time.GetUtcNow() + await PlannedAsync(cluster.Uid, cancellationToken);
        }

        return _end - time.GetUtcNow() is { Ticks: > 0 } left ? left : null;
    }

    private async Task<TimeSpan?> PlannedAsync(string uid, CancellationToken cancellationToken)
    {
        try
        {
            var plan = await console.CallAsync(Operations.Plans.Plan, [("uid", uid)], null, cancellationToken);
            return plan.ExpectedSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
        }
        catch (CliException)
        {
            // The wait goes on without it: the gateway is away, or this key must not plan.
            return null;
        }
    }
}
