using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Server.Api;
using Gantry.Server.Clusters;
using Gantry.Server.Store;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.CloudConfigs;

/// <summary>The cloud config of a cluster: machine pools and machines.</summary>
public static class CloudConfigEndpoints
{
    public static void MapCloudConfigs(this IEndpointRouteBuilder routes)
    {
        routes.Map(Operations.CloudConfigs.Get, GetAsync);
        routes.Map(Operations.CloudConfigs.Update, UpdateConfigAsync);
        routes.Map(Operations.CloudConfigs.AddPool, AddPoolAsync);
        routes.Map(Operations.CloudConfigs.UpdatePool, UpdatePoolAsync);
        routes.Map(Operations.CloudConfigs.DeletePool, DeletePoolAsync);
        routes.Map(Operations.CloudConfigs.ListMachines, ListMachinesAsync);
        routes.Map(Operations.CloudConfigs.GetMachine, GetMachineAsync);
        routes.Map(Operations.CloudConfigs.ListMachineUids, MachineUidsAsync);
    }

    private static async Task<Ok<CloudConfigView>> GetAsync(
        string configUid,
        ConsoleDb db,
        ClusterScope scope,
        ClusterViews views,
        CancellationToken cancellationToken
    )
    {
        var row = await scope.GetByConfigAsync(configUid, cancellationToken);
        var account = await db
            .Accounts.AsNoTracking()
            .Where(one => one.Uid == row.AccountUid)
            .Select(one => one.Name)
            .SingleAsync(cancellationToken);
        var wire = StoredInput.Of(row);
        var metadata = views.Metadata(row) with { Uid = row.ConfigUid };
        return TypedResults.Ok(
            new CloudConfigView(
                "v1",
                "maas",
                metadata,
                new CloudConfigSpec(
                    new ObjectReference("cloudaccount", account, row.AccountUid),
                    (wire.CloudConfig ?? new MaasClusterConfig()) with
                    {
                        UpdateWorkerPoolsInParallel = wire.ClusterConfig?.UpdateWorkerPoolsInParallel ?? false,
                        NodeDrainTimeout = wire.ClusterConfig?.NodeDrainTimeout,
                    },
                    [.. (wire.MachinePoolConfig ?? []).Select(Flat)]
                ),
                new CloudConfigStatus([], IsAddonLayer: false)
            )
        );
    }

