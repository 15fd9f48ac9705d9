using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Console.Api;
using Gantry.Console.Clusters;
using Gantry.Console.Store;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Console.CloudConfigs;

/// <summary>The part of a cluster that is about its cloud: machine pools and machines.</summary>
public static class CloudConfigEndpoints
{
    public static void MapCloudConfigs(this IEndpointRouteBuilder routes)
    {
        var configs = routes.MapGroup("/v1/cloudconfigs").WithTags("Cloud configs");
        configs.MapGet("/maas/{configUid}", GetAsync).WithName("v1CloudConfigsMaasGet");
        configs.MapPut("/maas/{configUid}/clusterConfig", UpdateConfigAsync).WithName("v1CloudConfigsMaasUidClusterConfig");
        configs.MapPost("/maas/{configUid}/machinePools", AddPoolAsync).WithName("v1CloudConfigsMaasMachinePoolCreate");
        configs.MapPut("/maas/{configUid}/machinePools/{machinePoolName}", UpdatePoolAsync).WithName("v1CloudConfigsMaasMachinePoolUpdate");
        configs.MapDelete("/maas/{configUid}/machinePools/{machinePoolName}", DeletePoolAsync).WithName("v1CloudConfigsMaasMachinePoolDelete");
        configs.MapGet("/maas/{configUid}/machinePools/{machinePoolName}/machines", ListMachinesAsync).WithName("v1CloudConfigsMaasPoolMachinesList");
        configs.MapGet("/maas/{configUid}/machinePools/{machinePoolName}/machines/{machineUid}", GetMachineAsync)
            .WithName("v1CloudConfigsMaasPoolMachinesUidGet");
        configs.MapGet("/{configUid}/machinePools/machineUids", MachineUidsAsync).WithName("v1CloudConfigsMachinePoolsMachineUidsGet");
    }

    private static async Task<Ok<CloudConfigView>> GetAsync(
        string configUid, ConsoleDb db, ClusterScope scope, ClusterViews views, CancellationToken cancellationToken)
    {
        var row = await scope.GetByConfigAsync(configUid, cancellationToken);
        var account = await db.Accounts.AsNoTracking().Where(one => one.Uid == row.AccountUid).Select(one => one.Name).SingleAsync(cancellationToken);
        var wire = ApiJson.Read<ClusterWire>(row.WireJson);
        var metadata = views.Metadata(row) with { Uid = row.ConfigUid };
        return TypedResults.Ok(new CloudConfigView(
            "v1",
            "maas",
            metadata,
            new CloudConfigSpec(
                new ObjectReference("cloudaccount", account, row.AccountUid),
                wire.CloudConfig ?? new MaasClusterConfig(),
                [.. (wire.MachinePoolConfig ?? []).Select(Flat)]),
            new CloudConfigStatus([], IsAddonLayer: false)));
    }

