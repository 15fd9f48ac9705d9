using Gantry.Server.Api;
using Gantry.Server.Gateways;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Store;

public enum AuditAction
{
    Create,
    Update,
    Delete,
    Publish,
    Action,
}

/// <summary>The subject of a change in the audit.</summary>
public sealed record Subject(string Kind, string Uid, string Name, string? ProjectUid = null);

/// <summary>Begins changes: one transaction with its audit, and the gateways to wake after the commit.</summary>
public sealed class Changes(ConsoleDb db, Caller caller, TimeProvider time, IGatewaySignals signals, IWriteGate gate)
{
    public async Task<AuditedWrite> BeginAsync(CancellationToken cancellationToken) =>
        new(db, caller, time, signals, await gate.BeginAsync(db, cancellationToken));
}

/// <summary>A change of the store. It has no effect unless it is committed.</summary>
public sealed class AuditedWrite(
    ConsoleDb db,
    Caller caller,
    TimeProvider time,
    IGatewaySignals signals,
    WriteTransaction transaction
) : IAsyncDisposable
{
    private readonly HashSet<string> _wake = [];

    /// <summary>
    /// The next revision of a gateway's desired state. Updating the gateway's row first makes writers to one gateway
    /// queue up, so revisions become visible in their order and a reader of "all after N" misses none.
    /// </summary>
    public async Task<long> NextRevisionAsync(string gatewayUid, CancellationToken cancellationToken)
    {
        await db
            .Gateways.Where(row => row.Uid == gatewayUid)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.Revision, row => row.Revision + 1), cancellationToken);
        _wake.Add(gatewayUid);
        return await db.Gateways.Where(row => row.Uid == gatewayUid).Select(row => row.Revision).SingleAsync(cancellationToken);
    }

    /// <param name="before">A view without secrets; null for something new.</param>
    /// <param name="after">A view without secrets; null for something that is gone.</param>
    /// <param name="generation">Generation of the desired state that the change made; null when it made none.</param>
    /// <param name="request">The request, as a sentence.</param>
    public void Record(
        AuditAction action,
        Subject subject,
        object? before = null,
        object? after = null,
        long? generation = null,
        string? request = null
    ) =>
        db.Audits.Add(
            new AuditRow
            {
                Uid = Uids.New(),
                At = time.GetUtcNow(),
                ActorType = caller.ActorType,
                ActorUid = caller.Uid,
                ActorName = caller.Name,
                RemoteAddress = caller.RemoteAddress,
                ProjectUid = subject.ProjectUid,
                Action = action.ToString().ToLowerInvariant(),
                ResourceKind = subject.Kind,
                ResourceUid = subject.Uid,
                ResourceName = subject.Name,
                Generation = generation,
                Request = request,
                BeforeJson = before is null ? null : StoreJson.Write(before),
                AfterJson = after is null ? null : StoreJson.Write(after),
            }
        );

    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        foreach (var gateway in _wake)
        {
            signals.Wake(gateway);
        }
    }

    public ValueTask DisposeAsync() => transaction.DisposeAsync();
}
