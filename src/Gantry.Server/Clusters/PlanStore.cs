using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Gantry.Clusters.Model;
using Gantry.Protocol;
using Gantry.Server.Api;
using Gantry.Server.Gateways;
using Gantry.Server.Store;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Clusters;

/// <summary>
/// Plans, and their requests while the plans may be applied. The client's input is stored without any key. A plan allocates
/// nothing and changes nothing, so it is not audited.
/// </summary>
public sealed class PlanStore(
    ConsoleDb db,
    Caller caller,
    PendingRequests requests,
    GatewaySurroundings surroundings,
    IWriteGate gate,
    TimeProvider time
)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(60);

    private string Scope => caller.ProjectUid ?? "tenant";

    /// <summary>Makes a plan on the gateway. The hash covers the desired state beside the gateway's own hash.</summary>
    public async Task<PlanDocument> PlanAsync(string gatewayUid, ClusterSpec spec, CancellationToken cancellationToken)
    {
        var gateway = await db.GetGatewayAsync(gatewayUid, cancellationToken);
        var plan = await requests.SendAsync<PlanDocument>(
            gateway,
            id => new GatewayRequest.PlanCluster(id, spec),
            cancellationToken
        );
        return plan with
        {
            // It is none of the inputs of the plan, which stays the same when it is over.
            Blockers = [.. Blockers(gateway), .. plan.Blockers],
            Hash = Convert.ToHexStringLower(
                SHA256.HashData(Encoding.UTF8.GetBytes($"{plan.Hash}\n{ClusterStore.Write(DesiredCluster.WithoutMoments(spec))}"))
            )[..16],
        };
    }

    /// <summary>Why-not of a desired state, on the gateway.</summary>
    public async Task<WhyNotDocument> WhyNotAsync(string gatewayUid, ClusterSpec spec, CancellationToken cancellationToken)
    {
        var gateway = await db.GetGatewayAsync(gatewayUid, cancellationToken);
        var document = await requests.SendAsync<WhyNotDocument>(
            gateway,
            id => new GatewayRequest.WhyNot(id, spec),
            cancellationToken
        );
        return document with { Blockers = [.. Blockers(gateway), .. document.Blockers] };
    }

    // A gateway that cannot write its disk answers, and carries nothing out.
    private IEnumerable<Blocker> Blockers(GatewayRow gateway) =>
        surroundings.Of(gateway).Trouble is { } trouble ? [new Blocker(trouble.Reason, trouble.Message)] : [];

    public async Task KeepAsync<TRequest>(
        PlanDocument plan,
        string clusterUid,
        bool creates,
        TRequest request,
        DateTimeOffset plannedAt,
        CancellationToken cancellationToken
    )
    {
        var scope = Scope;
        await using var transaction = await gate.BeginAsync(db, cancellationToken);
        var row = await db.PlannedChanges.FirstOrDefaultAsync(
            one => one.Hash == plan.Hash && one.Scope == scope,
            cancellationToken
        );
        if (row is null)
        {
            row = new PlannedChangeRow
            {
                Hash = plan.Hash,
                Scope = scope,
                ClusterUid = clusterUid,
                RequestJson = "",
                PlanJson = "",
            };
            db.PlannedChanges.Add(row);
        }

        (row.Creates, row.RequestJson, row.PlanJson) = (
            creates,
            StoreJson.Write(request),
            JsonSerializer.Serialize(plan, ProtocolJson.Options)
        );
        (row.PlannedAt, row.ExpiresAt) = (plannedAt, time.GetUtcNow() + Lifetime);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <exception cref="ApiException">Status 404: unknown, expired, or <c>PlanApplied</c>.</exception>
    public async Task<PlannedChangeRow> GetAsync(string hash, CancellationToken cancellationToken)
    {
        var (scope, now) = (Scope, time.GetUtcNow());
        return await db
                .PlannedChanges.AsNoTracking()
                .FirstOrDefaultAsync(row => row.Hash == hash && row.Scope == scope && row.ExpiresAt > now, cancellationToken)
            ?? throw await NoPlanAsync(hash, cancellationToken);
    }

    /// <summary>
    /// Takes the plan within the transaction that applies it: of concurrent applications of one plan, one succeeds.
    /// </summary>
    /// <exception cref="ApiException">Status 404: the plan was applied meanwhile.</exception>
    public async Task TakeAsync(AuditedWrite write, PlannedChangeRow planned, string cluster, CancellationToken cancellationToken)
    {
        if (
            await db
                .PlannedChanges.Where(row => row.Hash == planned.Hash && row.Scope == planned.Scope)
                .ExecuteDeleteAsync(cancellationToken)
            is 0
        )
        {
            throw await NoPlanAsync(planned.Hash, cancellationToken);
        }

        write.Record(
            AuditAction.Action,
            new Subject("spectrocluster", planned.ClusterUid, cluster, caller.ProjectUid),
            request: Application(planned.Hash)
        );
    }

    private static string Application(string hash) => $"plan {hash} applied";

    // An applied plan is deleted; the audit records who applied it.
    private async Task<ApiException> NoPlanAsync(string hash, CancellationToken cancellationToken)
    {
        var (application, project) = (Application(hash), caller.ProjectUid);
        var audit = await db
            .Audits.AsNoTracking()
            .Where(row => row.Request == application && row.ProjectUid == project)
            .OrderByDescending(row => row.Number)
            .FirstOrDefaultAsync(cancellationToken);
        return audit is null
            ? ApiError.Gone(
                $"There is no plan '{ApiError.Shown(hash)}' in this scope; a plan is kept for {Lifetime.TotalMinutes:0} "
                    + "minutes and applied once. Plan again."
            )
            : new ApiException(
                StatusCodes.Status404NotFound,
                "PlanApplied",
                $"Plan {hash} was applied already, to cluster '{audit.ResourceName}' by {audit.ActorName} at {audit.At:u}. "
                    + "Plan again to change more."
            );
    }

    public static ApiException Outdated(PlannedChangeRow planned, PlanDocument now)
    {
        var before = JsonSerializer.Deserialize<PlanDocument>(planned.PlanJson, ProtocolJson.Options)!;
        var message = $"Plan {planned.Hash} is outdated: {PlanDifference.Between(before, now)}.";
        return new ApiException(StatusCodes.Status409Conflict, "PlanOutdated", message, [new FieldError("hash", now.Hash)]);
    }
}

