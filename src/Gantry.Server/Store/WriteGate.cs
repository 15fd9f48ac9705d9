using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Gantry.Server.Store;

/// <summary>
/// Begins write transactions. One is open at a time, so a condition that a writer checks (is the name free?) holds until it
/// commits.
/// </summary>
public interface IWriteGate
{
    Task<WriteTransaction> BeginAsync(ConsoleDb db, CancellationToken cancellationToken);
}

/// <summary>A transaction without effect unless it is committed.</summary>
public sealed class WriteTransaction(IDbContextTransaction transaction, Action leave) : IAsyncDisposable
{
    public Task CommitAsync(CancellationToken cancellationToken) => transaction.CommitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        try
        {
            await transaction.DisposeAsync();
        }
        finally
        {
            leave();
        }
    }
}

/// <summary>
/// SQLite has one writer at a time, and its driver waits for a busy database by sleeping on the thread. Writers of this
/// process queue here instead, first come first served.
/// </summary>
public sealed class ProcessWriteGate : IWriteGate, IDisposable
{
    private readonly SemaphoreSlim _one = new(1, 1);

    public async Task<WriteTransaction> BeginAsync(ConsoleDb db, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            return new WriteTransaction(await db.Database.BeginTransactionAsync(cancellationToken), () => _one.Release());
        }
        catch
        {
            _one.Release();
            throw;
        }
    }

    public void Dispose() => _one.Dispose();
}

/// <summary>
/// Writers of all consoles queue at a lock of the database, which PostgreSQL releases at the end of the transaction.
/// </summary>
public sealed class PostgresWriteGate : IWriteGate
{
    // A lock number of this console alone: "gantry" in ASCII.
    private const long Lock = 0x67616e747279;

    public async Task<WriteTransaction> BeginAsync(ConsoleDb db, CancellationToken cancellationToken)
    {
        var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        try
        {
            await db.Database.ExecuteSqlAsync($"select pg_advisory_xact_lock({Lock})", cancellationToken);
            return new WriteTransaction(transaction, () => { });
        }
        catch
        {
            await transaction.DisposeAsync();
            throw;
        }
    }
}
