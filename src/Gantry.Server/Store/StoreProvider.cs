using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Store;

/// <summary>The database that holds the store. Everything that depends on its kind is chosen here.</summary>
public abstract class StoreProvider
{
    /// <summary>Kind and place, for logs: without credentials.</summary>
    public abstract string Description { get; }

    public abstract void Configure(DbContextOptionsBuilder builder);

    /// <summary>Makes the database ready for migrations.</summary>
    public virtual Task PrepareAsync(ConsoleDb db, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Adds the services whose state all consoles on this database must agree on.</summary>
    public abstract void AddSharedState(IServiceCollection services);

    /// <summary>The store outside of a request.</summary>
    /// <param name="caller">Null sees everything.</param>
    public ConsoleDb Open(Caller? caller = null)
    {
        var builder = new DbContextOptionsBuilder<ConsoleDb>();
        Configure(builder);
        return new ConsoleDb(builder.Options, caller ?? Caller.System());
    }
}
