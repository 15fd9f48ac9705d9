using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;
using Gantry.Maas;
using Gantry.Protocol;
using Gantry.Server.Api;
using Gantry.Server.Clusters;
using Gantry.Server.Gateways;
using Gantry.Server.Store;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.CloudAccounts;

/// <summary>Cloud accounts: MAAS regions and their API keys. A key is sealed to its gateway on arrival.</summary>
public static class AccountEndpoints
{
    private static readonly StoredList<AccountRow> List = new StoredList<AccountRow>(
        Sort.By((AccountRow row) => row.CreatedAt),
        Sort.By((AccountRow row) => row.Uid)
    )
        .Text("kind", row => "maas")
        .Text("metadata.name", row => row.Name)
        .Text("metadata.uid", row => row.Uid)
        .Time("metadata.creationTimestamp", row => row.CreatedAt)
        .Time("metadata.lastModifiedTimestamp", row => row.ModifiedAt)
        .Text("metadata.annotations.overlordUid", row => row.GatewayUid)
        .Text("metadata.annotations.projectUid", row => row.ProjectUid)
        .Text("spec.apiEndpoint", row => row.Endpoint);

    public static void MapCloudAccounts(this IEndpointRouteBuilder routes)
    {
        routes.Map(Operations.CloudAccounts.List, ListAsync);
        routes.Map(Operations.CloudAccounts.Create, CreateAsync);
        routes.Map(Operations.CloudAccounts.Get, GetAsync);
        routes.Map(Operations.CloudAccounts.Update, UpdateAsync);
        routes.Map(Operations.CloudAccounts.Patch, PatchAsync);
        routes.Map(Operations.CloudAccounts.Delete, DeleteAsync);
        routes.Map(Operations.CloudAccounts.ListSummary, ListSummaryAsync);
        routes.Map(Operations.CloudAccounts.ListMetadata, ListMetadataAsync);
    }

    /// <exception cref="ApiException">Status 404: the caller's scope has no such account.</exception>
    public static async Task<AccountRow> GetAccountAsync(this ConsoleDb db, string uid, CancellationToken cancellationToken) =>
        await Present(db).FirstOrDefaultAsync(row => row.Uid == uid, cancellationToken)
        ?? throw ApiError.NotFound("cloud account", uid);

    private static IQueryable<AccountRow> Present(ConsoleDb db) => db.Accounts.Where(row => row.RemovedAt == null);

    private static async Task<Ok<ItemList<MaasAccountView>>> ListAsync(
        ListQuery query,
        ConsoleDb db,
        CancellationToken cancellationToken
    )
    {
        var page = await List.PageAsync(Present(db).AsNoTracking(), query, cancellationToken);
        var states = await db.StatesAsync(page.Rows, cancellationToken);
        return TypedResults.Ok(page.Show(row => View(row, states[row.Uid])));
    }

    private static async Task<Ok<ItemList<AccountSummary>>> ListSummaryAsync(
        ListQuery query,
        ConsoleDb db,
        CancellationToken cancellationToken
    )
    {
        var page = await List.PageAsync(Present(db).AsNoTracking(), query, cancellationToken);
        var states = await db.StatesAsync(page.Rows, cancellationToken);
        return TypedResults.Ok(
            page.Show(row => new AccountSummary("maas", Metadata(row), new AccountSummarySpec(row.Endpoint), states[row.Uid]))
        );
    }

    private static async Task<Ok<ItemList<AccountMetadata>>> ListMetadataAsync(
        ListQuery list,
        RequestQuery query,
        ConsoleDb db,
        CancellationToken cancellationToken
    )
    {
        var isMaas = query.Text(QueryParameters.Environment) is null or "" or "maas";
        var page = await List.WholeAsync(Present(db).AsNoTracking().Where(row => isMaas), list, cancellationToken);
        return TypedResults.Ok(page.Show(row => new AccountMetadata("maas", Metadata(row))));
    }

    private static async Task<Ok<MaasAccountView>> GetAsync(string uid, ConsoleDb db, CancellationToken cancellationToken)
    {
        var row = await db.GetAccountAsync(uid, cancellationToken);
        var states = await db.StatesAsync([row], cancellationToken);
        return TypedResults.Ok(View(row, states[uid]));
    }

