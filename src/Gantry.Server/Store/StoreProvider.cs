using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Store;

/// <summary>The database of the store. Every choice that depends on its kind is made here.</summary>
public abstract class StoreProvider
{
    /// <summary>Kind and location, for logs, without credentials.</summary>
    public abstract string Description { get; }

    public abstract void Configure(DbContextOptionsBuilder builder);

    /// <summary>Prepares the database for migrations.</summary>
    public virtual Task PrepareAsync(ConsoleDb db, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Adds the services whose state all consoles on this database share.</summary>
    public abstract void AddSharedState(IServiceCollection services);

    /// <summary>The store outside of a request.</summary>
    /// <param name="caller">Null sees all rows.</param>
    public ConsoleDb Open(Caller? caller = null)
    {
        var builder = new DbContextOptionsBuilder<ConsoleDb>();
        Configure(builder);
        return new ConsoleDb(builder.Options, caller ?? Caller.System());
    }
}
