using System.Text.Json;
using Gantry.Server.Clusters;

namespace Gantry.Server.Api;

/// <summary>
/// Writes that Palette has and this console has not. They answer 400 with the reason: clients take 404 and 405 for an object that is
/// gone, and report success.
/// </summary>
internal static class UnavailableRoutes
{
    private static readonly string[] Writes = ["POST", "PUT", "PATCH", "DELETE"];

    private static readonly (Operation Operation, string Reason)[] Settings =
    [
        (Operations.Unavailable.UpdateNamespaces, NotAvailable.Namespaces),
        (Operations.Unavailable.UpdateRbacs, NotAvailable.RoleBindings),
        (Operations.Unavailable.SetOsPatch, NotAvailable.OsPatch),
        (Operations.Unavailable.SetHostCluster, NotAvailable.HostCluster),
        (Operations.Unavailable.SetLifecycle, NotAvailable.Lifecycle),
        (Operations.Unavailable.SetHealthCheckTimeout, NotAvailable.HealthCheckTimeout),
        (Operations.Unavailable.UpdateBackup, NotAvailable.Backup),
        (Operations.Unavailable.UpdateScan, NotAvailable.Scan),
        (Operations.Unavailable.PatchVariables, NotAvailable.Variables),
        (Operations.Unavailable.SetUpgrades, NotAvailable.UpgradeLock),
    ];

    private static readonly (string Part, string Reason)[] Others =
    [
        ("/features/backup", NotAvailable.Backup),
        ("/features/restore", NotAvailable.Backup),
        ("/features/complianceScan", NotAvailable.Scan),
        ("/config/namespaces", NotAvailable.Namespaces),
        ("/config/rbacs", NotAvailable.RoleBindings),
        ("/clusterRbacs", NotAvailable.RoleBindings),
        ("/clusterTemplates", NotAvailable.ClusterTemplate),
        ("/maintenance", NotAvailable.Maintenance),
    ];

    /// <summary>Why a write at a place without an operation is refused.</summary>
    /// <returns>Null for a request that reads.</returns>
    public static ApiException? Refused(HttpRequest request)
    {
        if (!Writes.Contains(request.Method) || !request.Path.StartsWithSegments("/v1", StringComparison.Ordinal))
        {
            return null;
        }

        var path = request.Path.Value!;
        var known = Array.Find(Others, one => path.Contains(one.Part, StringComparison.Ordinal)).Reason;
        return Refused(request, known ?? "this console has no such operation; /v1/openapi.json lists what there is", body: null);
    }

    public static void MapUnavailableRoutes(this IEndpointRouteBuilder routes)
    {
        foreach (var (operation, reason) in Settings)
        {
            routes.Map(
                operation,
                async (
                    string uid,
                    JsonElement body,
                    HttpRequest request,
                    ClusterScope scope,
                    CancellationToken cancellationToken
                ) =>
                {
                    await scope.GetAsync(uid, cancellationToken);
                    return IsAsItIs(body) ? TypedResults.NoContent() : throw Refused(request, reason, body);
                }
            );
        }
    }

    private static bool IsAsItIs(JsonElement body) =>
        Blank.Is(body)
        || (
            body.ValueKind is JsonValueKind.Object
            && body.TryGetProperty("spectroComponents", out var components)
            && components.ValueKind is JsonValueKind.String
            && components.ValueEquals("unlock")
        );

    private static ApiException Refused(HttpRequest request, string reason, JsonElement? body)
    {
        FieldError[] fields = body is { ValueKind: JsonValueKind.Object } given
            ?
            [
                .. given
                    .EnumerateObject()
                    .Where(field => !Blank.Is(field.Value))
                    .Select(field => new FieldError(ApiError.Shown(field.Name), reason)),
            ]
            : [];
        var message = fields is [var only] ? $"{only.Field}: {reason}" : reason;
        return new ApiException(
            StatusCodes.Status400BadRequest,
            "NotAvailable",
            $"{request.Method} {ApiError.Shown(request.Path.Value ?? "/")}: {message}",
            fields
        );
    }
}