/// <summary>The differences between two plans for one request. Pure.</summary>
public static class PlanDifference
{
    private const int Most = 5;

    public static string Between(PlanDocument before, PlanDocument after)
    {
        List<string> parts =
        [
            .. Lists("no longer", before.Steps.Select(Written), after.Steps.Select(Written)),
            .. Lists("new", after.Steps.Select(Written), before.Steps.Select(Written)),
            .. Lists("no longer waits", before.Pending, after.Pending),
            .. Lists("now waits", after.Pending, before.Pending),
            .. Lists("no longer refused", before.Blockers.Select(one => one.Message), after.Blockers.Select(one => one.Message)),
            .. Lists("now refused", after.Blockers.Select(one => one.Message), before.Blockers.Select(one => one.Message)),
        ];
        return parts switch
        {
            { Count: > 0 } => string.Join("; ", parts),
            _ when !before.Steps.Select(Written).SequenceEqual(after.Steps.Select(Written)) => "the same steps in another order",
            _ => "the same steps, but the cluster or the data centre behind them has changed",
        };
    }

    private static IEnumerable<string> Lists(string what, IEnumerable<string> these, IEnumerable<string> others)
    {
        List<string> only = [.. these.Except(others)];
        if (only.Count > 0)
        {
            yield return $"{what}: {string.Join(", ", only.Take(Most))}{(only.Count > Most ? $" and {only.Count - Most} more" : "")}";
        }
    }

    private static string Written(PlannedStep step) =>
        string.Join(
            ' ',
            new[]
            {
                step.Symbol,
                step.Action,
                step.Hostname ?? step.Machine,
                step.Pool is { } pool ? $"in {pool}" : null,
            }.OfType<string>()
        );
}
