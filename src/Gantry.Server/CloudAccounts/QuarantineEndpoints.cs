using Gantry.Clusters.Model;
using Gantry.Protocol;
using Gantry.Server.Api;
using Gantry.Server.Gateways;
using Gantry.Server.Store;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.CloudAccounts;

/// <summary>Failed machines that placement ignores until an operator clears them.</summary>
public static class QuarantineEndpoints
{
    private const int LongestReason = 300;

    public static void MapQuarantine(this IEndpointRouteBuilder routes)
    {
        routes.Map(Operations.CloudAccounts.ListQuarantine, ListAsync);
        routes.Map(Operations.CloudAccounts.AddQuarantine, AddAsync);
        routes.Map(Operations.CloudAccounts.ClearQuarantine, ClearAsync);
    }

    private static async Task<Ok<ItemList<QuarantinedMachine>>> ListAsync(
        string uid,
        ConsoleDb db,
        PendingRequests requests,
        CancellationToken cancellationToken
    )
    {
        var account = await db.GetAccountAsync(uid, cancellationToken);
        var gateway = await db.GetGatewayAsync(account.GatewayUid, cancellationToken);
        var entries = await requests.SendAsync<QuarantineEntry[]>(
            gateway,
            id => new GatewayRequest.ListQuarantine(id),
            cancellationToken
        );

        // A gateway serves several accounts. Any of its accounts may clear a machine whose cluster no longer exists.
        string[] clusters = [.. entries.Select(entry => entry.Cluster.Value).Distinct()];
        var known = await db
            .Clusters.IgnoreQueryFilters(ConsoleDb.AllProjects)
            .Where(row => clusters.Contains(row.Uid))
            .ToDictionaryAsync(row => row.Uid, row => row.AccountUid, cancellationToken);
        var names = await db
            .Clusters.Where(row => clusters.Contains(row.Uid))
            .ToDictionaryAsync(row => row.Uid, row => row.Name, cancellationToken);
        return TypedResults.Ok(
            new ItemList<QuarantinedMachine>([
                .. from entry in entries
                where known.GetValueOrDefault(entry.Cluster.Value) is not { } itsAccount || itsAccount == uid
                select View(entry, names.GetValueOrDefault(entry.Cluster.Value)),
            ])
        );
    }

    private static async Task<Ok<QuarantinedMachine>> AddAsync(
        string uid,
        string systemId,
        QuarantineInput body,
        ConsoleDb db,
        Caller caller,
        QuarantineRequests quarantine,
        CancellationToken cancellationToken
    )
    {
        var account = await db.GetAccountAsync(uid, cancellationToken);
        var reason = string.IsNullOrWhiteSpace(body.Reason) ? $"{caller.Name} put it into quarantine" : body.Reason.Trim();
        var check = new Check();
        check.That(reason.Length <= LongestReason, "reason", $"is longer than {LongestReason} characters; shorten it");
        check.ThrowIfFailed();
        var entry = await quarantine.AddAsync(account, systemId, reason, cancellationToken);
        var name = await db
            .Clusters.Where(row => row.Uid == entry.Cluster.Value)
            .Select(row => row.Name)
            .FirstOrDefaultAsync(cancellationToken);
        return TypedResults.Ok(View(entry, name));
    }

    private static QuarantinedMachine View(QuarantineEntry entry, string? clusterName) =>
        new()
        {
            Machine = entry.Machine.Value,
            Hostname = entry.Hostname,
            Cluster = entry.Cluster.Value,
            ClusterName = clusterName,
            Reason = entry.Reason,
            Evidence = entry.Evidence,
            At = entry.At,
        };

    private static async Task<NoContent> ClearAsync(
        string uid,
        string systemId,
        RequestQuery query,
        ConsoleDb db,
        PendingRequests requests,
        Changes changes,
        CancellationToken cancellationToken
    )
    {
        var commission = query.IsSet(QueryParameters.Commission);
        var account = await db.GetAccountAsync(uid, cancellationToken);
        var gateway = await db.GetGatewayAsync(account.GatewayUid, cancellationToken);
        await requests.SendAsync<bool>(
            gateway,
            id => new GatewayRequest.ClearQuarantine(id, new AccountId(uid), new SystemId(systemId), commission),
            cancellationToken
        );
        await using var write = await changes.BeginAsync(cancellationToken);
        write.Record(
            AuditAction.Action,
            new Subject("cloudaccount", account.Uid, account.Name, account.ProjectUid),
            new { quarantined = systemId },
            new { cleared = systemId, commission },
            request: $"machine {systemId} cleared{(commission ? " and commissioned" : "")}"
        );
        await write.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }
}
