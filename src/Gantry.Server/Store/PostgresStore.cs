using Gantry.Protocol;
using Gantry.Server.Gateways;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Gantry.Server.Store;

/// <summary>
/// A store that several consoles can share. Signals and pending requests are still in process memory, so a gateway and the
/// requests for it must reach the same console.
/// </summary>
public sealed class PostgresStore(string connectionString) : StoreProvider
{
    public override string Description
    {
        get
        {
            var parts = new NpgsqlConnectionStringBuilder(connectionString);
            return $"PostgreSQL {parts.Host}/{parts.Database}";
        }
    }

    public override void Configure(DbContextOptionsBuilder builder) => builder.UseNpgsql(connectionString);

    public override void AddSharedState(IServiceCollection services) =>
        services
            .AddSingleton<IWriteGate, PostgresWriteGate>()
            .AddSingleton<IGatewaySignals, ProcessSignals>()
            .AddSingleton<IRequestBoard, ProcessRequestBoard>()
            .AddScoped<IUsedTokens, StoredUsedTokens>();
}
