using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Store;

/// <summary>Deletes expired rows once an hour. The audit is kept.</summary>
public sealed partial class Housekeeping(
    IServiceScopeFactory scopes,
    ConsoleOptions options,
    IWriteGate gate,
    TimeProvider time,
    ILogger<Housekeeping> log
) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromHours(1);

    // A gateway that is away longer than this after a deletion no longer learns of the deletion.
    private static readonly TimeSpan GatewayGrace = TimeSpan.FromDays(30);

    // For this long an unused code is refused as expired, not as unknown.
    private static readonly TimeSpan CodeGrace = TimeSpan.FromDays(7);

    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Pause, time);
        while (await TickedAsync(timer, cancellationToken))
        {
            try
            {
                await CleanAsync(cancellationToken);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                CleaningFailed(failure);
            }
        }
    }

    // A console whose start failed ends before it is asked to stop, which its host would report as a fault.
    private static async Task<bool> TickedAsync(PeriodicTimer timer, CancellationToken cancellationToken)
    {
        try
        {
            return await timer.WaitForNextTickAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task CleanAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var clustersBefore = now - options.DeletedClusterRetention - GatewayGrace;
        var eventsBefore = now - options.EventRetention;
        var codesBefore = now - CodeGrace;
        await using var scope = scopes.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<Caller>().BecomeSystem();
        var db = scope.ServiceProvider.GetRequiredService<ConsoleDb>();
        await using var transaction = await gate.BeginAsync(db, cancellationToken);
        var gone = db.Clusters.Where(row => row.DeletedAt < clustersBefore).Select(row => row.Uid);
        var rows = await db
            .Events.Where(row => row.At < eventsBefore || gone.Contains(row.ClusterUid))
            .ExecuteDeleteAsync(cancellationToken);
        rows += await db.ClusterProfiles.Where(row => gone.Contains(row.ClusterUid)).ExecuteDeleteAsync(cancellationToken);
        rows += await db
            .ProfileContents.Where(row => !db.ClusterProfiles.Any(profile => profile.ContentUid == row.Uid))
            .ExecuteDeleteAsync(cancellationToken);
        rows += await db.ClusterReports.Where(row => gone.Contains(row.ClusterUid)).ExecuteDeleteAsync(cancellationToken);
        rows += await db.Clusters.Where(row => row.DeletedAt < clustersBefore).ExecuteDeleteAsync(cancellationToken);
        rows += await db.PlannedChanges.Where(row => row.ExpiresAt < now).ExecuteDeleteAsync(cancellationToken);
        rows += await db.Kubeconfigs.Where(row => row.ExpiresAt < now).ExecuteDeleteAsync(cancellationToken);
        rows += await db.UsedTokens.Where(row => row.Until < now).ExecuteDeleteAsync(cancellationToken);
        rows += await db.RevokedSessions.Where(row => row.ExpiresAt < now).ExecuteDeleteAsync(cancellationToken);
        rows += await db
            .PairingCodes.Where(row => row.UsedAt == null && row.ExpiresAt < codesBefore)
            .ExecuteDeleteAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        Cleaned(rows);
    }

    [LoggerMessage(3011, LogLevel.Debug, "{Rows} outdated rows of the store were removed")]
    private partial void Cleaned(int rows);

    [LoggerMessage(3012, LogLevel.Warning, "Cleaning the store failed; it is tried again in an hour")]
    private partial void CleaningFailed(Exception failure);
}
