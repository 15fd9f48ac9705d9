using System.Text.Json;
using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;
using Gantry.Server.Api;
using Gantry.Server.Store;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Gateways;

/// <summary>Private cloud gateways, which the public API calls overlords.</summary>
public static class OverlordEndpoints
{
    public const string SystemGateway = "System Private Gateway";

    private static readonly StoredList<GatewayRow> List = new StoredList<GatewayRow>(
        Sort.By((GatewayRow row) => row.PairedAt),
        Sort.By((GatewayRow row) => row.Uid)
    )
        .Text("metadata.name", row => row.Name)
        .Text("metadata.uid", row => row.Uid)
        .Time("metadata.creationTimestamp", row => row.PairedAt)
        .Time("metadata.lastModifiedTimestamp", row => row.PairedAt)
        .Text("metadata.annotations.fingerprint", row => row.Fingerprint)
        .Text("metadata.annotations.version", row => row.Version);

    private static readonly Dictionary<string, string> None = [];

    // Clients send back what they read.
    private static readonly string[] Shown = [Annotations.Scope, Annotations.TenantUid, Fingerprint, Version];

    private const string Fingerprint = "fingerprint";
    private const string Version = "version";

    public static void MapOverlords(this IEndpointRouteBuilder routes)
    {
        routes.Map(Operations.Gateways.List, ListAsync);
        routes.Map(Operations.Gateways.CreatePairingCode, CreateCodeAsync);
        routes.Map(Operations.Gateways.Get, GetAsync);
        routes.Map(Operations.Gateways.Rename, RenameAsync);
        routes.Map(Operations.Gateways.Delete, DeleteAsync);
        routes.Map(Operations.Gateways.TakeOver, TakeOverAsync);
    }

    /// <exception cref="ApiException">404: it never existed or was revoked.</exception>
    public static async Task<GatewayRow> GetGatewayAsync(this ConsoleDb db, string uid, CancellationToken cancellationToken) =>
        await db.Gateways.AsNoTracking().FirstOrDefaultAsync(row => row.Uid == uid && row.RevokedAt == null, cancellationToken)
        ?? throw ApiError.NotFound("gateway", uid);

    /// <summary>The gateway of a cluster; <c>null</c> when it was revoked.</summary>
    public static Task<GatewayRow?> FindGatewayAsync(
        this ConsoleDb db,
        ClusterRow cluster,
        CancellationToken cancellationToken
    ) =>
        db
            .Gateways.AsNoTracking()
            .FirstOrDefaultAsync(row => row.Uid == cluster.GatewayUid && row.RevokedAt == null, cancellationToken);

    private static async Task<Ok<ItemList<Overlord>>> ListAsync(
        ListQuery list,
        RequestQuery query,
        ConsoleDb db,
        GatewayPresence presence,
        GatewayInstances instances,
        CancellationToken cancellationToken
    )
    {
        var name = query.Text(QueryParameters.GatewayName);
        var paired = db.Gateways.AsNoTracking().Where(row => row.RevokedAt == null && (name == null || row.Name == name));
        return TypedResults.Ok(
            (await List.WholeAsync(paired, list, cancellationToken)).Show(row => View(row, presence, instances))
        );
    }

    private static async Task<Ok<Overlord>> GetAsync(
        string uid,
        ConsoleDb db,
        GatewayPresence presence,
        GatewayInstances instances,
        CancellationToken cancellationToken
    ) => TypedResults.Ok(View(await db.GetGatewayAsync(uid, cancellationToken), presence, instances));

    private static async Task<Ok<PairingCode>> CreateCodeAsync(
        RequestQuery query,
        PairingCodes codes,
        CancellationToken cancellationToken
    )
    {
        // Only one kind of cloud exists: reading the parameter refuses any other.
        query.Text(QueryParameters.CloudType);
        var name = query.Text(QueryParameters.NewGatewayName) ?? "";
        return TypedResults.Ok(new PairingCode(await codes.CreateAsync(name, cancellationToken)));
    }

