using Gantry.Clusters.Model;
using Gantry.Engine;
using Gantry.Gateway.Accounts;
using Gantry.Gateway.Link;
using Gantry.Gateway.Requests;
using Gantry.Protocol;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Gantry.Gateway.Sync;

/// <summary>
/// Polls the console for changes since the stored revision, writes them to the disk, then to memory, and wakes the engine.
/// The next poll acknowledges them, so every acknowledged change is stored.
/// </summary>
public sealed partial class Polling(
    IConsoleLink link,
    string gatewayUid,
    KeptState kept,
    IDesiredStore store,
    DesiredClusters desired,
    IAccounts accounts,
    StatusOutbox statuses,
    RequestHandler requests,
    LinkReport report,
    ClusterEngine engine,
    GatewayInstance instance,
    TimeSpan pollWait,
    BackOff backOff,
    TimeProvider time,
    ILogger log
)
{
    private static readonly TimeSpan WhileRevoked = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan WhileStandby = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MinPollInterval = TimeSpan.FromSeconds(1);

    private long _revision = kept.Revision;
    private string? _epoch = kept.Epoch;

    public long Revision => Interlocked.Read(ref _revision);

    /// <summary>Polls until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        // The first poll does not wait: its answer tells whether the console is reachable.
        var wait = TimeSpan.Zero;
        while (true)
        {
            var pause = await PollAsync(wait, cancellationToken);
            wait = pause is null ? pollWait : TimeSpan.Zero;
            if (pause is { } away)
            {
                await Task.Delay(away, time, cancellationToken);
            }
        }
    }

    /// <returns>The delay before the next poll; <c>null</c> for none.</returns>
    private async Task<TimeSpan?> PollAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        try
        {
            var asked = time.GetTimestamp();
            var about = new GatewayReport(GatewayVersion.Text, time.GetUtcNow(), desired.Count, store.FindProblem());
            var request = new DesiredStateRequest(Revision, (int)wait.TotalSeconds, about, _epoch)
            {
                Unrecorded = await engine.ListUnconfirmedAsync(cancellationToken),
                Undesired = await engine.ListUndesiredAsync(cancellationToken),
            };
            request = request with { Instance = instance };
            var unsure = request.Unrecorded.Count + request.Undesired.Count > 0;
            request = unsure ? request with { WaitSeconds = 0 } : request with { Unrecorded = null, Undesired = null };
            var state = await link.PollAsync(gatewayUid, request, cancellationToken);
            if (state.Clusters.Select(ProblemOf).FirstOrDefault(problem => problem is not null) is { } unusable)
            {
                throw new ConsoleAwayException(unusable);
            }

            report.Connected();
            report.HasRival(state.Rival);
            backOff.Reset();
            Polled(state.Revision, state.Requests.Count);
            GatewayMetrics.Polled("success");
            var nothing = state.Revision == Revision && state.Epoch == _epoch && state.Requests.Count is 0;
            TakeOver(state);
            Confirm(request, state);
            requests.Take(state.Requests, cancellationToken);

            // A console that is about to stop does not hold polls; the delay keeps the gateway from polling it in a tight loop.
            return nothing && !unsure && wait > MinPollInterval && time.GetElapsedTime(asked) < MinPollInterval
                ? MinPollInterval
                : null;
        }
        catch (GatewayRevokedException revoked)
        {
            GatewayMetrics.Polled("revoked");
            report.Revoked(revoked.Message);
            return WhileRevoked;
        }
        catch (ConsoleRefusedException refused) when (refused.Code is InstanceLease.RefusedCode)
        {
            GatewayMetrics.Polled("standby");
            report.Standby(refused.Message);
            return WhileStandby;
        }
        catch (ConsoleFailure failure)
        {
            GatewayMetrics.Polled("away");
            report.Away(failure.Message);
            return backOff.Next();
        }
        catch (Exception full) when (full is SqliteException or IOException)
        {
            // The change is not stored and so not acknowledged: the console sends it again.
            NotKept(full);
            return backOff.Next();
        }
    }

    private void Confirm(DesiredStateRequest asked, DesiredState answer)
    {
        desired.Confirm(asked, answer);
        foreach (var cluster in (asked.Unrecorded ?? []).Concat(asked.Undesired ?? []))
        {
            engine.Enqueue(cluster);
        }
    }

    // A console never stores such a cluster: this one is of another version, broken or hostile.
    private static string? ProblemOf(ClusterSpec cluster) =>
        SpecRules.ProblemOf(cluster) is { } problem
            ? $"The console's answer cannot be used: of a cluster in it, {problem}. The last desired state stays in force."
            : null;

    private void TakeOver(DesiredState state)
    {
        var changes = state.Clusters.Count + state.Accounts.Count + state.RemovedClusters.Count + state.RemovedAccounts.Count;
        if (changes is 0 && state.Revision == Revision && state.Epoch == _epoch)
        {
            return;
        }

        store.Apply(state);
        desired.Apply(state);
        var news = accounts.Apply(state.Accounts, state.RemovedAccounts);
        Interlocked.Exchange(ref _revision, state.Revision);
        _epoch = state.Epoch;
        TookOver(state.Revision, state.Clusters.Count, state.Accounts.Count);
        foreach (var cluster in state.RemovedClusters)
        {
            statuses.ForgetDelivered(cluster);
        }

        var concerned = desired.All.Where(cluster => news.Contains(cluster.Account)).Select(cluster => cluster.Id);
        foreach (var cluster in state.Clusters.Select(cluster => cluster.Id).Union(concerned))
        {
            statuses.ForgetDelivered(cluster);
            engine.Enqueue(cluster);
        }
    }

    [LoggerMessage(2020, LogLevel.Debug, "The console answers with revision {Revision} and {Requests} requests")]
    private partial void Polled(long revision, int requests);

    [LoggerMessage(
        2021,
        LogLevel.Information,
        "Desired state is at revision {Revision}: {Clusters} clusters and {Accounts} accounts changed"
    )]
    private partial void TookOver(long revision, int clusters, int accounts);

    [LoggerMessage(2022, LogLevel.Error, "The desired state could not be kept and is not acted on")]
    private partial void NotKept(Exception failure);
}
