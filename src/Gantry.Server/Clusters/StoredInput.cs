using Gantry.Server.Store;

namespace Gantry.Server.Clusters;

/// <summary>
/// The clients' input of a stored cluster. Older consoles took settings that they did nothing with and that are refused today: they
/// are neither shown nor in the way of the next change.
/// </summary>
internal static class StoredInput
{
    public static ClusterInput Of(ClusterRow row)
    {
        var wire = StoreJson.Read<ClusterInput>(row.WireJson);
        return wire with
        {
            ClusterConfig = wire.ClusterConfig is { } config
                ? config with
                {
                    ControlPlaneHealthCheckTimeout = null,
                    HostClusterConfig = null,
                    LifecycleConfig = null,
                }
                : null,
            MachinePoolConfig =
            [
                .. (wire.MachinePoolConfig ?? []).Select(pool =>
                    pool with
                    {
                        PoolConfig = pool.PoolConfig is { } config ? config with { AdditionalTags = null } : null,
                    }
                ),
            ],
        };
    }
}
