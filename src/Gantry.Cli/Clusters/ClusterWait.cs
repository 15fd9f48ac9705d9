using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Changes;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Clusters;

/// <summary>Follows a cluster to the requested state and shows its progress.</summary>
public sealed class ClusterWait(CliHost host, ConsoleSession console)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Running, healthy, and reporting on the newest desired state.</summary>
    public static bool IsUp(ClusterProgress cluster) =>
        cluster is { IsCurrent: true, Status: { Phase: ClusterPhases.Running, Health: HealthStates.Healthy } };

    /// <summary>
    /// Up, with every machine a ready node that is neither leaving nor to be replaced. A machine that has left and that MAAS does
    /// not release is not waited for.
    /// </summary>
    public static bool IsAtRest(ClusterProgress cluster) =>
        IsUp(cluster)
        && Awaited(cluster)
            .All(machine =>
                machine is { NodeReady: true, State: not ("Draining" or "Releasing") } && !Rolls.IsStale(cluster.Status!, machine)
            );

    /// <summary>At rest, with the desired number of machines in each pool.</summary>
    public static Func<ClusterProgress, bool> IsSettled(IReadOnlyDictionary<string, int> sizes) =>
        cluster =>
            IsAtRest(cluster)
            && Awaited(cluster).All(machine => sizes.ContainsKey(machine.Pool))
            && sizes.All(pool => Awaited(cluster).Count(machine => machine.Pool == pool.Key) == pool.Value);

    public static bool IsGone(ClusterProgress cluster) => cluster.Status is { Phase: ClusterPhases.Deleted };

    private static IEnumerable<ReportedMachine> Awaited(ClusterProgress cluster) =>
        cluster.Status!.Machines.Where(machine => machine.ReleaseBlocked is null);

    /// <param name="limit">Longest wait; the work continues after it.</param>
    /// <returns>The last progress seen; <c>null</c> when the cluster is gone from the console.</returns>
    public async Task<ClusterProgress?> UntilAsync(
        string uid,
        string name,
        Func<ClusterProgress, bool> arrived,
        TimeSpan limit,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await PollAsync(uid, name, arrived, host.Time.GetUtcNow() + limit, Display(), cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            host.Error.WriteLine($"{name}: no longer waiting. The work continues: `gantry cluster watch {name}` shows progress");
            throw;
        }
    }

    private Action<ClusterProgress> Display()
    {
        var start = host.Time.GetUtcNow();
        if (host.Interactive)
        {
            var live = new LiveText(host.Error);
            return now =>
            {
                var screen = host.Screen();
                live.Show(
                    ProgressView.Build(now, host.Time.GetUtcNow(), screen, new TextStyle(host.ProgressColors)),
                    screen.Columns
                );
            };
        }

        ClusterProgress? before = null;
        return now =>
        {
            foreach (var line in PlainProgress.Changes(before, now))
            {
                host.Error.WriteLine($"[{Durations.Short(host.Time.GetUtcNow() - start)}] {line}");
            }

            before = now;
        };
    }

    private async Task<ClusterProgress?> PollAsync(
        string uid,
        string name,
        Func<ClusterProgress, bool> arrived,
        DateTimeOffset deadline,
        Action<ClusterProgress> show,
        CancellationToken cancellationToken
    )
    {
        ClusterProgress? last = null;
        var time = new RollTime(console, host.Time);
        while (true)
        {
            try
            {
                var progress = await ClusterApi.ProgressAsync(console, uid, cancellationToken);
                progress = progress with { Sizes = await SizesAsync(progress, last, cancellationToken) };
                progress = progress with { TimeLeft = await time.LeftAsync(progress, cancellationToken) };
                show(progress);
                last = progress;
                if (arrived(progress))
                {
                    return progress;
                }
            }
            catch (CliException gone) when (gone.ExitCode is ExitCode.NotFound)
            {
                return null;
            }
            catch (CliException away) when (away.ExitCode is ExitCode.Unreachable && last is not null)
            {
                // A console restart does not end the wait: the gateway continues its work.
            }

            if (host.Time.GetUtcNow() >= deadline)
            {
                throw new CliException(
                    ExitCode.TimedOut,
                    $"{name} has not settled: {Why(last)}. The work continues: `gantry cluster watch {name}` shows progress"
                );
            }

            await Task.Delay(Pause, host.Time, cancellationToken);
        }
    }

    // A rolling replacement is shown against the desired sizes, which change only with the desired state.
    private async Task<IReadOnlyDictionary<string, int>?> SizesAsync(
        ClusterProgress now,
        ClusterProgress? last,
        CancellationToken cancellationToken
    )
    {
        if (last?.Sizes is not null && last.Generation == now.Generation)
        {
            return last.Sizes;
        }

        return now.Status?.Machines.Any(machine => machine.StaleReasons.Count > 0) is true
            ? (await DesiredCluster.OfUidAsync(console, now.Uid, cancellationToken)).Sizes
            : null;
    }

    /// <summary>The current activity and the problems, each once.</summary>
    public static string Why(ClusterProgress? last)
    {
        if (last?.Status is not { } status)
        {
            return "the gateway has not reported the cluster";
        }

        var more = Rolls
            .Of(status, last.Sizes)
            .Select(roll => roll.Sentence)
            .Concat(
                PlainProgress
                    .Problems(status)
                    .Where(trouble => !trouble.EndsWith(": " + status.Message, StringComparison.Ordinal))
            );
        return string.Join("; ", more.Prepend(status.Message).Select(text => text.TrimEnd('.')).Where(text => text.Length > 0));
    }
}