    private static async Task<NoContent> RenameAsync(
        string uid,
        MetadataInput body,
        ConsoleDb db,
        Changes changes,
        CancellationToken cancellationToken
    )
    {
        var check = new Check();
        var name = check.Name(body.Metadata?.Name);
        check.That(body.Metadata?.Labels is null or { Count: 0 }, "metadata.labels", "is not available: gateways have no labels");
        foreach (
            var (key, _) in (body.Metadata?.Annotations ?? None).Where(one => one.Value.Length > 0 && !Shown.Contains(one.Key))
        )
        {
            check.Problem(
                $"metadata.annotations.{ApiError.Shown(key)}",
                "is not available: gateways have the annotations that the console shows"
            );
        }

        check.ThrowIfFailed();
        await using var write = await changes.BeginAsync(cancellationToken);
        var row = await FindAsync(db, uid, cancellationToken);
        if (await db.Gateways.AnyAsync(other => other.ActiveName == name && other.Uid != uid, cancellationToken))
        {
            throw ApiError.Duplicate("gateway", name);
        }

        var before = Facts(row);
        (row.Name, row.ActiveName) = (name, name);
        write.Record(AuditAction.Update, About(row), before, Facts(row));
        await write.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Ok<Message>> DeleteAsync(
        string uid,
        ConsoleDb db,
        Changes changes,
        TimeProvider time,
        ILoggerFactory logs,
        CancellationToken cancellationToken
    )
    {
        await using var write = await changes.BeginAsync(cancellationToken);
        var row = await FindAsync(db, uid, cancellationToken);
        var clusters = await db
            .Clusters.IgnoreQueryFilters(ConsoleDb.AllProjects)
            .CountAsync(one => one.GatewayUid == uid && one.ActiveName != null, cancellationToken);
        var accounts = await db
            .Accounts.IgnoreQueryFilters(ConsoleDb.AllProjects)
            .CountAsync(one => one.GatewayUid == uid && one.ActiveName != null, cancellationToken);
        if (clusters + accounts > 0)
        {
            throw ApiError.InUse(
                $"Gateway '{row.Name}' still serves {Counted.Of(clusters, "cluster")} and "
                    + $"{Counted.Of(accounts, "cloud account")}; delete them first."
            );
        }

        row.RevokedAt = time.GetUtcNow();
        row.ActiveName = null;
        await write.NextRevisionAsync(uid, cancellationToken);
        write.Record(AuditAction.Delete, About(row), before: Facts(row));
        await write.CommitAsync(cancellationToken);
        logs.CreateLogger("Gantry.Server").GatewayDeleted(row.Name);
        return TypedResults.Ok(new Message($"Gateway '{row.Name}' is deleted; its key is refused from now on."));
    }

    private static async Task<NoContent> TakeOverAsync(
        string uid,
        ConsoleDb db,
        Changes changes,
        CancellationToken cancellationToken
    )
    {
        await using var write = await changes.BeginAsync(cancellationToken);
        var row = await FindAsync(db, uid, cancellationToken);
        var former = GatewayInstances.LeaseOf(row);
        row.InstanceJson = null;
        write.Record(AuditAction.Action, About(row), before: new { former?.Host, former?.Since }, request: "takeover");
        await write.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<GatewayRow> FindAsync(ConsoleDb db, string uid, CancellationToken cancellationToken) =>
        await db.Gateways.FirstOrDefaultAsync(row => row.Uid == uid && row.RevokedAt == null, cancellationToken)
        ?? throw ApiError.NotFound("gateway", uid);

    private static Subject About(GatewayRow row) => new("overlord", row.Uid, row.Name);

    private static object Facts(GatewayRow row) => new { row.Name, row.Fingerprint };

    private static Overlord View(GatewayRow row, GatewayPresence presence, GatewayInstances instances)
    {
        var seen = presence.LastSeen(row);
        var online = presence.IsOnline(row);
        return new Overlord(
            "maas",
            new ObjectMeta
            {
                Name = row.Name,
                Uid = row.Uid,
                Labels = new Dictionary<string, string>(),
                Annotations = new Dictionary<string, string>
                {
                    [Annotations.Scope] = "tenant",
                    [Annotations.TenantUid] = row.TenantUid,
                    [Fingerprint] = row.Fingerprint,
                    [Version] = row.Version,
                },
                CreationTimestamp = row.PairedAt,
                LastModifiedTimestamp = row.PairedAt,
            },
            new OverlordSpec(IsSelfHosted: true, IsSystem: row.Name == SystemGateway, row.TenantUid, "", ""),
            new OverlordStatus(
                online ? GatewayStates.Running
                    : seen is null ? GatewayStates.Pending
                    : GatewayStates.Disconnected,
                IsActive: true,
                IsReady: online,
                new OverlordHealth(
                    online && row.Problem is null ? HealthStates.Healthy
                        : seen is null ? HealthStates.Unknown
                        : HealthStates.UnHealthy,
                    seen,
                    row.Version,
                    [.. Conditions(row, instances)]
                ),
                new OverlordNotifications(false)
            )
        );
    }

    private static IEnumerable<JsonElement> Conditions(GatewayRow row, GatewayInstances instances)
    {
        if (instances.FindWarning(row) is { } warning)
        {
            yield return Condition(GatewayConditions.SecondInstance, warning);
        }

        if (row.Problem is { } problem)
        {
            yield return Condition(GatewayConditions.Problem, problem);
        }
    }

    private static JsonElement Condition(string type, string message) =>
        JsonSerializer.SerializeToElement(
            new Dictionary<string, string>
            {
                ["type"] = type,
                ["status"] = "True",
                ["message"] = message,
            },
            StoreJson.Options
        );
}