    private static async Task<NoContent> UpdateConfigAsync(
        string configUid,
        ClusterConfigInput body,
        RequestQuery query,
        ClusterScope scope,
        ClusterStore store,
        Changes changes,
        CancellationToken cancellationToken
    )
    {
        await using var write = await changes.BeginAsync(cancellationToken);
        var row = await scope.GetByConfigToChangeAsync(configUid, query.Value(QueryParameters.Generation), cancellationToken);
        await store.ApplyAsync(write, row, Edit(row).With(wire => Changed(wire, body)), cancellationToken);
        await write.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static ClusterInput Changed(ClusterInput wire, ClusterConfigInput body)
    {
        var before = wire.CloudConfig ?? new MaasClusterConfig();
        var after = body.ClusterConfig ?? throw ApiError.Invalid("clusterConfig", "is missing");
        var check = new Check();
        check.That(
            string.IsNullOrEmpty(after.Domain) || after.Domain == before.Domain,
            "clusterConfig.domain",
            $"cannot change from '{before.Domain}': nodes and kubeconfigs carry the endpoint; make a new cluster"
        );
        check.That(
            string.IsNullOrEmpty(after.Endpoint) || after.Endpoint == before.Endpoint,
            "clusterConfig.endpoint",
            "cannot change: nodes and kubeconfigs carry it; make a new cluster"
        );
        check.ThrowIfFailed();

        // Every client of Palette writes the domain and with it the whole config: a list that is not there is empty. Without a
        // domain, the request holds only what changes.
        var isWhole = after.Domain is not null;
        return wire with
        {
            CloudConfig = after with
            {
                Domain = before.Domain,
                Endpoint = before.Endpoint,
                NtpServers = after.NtpServers ?? (isWhole ? [] : before.NtpServers),
                SshKeys = after.SshKeys ?? (isWhole ? [] : before.SshKeys),
                UpdateWorkerPoolsInParallel = null,
                NodeDrainTimeout = null,
            },
            ClusterConfig = ClusterEdit.WithOwnFields(wire.ClusterConfig, after),
        };
    }

    private static async Task<Created<UidAnswer>> AddPoolAsync(
        string configUid,
        PoolEntity body,
        RequestQuery query,
        ClusterScope scope,
        ClusterStore store,
        Changes changes,
        CancellationToken cancellationToken
    )
    {
        await EditAsync(configUid, "create", body.PoolConfig?.Name ?? "", body, query, scope, store, changes, cancellationToken);
        return TypedResults.Created((string?)null, new UidAnswer(body.PoolConfig!.Name!));
    }

    private static async Task<NoContent> UpdatePoolAsync(
        string configUid,
        string machinePoolName,
        PoolEntity body,
        RequestQuery query,
        ClusterScope scope,
        ClusterStore store,
        Changes changes,
        CancellationToken cancellationToken
    )
    {
        await EditAsync(configUid, "update", machinePoolName, body, query, scope, store, changes, cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> DeletePoolAsync(
        string configUid,
        string machinePoolName,
        RequestQuery query,
        ClusterScope scope,
        ClusterStore store,
        Changes changes,
        CancellationToken cancellationToken
    )
    {
        await EditAsync(configUid, "delete", machinePoolName, pool: null, query, scope, store, changes, cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task EditAsync(
        string configUid,
        string op,
        string name,
        PoolEntity? pool,
        RequestQuery query,
        ClusterScope scope,
        ClusterStore store,
        Changes changes,
        CancellationToken cancellationToken
    )
    {
        await using var write = await changes.BeginAsync(cancellationToken);
        var row = await scope.GetByConfigToChangeAsync(configUid, query.Value(QueryParameters.Generation), cancellationToken);
        await store.ApplyAsync(write, row, Edit(row).Pools(op, name, pool, field: ""), cancellationToken);
        await write.CommitAsync(cancellationToken);
    }

    private static ClusterEdit Edit(ClusterRow row) => new(StoredInput.Of(row));

    private static async Task<Ok<ItemList<MachineView>>> ListMachinesAsync(
        string configUid,
        string machinePoolName,
        ListQuery query,
        ClusterScope scope,
        CancellationToken cancellationToken
    ) =>
        TypedResults.Ok(
            Paging.Page(
                await MachinesAsync(configUid, machinePoolName, scope, cancellationToken),
                query,
                view => view.Metadata.Uid!
            )
        );

    private static async Task<Ok<MachineView>> GetMachineAsync(
        string configUid,
        string machinePoolName,
        string machineUid,
        ClusterScope scope,
        CancellationToken cancellationToken
    ) =>
        TypedResults.Ok(
            (await MachinesAsync(configUid, machinePoolName, scope, cancellationToken)).FirstOrDefault(view =>
                view.Metadata.Uid == machineUid
            ) ?? throw ApiError.NotFound("machine", machineUid)
        );

    private static async Task<Ok<MachinePoolsMachineUids>> MachineUidsAsync(
        string configUid,
        ClusterScope scope,
        CancellationToken cancellationToken
    )
    {
        var row = await scope.GetByConfigAsync(configUid, cancellationToken);
        var machines = ClusterViews.Status(row)?.Machines ?? [];
        var pools = StoredInput.Of(row).MachinePoolConfig ?? [];
        return TypedResults.Ok(
            new MachinePoolsMachineUids(
                pools
                    .Select(pool => pool.PoolConfig!.Name!)
                    .ToDictionary(
                        name => name,
                        name => new MachineUids([
                            .. machines.Where(machine => machine.Pool.Value == name).Select(machine => machine.SystemId.Value),
                        ])
                    )
            )
        );
    }

    private static async Task<IReadOnlyList<MachineView>> MachinesAsync(
        string configUid,
        string pool,
        ClusterScope scope,
        CancellationToken cancellationToken
    )
    {
        var row = await scope.GetByConfigAsync(configUid, cancellationToken);
        PoolEditing.Find(StoredInput.Of(row), pool);
        return ClusterViews.Status(row) is { } status
            ?
            [
                .. status
                    .Machines.Where(machine => machine.Pool.Value == pool)
                    .Select(machine => MachineViews.Machine(machine, status.ReportedAt)),
            ]
            : [];
    }

    // Requests have poolConfig and cloudConfig; responses merge them into one object.
    private static MachinePoolView Flat(PoolEntity stored)
    {
        // An older console stored texts that are not among the permitted values.
        var pool = PoolParser.Complete(stored);
        var flat = JsonSerializer.SerializeToNode(pool.PoolConfig, ApiJson.Options)!.AsObject();
        foreach (var (name, value) in JsonSerializer.SerializeToNode(pool.CloudConfig, ApiJson.Options)!.AsObject())
        {
            flat[name] = value?.DeepClone();
        }

        return flat.Deserialize<MachinePoolView>(ApiJson.Options)!;
    }
}
