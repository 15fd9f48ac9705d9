using System.Collections.Concurrent;
using System.Text.Json;
using Gantry.Clusters.Explaining;
using Gantry.Protocol;
using Gantry.Server.Api;
using Gantry.Server.Store;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Gateways;

/// <summary>Gives work to one instance of each gateway. A copied data folder has the same keys as the original.</summary>
public sealed class GatewayInstances(IWriteGate gate, IGatewaySignals signals, TimeProvider time)
{
    // Between two polls of an instance that lives lies less than this.
    private static readonly TimeSpan BetweenPolls = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, OpenPoll> _polls = new(StringComparer.Ordinal);

    public static InstanceLease? LeaseOf(GatewayRow gateway) =>
        gateway.InstanceJson is { } json ? JsonSerializer.Deserialize<InstanceLease>(json, ProtocolJson.Options) : null;

    /// <summary>The instance begins a poll; dispose the result when the poll ends.</summary>
    /// <param name="instance"><c>null</c> from a gateway of a version without instances, which is not told apart.</param>
    /// <exception cref="ApiException">409: another instance works.</exception>
    public async Task<IDisposable?> BeginAsync(
        ConsoleDb db,
        GatewayRow gateway,
        GatewayInstance? instance,
        CancellationToken cancellationToken
    )
    {
        if (instance is null)
        {
            return null;
        }

        var held = LeaseOf(gateway);
        var now = time.GetUtcNow();
        var isAlive =
            held is not null && _polls.TryGetValue(held.Id, out var poll) && (poll.Open > 0 || now - poll.EndedAt < BetweenPolls);
        var lease = InstanceLease.Judge(held, instance, isAlive, now);
        if (IsNews(held, lease))
        {
            await StoreAsync(db, gateway.Uid, lease, cancellationToken);
        }

        if (lease.Id != instance.Id)
        {
            throw new ApiException(StatusCodes.Status409Conflict, InstanceLease.RefusedCode, lease.Refusal(gateway.Name));
        }

        var own = _polls.GetOrAdd(instance.Id, _ => new OpenPoll());
        own.Begin();
        return new PollEnd(() => own.End(time.GetUtcNow(), cancellationToken.IsCancellationRequested));
    }

    /// <exception cref="ApiException">409: another instance works now.</exception>
    public static void Require(GatewayRow gateway, string? instance)
    {
        if (instance is not null && LeaseOf(gateway) is { } lease && lease.Id != instance)
        {
            throw new ApiException(StatusCodes.Status409Conflict, InstanceLease.RefusedCode, lease.Refusal(gateway.Name));
        }
    }

    /// <summary>That another instance asks for work and is refused; <c>null</c> when none does.</summary>
    public string? FindWarning(GatewayRow gateway) => LeaseOf(gateway)?.Warning(time.GetUtcNow());

    /// <summary>The instance that asks for work and is refused, beside the one that works; <c>null</c> when none does.</summary>
    public OtherInstance? FindOther(GatewayRow gateway) =>
        LeaseOf(gateway) is { Rival: { } rival } lease && lease.Warning(time.GetUtcNow()) is not null
            ? new OtherInstance(lease.Host, rival.Host)
            : null;

    /// <summary>What the working instance is told of another one.</summary>
    public string? WarningOf(GatewayRow gateway, GatewayInstance? instance) => instance is null ? null : FindWarning(gateway);

    // A refused instance asks every few seconds; that it still does is stored now and then.
    private static bool IsNews(InstanceLease? held, InstanceLease lease) =>
        held?.Id != lease.Id
        || held.Copies.Count != lease.Copies.Count
        || held.Rival?.Id != lease.Rival?.Id
        || lease.Rival?.At - held.Rival?.At > InstanceLease.RivalIsGoneAfter / 4;

    private async Task StoreAsync(ConsoleDb db, string uid, InstanceLease lease, CancellationToken cancellationToken)
    {
        await using var transaction = await gate.BeginAsync(db, cancellationToken);
        var json = JsonSerializer.Serialize(lease, ProtocolJson.Options);
        await db
            .Gateways.Where(row => row.Uid == uid)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.InstanceJson, json), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        signals.Wake(uid);
    }

    private sealed class OpenPoll
    {
        private int _open;
        private long _endedTicks;

        public int Open => Volatile.Read(ref _open);

        public DateTimeOffset EndedAt => new(Interlocked.Read(ref _endedTicks), TimeSpan.Zero);

        public void Begin() => Interlocked.Increment(ref _open);

        // A caller who hangs up has ended; one that was answered asks again.
        public void End(DateTimeOffset now, bool hungUp)
        {
            Interlocked.Exchange(ref _endedTicks, hungUp ? 0 : now.UtcTicks);
            Interlocked.Decrement(ref _open);
        }
    }

    private sealed class PollEnd(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
