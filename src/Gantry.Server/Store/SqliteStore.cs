using Gantry.Protocol;
using Gantry.Server.Gateways;
using Gantry.Server.Security;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace Gantry.Server.Store;

/// <summary>A store in one file, for one console process: state that its requests share is in process memory.</summary>
public sealed class SqliteStore(string file) : StoreProvider
{
    private const string FileName = "console.db";

    /// <summary>The store of a data folder. The file is created when absent, readable by its owner only.</summary>
    public static SqliteStore In(string dataFolder)
    {
        var file = Path.Combine(dataFolder, FileName);
        SecretFiles.EnsureFile(file);
        return new SqliteStore(file);
    }

    public override string Description => $"SQLite {file}";

    public override void Configure(DbContextOptionsBuilder builder) =>
        builder.UseSqlite($"Data Source={file};Foreign Keys=True;Pooling=True");

    // With WAL, which the file keeps, readers and the writer do not block each other. A console that was killed while it migrated leaves the
    // lock of Entity Framework in the file, and the next one would wait for it for ever. One process has the file, so a lock that it finds at
    // its start is nobody's.
    public override Task PrepareAsync(ConsoleDb db, CancellationToken cancellationToken) =>
        db.Database.ExecuteSqlRawAsync(
            "PRAGMA journal_mode = WAL; DROP TABLE IF EXISTS \"__EFMigrationsLock\"",
            cancellationToken
        );

    public override void AddSharedState(IServiceCollection services) =>
        services
            .AddSingleton<IWriteGate, ProcessWriteGate>()
            .AddSingleton<IGatewaySignals, ProcessSignals>()
            .AddSingleton<IRequestBoard, ProcessRequestBoard>()
            .AddScoped<IUsedTokens, QueuedUsedTokens>();
}

/// <summary>The context factory of the migration tool.</summary>
public sealed class DesignTimeStore : IDesignTimeDbContextFactory<ConsoleDb>
{
    public ConsoleDb CreateDbContext(string[] args) => new SqliteStore("design-time.db").Open();
}
