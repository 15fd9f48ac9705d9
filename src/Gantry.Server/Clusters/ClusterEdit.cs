using Gantry.Server.Api;

namespace Gantry.Server.Clusters;

/// <summary>
/// An edit of the client's input before it is validated as a whole. It also records the place of each pool in the request,
/// so that an error names the client's own field.
/// </summary>
public sealed class ClusterEdit(ClusterInput wire)
{
    private readonly Dictionary<string, string> _poolFields = [];

    // The settings of these pools are one object in the request.
    private readonly HashSet<string> _patched = [];

    public ClusterInput Wire { get; private set; } = wire;

    /// <summary>The cluster config with the fields of Gantry's own that a cloud config may carry for it.</summary>
    public static ClusterConfig? WithOwnFields(ClusterConfig? config, MaasClusterConfig? given) =>
        given is null or { UpdateWorkerPoolsInParallel: null, NodeDrainTimeout: null }
            ? config
            : (config ?? new ClusterConfig()) with
            {
                UpdateWorkerPoolsInParallel = given.UpdateWorkerPoolsInParallel ?? config?.UpdateWorkerPoolsInParallel,
                NodeDrainTimeout = given.NodeDrainTimeout ?? config?.NodeDrainTimeout,
            };

    /// <param name="field">The pool's place in the request, with a trailing dot; empty when the pool is the request.</param>
    public ClusterEdit Pools(string op, string name, PoolEntity? entity, string field)
    {
        _poolFields[name] = field;
        Wire = op switch
        {
            "create" => PoolEditing.Added(Wire, entity ?? new PoolEntity(), field),
            "update" => PoolEditing.Updated(Wire, name, entity ?? new PoolEntity(), field),
            "delete" => PoolEditing.Removed(Wire, name),
            _ => throw new ArgumentOutOfRangeException(nameof(op), op, "The caller has checked it."),
        };
        return this;
    }

    /// <param name="field">The patch's place in the request, with a trailing dot; empty when the patch is the request.</param>
    public ClusterEdit Patch(string name, MachinePoolPatch patch, string field)
    {
        _poolFields[name] = field;
        _patched.Add(name);
        Wire = PoolEditing.Patched(Wire, name, patch, field);
        return this;
    }

    public ClusterEdit With(Func<ClusterInput, ClusterInput> change)
    {
        Wire = change(Wire);
        return this;
    }

    /// <summary>Reads the pools of a <see cref="ClusterChange"/>.</summary>
    /// <exception cref="ApiException">4xx</exception>
    public ClusterEdit All(IReadOnlyList<PoolChange> changes)
    {
        for (var index = 0; index < changes.Count; index++)
        {
            var field = $"machinePools[{index}]";
            var change = changes[index];
            if (Vocabulary.Of(typeof(PoolOperations)) is var operations && !operations.Contains(change.Op ?? ""))
            {
                throw ApiError.Invalid($"{field}.op", Wording.NoneOf(change.Op ?? "", operations));
            }

            if ((change.Name ?? change.Pool?.PoolConfig?.Name) is not { Length: > 0 } name)
            {
                throw ApiError.Invalid(
                    change.Op is PoolOperations.Patch ? $"{field}.name" : $"{field}.pool.poolConfig.name",
                    "is missing; write the name of the pool"
                );
            }

            if (change.Op is PoolOperations.Patch)
            {
                Patch(name, change.Patch ?? new MachinePoolPatch(default), $"{field}.patch.");
            }
            else
            {
                Pools(change.Op!, name, change.Pool, $"{field}.pool.");
            }
        }

        return this;
    }

    /// <summary>A problem of the whole, assigned to the part of the request that caused it.</summary>
    public FieldError Placed(FieldError problem)
    {
        const string pools = "spec.machinepoolconfig[";
        var field = problem.Field;
        if (
            field.StartsWith(pools, StringComparison.Ordinal)
            && field.IndexOf("].", StringComparison.Ordinal) is var end and > 0
            && int.TryParse(field.AsSpan(pools.Length, end - pools.Length), out var index)
            && Wire.MachinePoolConfig?.ElementAtOrDefault(index)?.PoolConfig?.Name is { } name
            && _poolFields.TryGetValue(name, out var place)
        )
        {
            var setting = field[(end + 2)..];
            return problem with { Field = place + (_patched.Contains(name) ? setting[(setting.IndexOf('.') + 1)..] : setting) };
        }

        return field switch
        {
            _ when field.StartsWith("spec.profiles", StringComparison.Ordinal) => problem with
            {
                Field = field["spec.".Length..],
            },
            _ when field.StartsWith("spec.cloudConfig.", StringComparison.Ordinal) => problem with
            {
                Field = "clusterConfig." + field["spec.cloudConfig.".Length..],
            },
            _ when field.StartsWith("spec.clusterConfig.", StringComparison.Ordinal) => problem with
            {
                Field = field["spec.".Length..],
            },
            _ => problem,
        };
    }
}