    private static async Task<Created<UidAnswer>> CreateAsync(
        MaasAccountEntity body,
        ConsoleDb db,
        Caller caller,
        Changes changes,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var check = new Check();
        var name = check.Name(body.Metadata?.Name);
        var endpoint = MaasKeys.Endpoint(check, "spec.apiEndpoint", body.Spec?.ApiEndpoint);
        var maasKey = MaasKeys.Key(check, "spec.apiKey", body.Spec?.ApiKey);
        var ca = MaasKeys.Ca(check, "spec.caCert", body.Spec?.CaCert);
        check.ThrowIfFailed();
        var gateway = await GatewayChoice.ForAsync(
            db,
            body.Metadata?.Annotations?.GetValueOrDefault(Annotations.OverlordUid),
            "metadata.annotations.overlordUid",
            cancellationToken
        );
        var key = MaasKeys.Destination(endpoint!, ca).Seal(maasKey!.Reveal(), gateway.SealingKey);

        await using var write = await changes.BeginAsync(cancellationToken);
        var activeName = ActiveName(caller.ProjectUid, name);
        if (await db.Accounts.AnyAsync(row => row.ActiveName == activeName, cancellationToken))
        {
            throw ApiError.Duplicate("cloud account", name);
        }

        var now = time.GetUtcNow();
        var row = new AccountRow
        {
            Uid = Uids.New(),
            ProjectUid = caller.ProjectUid,
            Name = name,
            ActiveName = activeName,
            GatewayUid = gateway.Uid,
            Endpoint = AsWritten(body.Spec!.ApiEndpoint!),
            CaPem = ca?.Pem,
            SealedEphemeralKey = key.EphemeralKey,
            SealedBox = key.Box,
            CreatedAt = now,
            ModifiedAt = now,
            Revision = await write.NextRevisionAsync(gateway.Uid, cancellationToken),
        };
        Fill(row, body);
        db.Accounts.Add(row);
        write.Record(AuditAction.Create, About(row), after: Facts(row));
        await write.CommitAsync(cancellationToken);
        return TypedResults.Created((string?)null, new UidAnswer(row.Uid));
    }

