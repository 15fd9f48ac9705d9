using Gantry.Clusters.Model;
using Gantry.Protocol;
using Gantry.Server.Api;
using Gantry.Server.CloudAccounts;
using Gantry.Server.Gateways;
using Gantry.Server.Projects;
using Gantry.Server.Store;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Clusters;

/// <summary>Automatic repair settings, and repair on request.</summary>
public static class RepairEndpoints
{
    public static void MapRepair(this IEndpointRouteBuilder routes)
    {
        routes.Map(Operations.Clusters.ReplaceMachine, ReplaceAsync);
        routes.Map(Operations.Clusters.AbandonMachine, AbandonAsync);
        routes.Map(Operations.Clusters.SetAutoRepair, SetAsync);
        routes.Map(Operations.Projects.GetAutoRepair, GetOfProjectAsync);
        routes.Map(Operations.Projects.SetAutoRepair, SetOfProjectAsync);
    }

    private static async Task<NoContent> ReplaceAsync(
        string uid,
        string systemId,
        RequestQuery query,
        ClusterScope scope,
        ClusterStore store,
        QuarantineRequests quarantine,
        Changes changes,
        CancellationToken cancellationToken
    )
    {
        var machine = new SystemId(systemId);
        if (query.IsSet(QueryParameters.Quarantine))
        {
            // Before the change, which frees the machine for others; and outside of its transaction, because the gateway answers.
            var seen = await scope.GetToChangeAsync(uid, query.Value(QueryParameters.Generation), cancellationToken);
            RequireMember(seen, machine);
            await quarantine.AddReplacedAsync(seen, [systemId], cancellationToken);
        }

        await using var write = await changes.BeginAsync(cancellationToken);
        var row = await scope.GetToChangeAsync(uid, query.Value(QueryParameters.Generation), cancellationToken);
        RequireMember(row, machine);
        await store.ApplySpecAsync(write, row, spec => ClusterDrafts.Replacing(row, spec, [machine]), cancellationToken);
        await write.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static void RequireMember(ClusterRow row, SystemId machine)
    {
        if (ClusterViews.Status(row)?.Machines.Any(one => one.SystemId == machine) is not true)
        {
            throw ApiError.NotFound($"machine in cluster '{row.Name}' with the system id", machine.Value);
        }
    }

    // The gateway answers when its ledger has forgotten the machine: what is acknowledged is done.
    private static async Task<NoContent> AbandonAsync(
        string uid,
        string systemId,
        ConsoleDb db,
        ClusterScope scope,
        PendingRequests requests,
        Changes changes,
        CancellationToken cancellationToken
    )
    {
        var row = await scope.GetAsync(uid, cancellationToken);
        var machine = ClusterViews.Status(row)?.Machines.FirstOrDefault(one => one.SystemId.Value == systemId);
        if (machine is null)
        {
            throw ApiError.NotFound($"machine in cluster '{row.Name}' with the system id", systemId);
        }

        await requests.SendAsync<bool>(
            await db.GetGatewayAsync(row.GatewayUid, cancellationToken),
            id => new GatewayRequest.AbandonMachine(id, new ClusterId(row.Uid), machine.SystemId),
            cancellationToken
        );
        await using var write = await changes.BeginAsync(cancellationToken);
        write.Record(
            AuditAction.Action,
            ClusterStore.About(row),
            before: new { Machine = machine.Hostname, machine.ReleaseBlocked },
            request: "machine abandoned"
        );
        await write.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> SetAsync(
        string uid,
        AutoRepairInput body,
        RequestQuery query,
        ClusterScope scope,
        ClusterStore store,
        RepairSetting repair,
        Changes changes,
        CancellationToken cancellationToken
    )
    {
        await using var write = await changes.BeginAsync(cancellationToken);
        var row = await scope.GetToChangeAsync(uid, query.Value(QueryParameters.Generation), cancellationToken);
        if (row.AutoRepair == body.Enabled)
        {
            return TypedResults.NoContent();
        }

        var before = row.AutoRepair;
        row.AutoRepair = body.Enabled;
        var enabled = await repair.OfAsync(row.AutoRepair, row.ProjectUid, cancellationToken);
        if (ClusterStore.Read(row).AutoRepair == enabled)
        {
            write.Record(
                AuditAction.Update,
                ClusterStore.About(row),
                new { autoRepair = Word(before) },
                new { autoRepair = Word(body.Enabled) }
            );
        }
        else
        {
            await store.ApplySpecAsync(write, row, spec => spec with { AutoRepair = enabled }, cancellationToken);
        }

        await write.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Ok<AutoRepairInput>> GetOfProjectAsync(
        string uid,
        ConsoleDb db,
        RepairSetting repair,
        CancellationToken cancellationToken
    )
    {
        var project = await db.FindProjectAsync(uid, cancellationToken);
        return TypedResults.Ok(new AutoRepairInput(await repair.OfAsync(own: null, project.Uid, cancellationToken)));
    }

    /// <summary>Changes every cluster of the project without a setting of its own, in one transaction.</summary>
    private static async Task<NoContent> SetOfProjectAsync(
        string uid,
        AutoRepairInput body,
        ConsoleDb db,
        ClusterStore store,
        Changes changes,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        if (body.Enabled is not { } enabled)
        {
            throw ApiError.Invalid("enabled", "is missing; write true or false");
        }

        await using var write = await changes.BeginAsync(cancellationToken);
        var project = await db.FindProjectAsync(uid, cancellationToken);
        if (project.AutoRepair == enabled)
        {
            return TypedResults.NoContent();
        }

        write.Record(
            AuditAction.Update,
            ProjectEndpoints.About(project),
            new { autoRepair = Word(project.AutoRepair) },
            new { autoRepair = Word(enabled) },
            request: $"automatic repair {(enabled ? "on" : "off")} for its clusters"
        );
        project.AutoRepair = enabled;
        project.ModifiedAt = time.GetUtcNow();
        var clusters = await db
            .Clusters.IgnoreQueryFilters(ConsoleDb.AllProjects)
            .Whole()
            .Where(row =>
                row.ProjectUid == uid && row.AutoRepair == null && row.DeletionRequestedAt == null && row.DeletedAt == null
            )
            .OrderBy(row => row.CreatedAt)
            .ToListAsync(cancellationToken);
        foreach (var row in clusters)
        {
            await store.ApplySpecAsync(write, row, spec => spec with { AutoRepair = enabled }, cancellationToken);
        }

        await write.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static string Word(bool? enabled) =>
        enabled switch
        {
            null => "not set",
            true => "on",
            false => "off",
        };
}