    private static async Task<NoContent> UpdateConfigAsync(
        string configUid, ClusterConfigInput body, ClusterScope scope, ClusterWriting writing, Changes changes, CancellationToken cancellationToken)
    {
        await using var write = await changes.BeginAsync(cancellationToken);
        var row = await scope.GetByConfigToChangeAsync(configUid, cancellationToken);
        await writing.ApplyAsync(write, row, wire => wire with { CloudConfig = Changed(wire.CloudConfig ?? new MaasClusterConfig(), body) }, cancellationToken);
        await write.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static MaasClusterConfig Changed(MaasClusterConfig before, ClusterConfigInput body)
    {
        var after = body.ClusterConfig ?? throw ApiError.Invalid("clusterConfig", "is missing");
        var check = new Check();
        check.That(string.IsNullOrEmpty(after.Domain) || after.Domain == before.Domain, "clusterConfig.domain",
            $"cannot change from '{before.Domain}': nodes and kubeconfigs carry the endpoint; make a new cluster");
        check.That(string.IsNullOrEmpty(after.Endpoint) || after.Endpoint == before.Endpoint, "clusterConfig.endpoint",
            "cannot change: nodes and kubeconfigs carry it; make a new cluster");
        check.ThrowIfFailed();
        return after with
        {
            Domain = before.Domain,
            Endpoint = before.Endpoint,
            NtpServers = after.NtpServers ?? before.NtpServers,
            SshKeys = after.SshKeys ?? before.SshKeys,
        };
    }

    private static async Task<Created<UidAnswer>> AddPoolAsync(
        string configUid, PoolEntity body, ClusterScope scope, ClusterWriting writing, Changes changes, CancellationToken cancellationToken)
    {
        var pool = PoolReading.Complete(body);
        await using var write = await changes.BeginAsync(cancellationToken);
        var row = await scope.GetByConfigToChangeAsync(configUid, cancellationToken);
        await writing.ApplyAsync(write, row, wire =>
        {
            var pools = wire.MachinePoolConfig ?? [];
            return pools.Any(one => one.PoolConfig?.Name == pool.PoolConfig?.Name)
                ? throw ApiError.Duplicate("machine pool", pool.PoolConfig?.Name ?? "")
                : wire with { MachinePoolConfig = [.. pools, pool] };
        }, cancellationToken);
        await write.CommitAsync(cancellationToken);
        return TypedResults.Created((string?)null, new UidAnswer(pool.PoolConfig!.Name!));
    }

    private static async Task<NoContent> UpdatePoolAsync(
        string configUid, string machinePoolName, PoolEntity body, ClusterScope scope, ClusterWriting writing, Changes changes,
        CancellationToken cancellationToken)
    {
        var named = body with { PoolConfig = (body.PoolConfig ?? new PoolConfig()) with { Name = body.PoolConfig?.Name ?? machinePoolName } };
        if (named.PoolConfig.Name != machinePoolName)
        {
            throw ApiError.Invalid("poolConfig.name", $"'{ApiError.Shown(named.PoolConfig.Name!)}' differs from the path; a pool cannot be renamed");
        }

        await using var write = await changes.BeginAsync(cancellationToken);
        var row = await scope.GetByConfigToChangeAsync(configUid, cancellationToken);
        await writing.ApplyAsync(write, row, wire =>
        {
            var before = Pool(wire, machinePoolName);
            var wasControlPlane = PoolReading.IsControlPlane(before.PoolConfig);
            var says = named.PoolConfig with
            {
                // Left out means as before; a pool's role and size are not guessed anew.
                IsControlPlane = named.PoolConfig.IsControlPlane ?? (named.PoolConfig.Labels is null ? wasControlPlane : null),
                Size = named.PoolConfig.Size ?? before.PoolConfig?.Size,
            };
            if (PoolReading.IsControlPlane(says) != wasControlPlane)
            {
                throw ApiError.Invalid("poolConfig.isControlPlane", "cannot change; make another pool");
            }

            var pool = PoolReading.Complete(new PoolEntity { CloudConfig = named.CloudConfig ?? before.CloudConfig, PoolConfig = says });
            return wire with { MachinePoolConfig = [.. wire.MachinePoolConfig!.Select(one => ReferenceEquals(one, before) ? pool : one)] };
        }, cancellationToken);
        await write.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> DeletePoolAsync(
        string configUid, string machinePoolName, ClusterScope scope, ClusterWriting writing, Changes changes, CancellationToken cancellationToken)
    {
        await using var write = await changes.BeginAsync(cancellationToken);
        var row = await scope.GetByConfigToChangeAsync(configUid, cancellationToken);
        await writing.ApplyAsync(write, row, wire =>
        {
            var pool = Pool(wire, machinePoolName);
            return PoolReading.IsControlPlane(pool.PoolConfig)
                ? throw ApiError.Conflict($"'{machinePoolName}' is the control plane; delete the cluster instead.")
                : wire with { MachinePoolConfig = [.. wire.MachinePoolConfig!.Where(one => !ReferenceEquals(one, pool))] };
        }, cancellationToken);
        await write.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Ok<ItemList<MachineView>>> ListMachinesAsync(
        string configUid, string machinePoolName, [AsParameters] ListQuery query, ClusterScope scope, CancellationToken cancellationToken) =>
        TypedResults.Ok(Lists.Page(
            await MachinesAsync(configUid, machinePoolName, scope, cancellationToken), query, view => view.Metadata.Uid!));

    private static async Task<Ok<MachineView>> GetMachineAsync(
        string configUid, string machinePoolName, string machineUid, ClusterScope scope, CancellationToken cancellationToken) =>
        TypedResults.Ok((await MachinesAsync(configUid, machinePoolName, scope, cancellationToken))
            .FirstOrDefault(view => view.Metadata.Uid == machineUid) ?? throw ApiError.NotFound("machine", machineUid));

    private static async Task<Ok<MachinePoolsMachineUids>> MachineUidsAsync(string configUid, ClusterScope scope, CancellationToken cancellationToken)
    {
        var row = await scope.GetByConfigAsync(configUid, cancellationToken);
        var machines = ClusterViews.Status(row)?.Machines ?? [];
        var pools = ApiJson.Read<ClusterWire>(row.WireJson).MachinePoolConfig ?? [];
        return TypedResults.Ok(new MachinePoolsMachineUids(pools.Select(pool => pool.PoolConfig!.Name!).ToDictionary(
            name => name,
            name => new MachineUids([.. machines.Where(machine => machine.Pool == name).Select(machine => machine.SystemId.Value)]))));
    }

    private static async Task<IReadOnlyList<MachineView>> MachinesAsync(
        string configUid, string pool, ClusterScope scope, CancellationToken cancellationToken)
    {
        var row = await scope.GetByConfigAsync(configUid, cancellationToken);
        Pool(ApiJson.Read<ClusterWire>(row.WireJson), pool);
        return ClusterViews.Status(row) is { } status
            ? [.. status.Machines.Where(machine => machine.Pool == pool).Select(machine => MachineViews.Machine(machine, status.ReportedAt))]
            : [];
    }

    private static PoolEntity Pool(ClusterWire wire, string name) =>
        (wire.MachinePoolConfig ?? []).FirstOrDefault(one => one.PoolConfig?.Name == name) ?? throw ApiError.NotFound("machine pool", name);

    // What goes in as poolConfig and cloudConfig comes out as one object.
    private static JsonObject Flat(PoolEntity pool)
    {
        var flat = JsonSerializer.SerializeToNode(pool.PoolConfig, ApiJson.Options)!.AsObject();
        foreach (var (name, value) in JsonSerializer.SerializeToNode(pool.CloudConfig, ApiJson.Options)!.AsObject())
        {
            flat[name] = value?.DeepClone();
        }

        return flat;
    }
}
