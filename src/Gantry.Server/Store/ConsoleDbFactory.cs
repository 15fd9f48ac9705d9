using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace Gantry.Server.Store;

/// <summary>Where the store lies; also what the migration tool asks for a context.</summary>
public sealed class ConsoleDbFactory : IDesignTimeDbContextFactory<ConsoleDb>
{
    public static void Configure(DbContextOptionsBuilder builder, string file) =>
        builder.UseSqlite($"Data Source={file};Foreign Keys=True;Pooling=True");

    public ConsoleDb CreateDbContext(string[] args)
    {
        var builder = new DbContextOptionsBuilder<ConsoleDb>();
        Configure(builder, "design-time.db");
        return new ConsoleDb(builder.Options, Caller.System());
    }
}
