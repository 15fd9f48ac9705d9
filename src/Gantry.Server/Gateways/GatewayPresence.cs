using System.Collections.Concurrent;
using Gantry.Protocol;
using Gantry.Server.Store;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Gateways;

/// <summary>The time of the last contact with each gateway. An open poll counts as contact.</summary>
public sealed class GatewayPresence(IWriteGate gate, TimeProvider time)
{
    /// <summary>A poll lasts at most 60 s; half of that is added for latency and a retry.</summary>
    public static readonly TimeSpan OfflineAfter = TimeSpan.FromSeconds(90);

    // Another console on the same store sees only stored times: a poll's length and this stay below OfflineAfter.
    private static readonly TimeSpan StoreEvery = TimeSpan.FromSeconds(15);

    private const int LongestProblem = 500;

    private readonly ConcurrentDictionary<string, Observation> _sightings = new();
    private readonly DateTimeOffset _startedAt = time.GetUtcNow();

    /// <param name="report">What the gateway says about itself; <c>null</c> when it says nothing now.</param>
    public async Task SawAsync(ConsoleDb db, GatewayRow gateway, GatewayReport? report, CancellationToken cancellationToken)
    {
        var (version, problem) = report is null
            ? (gateway.Version, gateway.Problem)
            : (report.Version ?? gateway.Version, Shortened(report.Problem));
        var now = time.GetUtcNow();
        var last = _sightings.GetValueOrDefault(gateway.Uid);
        var store = last is null || now - last.StoredAt >= StoreEvery || version != gateway.Version || problem != gateway.Problem;
        _sightings[gateway.Uid] = new Observation(now, store ? now : last!.StoredAt);
        if (!store)
        {
            return;
        }

        await using var transaction = await gate.BeginAsync(db, cancellationToken);
        await db
            .Gateways.Where(row => row.Uid == gateway.Uid)
            .ExecuteUpdateAsync(
                set =>
                    set.SetProperty(row => row.LastSeenAt, now)
                        .SetProperty(row => row.Version, version)
                        .SetProperty(row => row.Problem, problem),
                cancellationToken
            );
        await transaction.CommitAsync(cancellationToken);
    }

    public DateTimeOffset? LastSeen(GatewayRow gateway) =>
        _sightings.TryGetValue(gateway.Uid, out var sighting) && !(gateway.LastSeenAt > sighting.At)
            ? sighting.At
            : gateway.LastSeenAt;

    public bool IsOnline(GatewayRow gateway) =>
        gateway.RevokedAt is null && LastSeen(gateway) is { } seen && time.GetUtcNow() - seen < OfflineAfter;

    /// <summary>Whether the gateway has been silent for long enough. A console that has just started cannot know that yet.</summary>
    public bool IsKnownAway(GatewayRow gateway) =>
        !IsOnline(gateway) && (gateway.RevokedAt is not null || HasPassed(_startedAt) && HasPassed(gateway.PairedAt));

    private bool HasPassed(DateTimeOffset start) => time.GetUtcNow() - start >= OfflineAfter;

    private static string? Shortened(string? problem) =>
        problem is { Length: > LongestProblem } ? problem[..LongestProblem] : problem;

    private sealed record Observation(DateTimeOffset At, DateTimeOffset StoredAt);
}
