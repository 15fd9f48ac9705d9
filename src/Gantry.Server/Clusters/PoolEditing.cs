using Gantry.Server.Api;

namespace Gantry.Server.Clusters;

/// <summary>
/// Edits of the machine pools of a cluster, on what its clients wrote. Pure; whether the whole holds is checked afterwards.
/// </summary>
public static class PoolEditing
{
    /// <exception cref="ApiException">404</exception>
    public static PoolEntity Find(ClusterInput wire, string name) =>
        (wire.MachinePoolConfig ?? []).FirstOrDefault(one => one.PoolConfig?.Name == name)
        ?? throw ApiError.NotFound("machine pool", name);

    /// <exception cref="ApiException">409: there is one of that name.</exception>
    public static ClusterInput Added(ClusterInput wire, PoolEntity entity)
    {
        var pool = PoolParser.Complete(entity);
        var pools = wire.MachinePoolConfig ?? [];
        return pools.Any(one => one.PoolConfig?.Name == pool.PoolConfig?.Name)
            ? throw ApiError.Duplicate("machine pool", ApiError.Shown(pool.PoolConfig?.Name ?? ""))
            : wire with
            {
                MachinePoolConfig = [.. pools, pool],
            };
    }

    /// <param name="field">Where the pool stands in the request, with a dot at its end.</param>
    /// <exception cref="ApiException">404, or 400 for what makes another pool of it.</exception>
    public static ClusterInput Updated(ClusterInput wire, string name, PoolEntity entity, string field)
    {
        var before = Find(wire, name);
        var says = (entity.PoolConfig ?? new PoolConfig()) with { Name = entity.PoolConfig?.Name ?? name };
        if (says.Name != name)
        {
            throw ApiError.Invalid(
                $"{field}poolConfig.name",
                $"'{ApiError.Shown(says.Name!)}' differs from '{name}'; a pool cannot be renamed: make another and delete "
                    + "this one"
            );
        }

        var wasControlPlane = PoolParser.IsControlPlane(before.PoolConfig);
        says = says with
        {
            // Left out means as before; a pool's role and size are not guessed anew.
            IsControlPlane = says.IsControlPlane ?? (says.Labels is null ? wasControlPlane : null),
            Size = says.Size ?? before.PoolConfig?.Size,
        };
        if (PoolParser.IsControlPlane(says) != wasControlPlane)
        {
            throw ApiError.Invalid($"{field}poolConfig.isControlPlane", "cannot change; make another pool");
        }

        var pool = PoolParser.Complete(
            new PoolEntity { CloudConfig = Merged(entity.CloudConfig, before.CloudConfig), PoolConfig = says }
        );
        return wire with
        {
            MachinePoolConfig = [.. wire.MachinePoolConfig!.Select(one => ReferenceEquals(one, before) ? pool : one)],
        };
    }

    /// <param name="field">Where the patch stands in the request, with a dot at its end; empty when it is the request.</param>
    /// <exception cref="ApiException">404, or 400 for what cannot be patched.</exception>
    public static ClusterInput Patched(ClusterInput wire, string name, MachinePoolPatch patch, string field)
    {
        var before = Find(wire, name);
        var pool = PoolParser.Complete(PoolPatch.Apply(before, patch.Changes, field));
        if (pool.PoolConfig?.Name != name)
        {
            throw ApiError.Invalid($"{field}name", "cannot change: make another pool and delete this one");
        }

        return PoolParser.IsControlPlane(pool.PoolConfig) == PoolParser.IsControlPlane(before.PoolConfig)
            ? wire with
            {
                MachinePoolConfig = [.. wire.MachinePoolConfig!.Select(one => ReferenceEquals(one, before) ? pool : one)],
            }
            : throw ApiError.Invalid($"{field}isControlPlane", "cannot change; make another pool");
    }

    /// <exception cref="ApiException">404, or 409 for the control plane.</exception>
    public static ClusterInput Removed(ClusterInput wire, string name)
    {
        var pool = Find(wire, name);
        return PoolParser.IsControlPlane(pool.PoolConfig)
            ? throw ApiError.Conflict($"'{name}' is the control plane; delete the cluster instead.")
            : wire with
            {
                MachinePoolConfig = [.. wire.MachinePoolConfig!.Where(one => !ReferenceEquals(one, pool))],
            };
    }

    // Clients of the public API write the whole, but cannot write what only this console knows, or what they do not expose:
    // for those fields, too, left out means as before.
    private static PoolCloudConfig? Merged(PoolCloudConfig? after, PoolCloudConfig? before) =>
        after is null
            ? before
            : after with
            {
                NotTags = after.NotTags ?? before?.NotTags,
                Architecture = after.Architecture ?? before?.Architecture,
                ErasePolicy = after.ErasePolicy ?? before?.ErasePolicy,
                InstanceType = after.InstanceType is { } type
                    ? type with
                    {
                        MinDiskSizeInGB = type.MinDiskSizeInGB ?? before?.InstanceType?.MinDiskSizeInGB,
                    }
                    : before?.InstanceType,
            };
}
