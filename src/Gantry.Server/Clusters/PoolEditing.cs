using Gantry.Server.Api;

namespace Gantry.Server.Clusters;

/// <summary>Edits of the machine pools in the client's input. Pure; the result is validated as a whole afterwards.</summary>
public static class PoolEditing
{
    /// <exception cref="ApiException">404</exception>
    public static PoolEntity Find(ClusterInput wire, string name) =>
        (wire.MachinePoolConfig ?? []).FirstOrDefault(one => one.PoolConfig?.Name == name)
        ?? throw ApiError.NotFound("machine pool", name);

    /// <param name="field">The pool's place in the request, with a trailing dot.</param>
    /// <exception cref="ApiException">Status 409: a pool with that name exists. Status 400: it would be a second control
    /// plane.</exception>
    public static ClusterInput Added(ClusterInput wire, PoolEntity entity, string field)
    {
        var pool = PoolParser.Complete(entity);
        if (PoolParser.IsControlPlane(pool.PoolConfig))
        {
            throw ApiError.Invalid($"{field}poolConfig.isControlPlane", "true is not possible: the cluster has a control plane");
        }

        var pools = wire.MachinePoolConfig ?? [];
        return pools.Any(one => one.PoolConfig?.Name == pool.PoolConfig?.Name)
            ? throw ApiError.Duplicate("machine pool", ApiError.Shown(pool.PoolConfig?.Name ?? ""))
            : wire with
            {
                MachinePoolConfig = [.. pools, pool],
            };
    }

    /// <param name="field">The pool's place in the request, with a trailing dot.</param>
    /// <exception cref="ApiException">Status 404, or 400 for a change that would make it another pool.</exception>
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
            // An omitted field keeps its value; a pool's role and size are not derived again.
            IsControlPlane = says.IsControlPlane ?? (says.Labels is null ? wasControlPlane : null),
            Size = says.Size ?? before.PoolConfig?.Size,
            NodeDrainTimeout = says.NodeDrainTimeout ?? before.PoolConfig?.NodeDrainTimeout,
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

    /// <param name="field">The patch's place in the request, with a trailing dot; empty when the patch is the request.</param>
    /// <exception cref="ApiException">Status 404, or 400 for a field that cannot be patched.</exception>
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

    /// <exception cref="ApiException">Status 404, or 409 for the control plane.</exception>
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

    // Clients of the public API write the whole pool, but not the fields that only this console knows or that they do not
    // expose: those fields keep their values.
    private static PoolCloudConfig? Merged(PoolCloudConfig? after, PoolCloudConfig? before) =>
        after is null
            ? before
            : after with
            {
                NotTags = after.NotTags ?? before?.NotTags,
                Architecture = after.Architecture ?? before?.Architecture,
                Subnet = after.Subnet ?? before?.Subnet,
                ErasePolicy = after.ErasePolicy ?? before?.ErasePolicy,
                InstanceType = after.InstanceType is { } type
                    ? type with
                    {
                        MinDiskSizeInGB = type.MinDiskSizeInGB ?? before?.InstanceType?.MinDiskSizeInGB,
                    }
                    : before?.InstanceType,
            };
}