    private static async Task<NoContent> UpdateAsync(
        string uid,
        MaasAccountEntity body,
        ConsoleDb db,
        KeyCheck keys,
        Changes changes,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        await keys.CheckAsync(uid, body.Spec, cancellationToken);
        await using var write = await changes.BeginAsync(cancellationToken);
        var row = await db.GetAccountAsync(uid, cancellationToken);
        if (body is { Metadata: null, Spec: null })
        {
            throw ApiError.Invalid("body", "is empty; give metadata, spec, or both");
        }

        var check = new Check();
        var name = check.Name(body.Metadata?.Name ?? row.Name);
        var newKey = string.IsNullOrEmpty(body.Spec?.ApiKey) ? null : MaasKeys.Key(check, "spec.apiKey", body.Spec.ApiKey);
        var (endpoint, ca) = NewDestination(check, row, body.Spec);
        var overlord = body.Metadata?.Annotations?.GetValueOrDefault(Annotations.OverlordUid);
        check.That(
            string.IsNullOrEmpty(overlord) || overlord == row.GatewayUid,
            "metadata.annotations.overlordUid",
            "cannot change: the key is sealed to its gateway; make a new account on the other one"
        );
        var activeName = ActiveName(row.ProjectUid, name);
        check.ThrowIfFailed();
        if (await db.Accounts.AnyAsync(other => other.ActiveName == activeName && other.Uid != uid, cancellationToken))
        {
            throw ApiError.Duplicate("cloud account", name);
        }

        var before = Facts(row);
        var gateway = await db.GetGatewayAsync(row.GatewayUid, cancellationToken);
        (row.Name, row.ActiveName) = (name, activeName);
        row.Endpoint = body.Spec?.ApiEndpoint is { } written ? AsWritten(written) : row.Endpoint;
        if (newKey is not null)
        {
            row.CaPem = ca?.Pem;
            var key = MaasKeys.Destination(endpoint!, ca).Seal(newKey.Reveal(), gateway.SealingKey);
            (row.SealedEphemeralKey, row.SealedBox) = (key.EphemeralKey, key.Box);
        }

        Fill(row, body);
        row.ModifiedAt = time.GetUtcNow();
        row.Revision = await write.NextRevisionAsync(gateway.Uid, cancellationToken);
        write.Record(AuditAction.Update, About(row), before, Facts(row, keyReplaced: newKey is not null));
        await write.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> PatchAsync(
        string uid,
        IReadOnlyList<HttpPatch> body,
        ConsoleDb db,
        KeyCheck keys,
        Changes changes,
        TimeProvider time,
        CancellationToken cancellationToken
    ) =>
        await UpdateAsync(
            uid,
            AccountPatch.Apply(await db.GetAccountAsync(uid, cancellationToken), body),
            db,
            keys,
            changes,
            time,
            cancellationToken
        );

    private static async Task<NoContent> DeleteAsync(
        string uid,
        ConsoleDb db,
        Changes changes,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        await using var write = await changes.BeginAsync(cancellationToken);
        var row = await db.GetAccountAsync(uid, cancellationToken);
        if (await ClusterUses.DescribeAsync(db, cluster => cluster.AccountUid == uid, cancellationToken) is { } users)
        {
            throw ApiError.InUse($"Cloud account '{row.Name}' is used by {users}; delete them first.");
        }

        row.RemovedAt = time.GetUtcNow();
        row.ActiveName = null;
        (row.SealedEphemeralKey, row.SealedBox) = ("", "");
        row.Revision = await write.NextRevisionAsync(row.GatewayUid, cancellationToken);
        write.Record(AuditAction.Delete, About(row), before: Facts(row));
        await write.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    /// <summary>
    /// Where the key goes after an update. Another place needs the key again: it is sealed with its destination, and a user with
    /// edit permission could otherwise have it sent to another server.
    /// </summary>
    private static (MaasEndpoint? Endpoint, MaasCa? Ca) NewDestination(Check check, AccountRow row, MaasCloudAccount? spec)
    {
        var endpoint = MaasKeys.Endpoint(check, "spec.apiEndpoint", spec?.ApiEndpoint ?? row.Endpoint);
        var ca = MaasKeys.Ca(check, "spec.caCert", spec?.CaCert ?? row.CaPem);
        var isSame = MaasEndpoint.TryParse(row.Endpoint, out var known, out _) && known == endpoint && ca?.Pem == row.CaPem;
        check.That(
            isSame || !string.IsNullOrEmpty(spec?.ApiKey),
            "spec.apiKey",
            "is needed together with another apiEndpoint or caCert: give the key of that region"
        );
        return (endpoint, ca);
    }

    private static void Fill(AccountRow row, MaasAccountEntity body)
    {
        if (body.Metadata is { } metadata)
        {
            row.LabelsJson = StoreJson.Write(metadata.Labels ?? new Dictionary<string, string>());
            row.AnnotationsJson = StoreJson.Write(metadata.Annotations ?? new Dictionary<string, string>());
        }

        if (body.Spec is { } spec)
        {
            row.PreferredSubnetsJson = StoreJson.Write(spec.PreferredSubnets ?? []);
        }
    }

    /// <summary>Responses return the URL as the client wrote it, so that Terraform sees no difference to its file.</summary>
    private static string AsWritten(string endpoint) => endpoint.Trim().TrimEnd('/');

    private static string ActiveName(string? projectUid, string name) => $"{projectUid ?? "tenant"}/{name}";

    private static Subject About(AccountRow row) => new("cloudaccount", row.Uid, row.Name, row.ProjectUid);

    private static object Facts(AccountRow row, bool keyReplaced = false) =>
        new
        {
            row.Name,
            row.Endpoint,
            hasOwnCa = row.CaPem is not null,
            row.GatewayUid,
            keyReplaced,
        };

    private static ObjectMeta Metadata(AccountRow row)
    {
        var annotations = new Dictionary<string, string>(
            Annotations.Scoped(StoreJson.Read<Dictionary<string, string>>(row.AnnotationsJson), row.ProjectUid, row.TenantUid)
        )
        {
            [Annotations.OverlordUid] = row.GatewayUid,
        };
        return new ObjectMeta
        {
            Name = row.Name,
            Uid = row.Uid,
            Labels = StoreJson.Read<Dictionary<string, string>>(row.LabelsJson),
            Annotations = annotations,
            CreationTimestamp = row.CreatedAt,
            LastModifiedTimestamp = row.ModifiedAt,
        };
    }

    private static MaasAccountView View(AccountRow row, AccountStatus status) =>
        new(
            "v1",
            "maas",
            Metadata(row),
            new MaasCloudAccount(row.Endpoint, ApiKey: "", StoreJson.Read<string[]>(row.PreferredSubnetsJson), row.CaPem),
            status
        );
}
