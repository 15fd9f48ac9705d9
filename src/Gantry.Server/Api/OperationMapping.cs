using Gantry.Server.Auth;
using Microsoft.AspNetCore.Mvc;

namespace Gantry.Server.Api;

/// <summary>Maps operations of the public contract to their handlers.</summary>
internal static class OperationMapping
{
    /// <summary>
    /// Route, name, summary, tag, permission and answer come from the operation. The endpoint carries the operation as metadata:
    /// <c>endpoint.Metadata.GetMetadata&lt;Operation&gt;()</c>.
    /// </summary>
    public static RouteHandlerBuilder Map(this IEndpointRouteBuilder routes, Operation operation, Delegate handler)
    {
        var endpoint = routes
            .MapMethods(operation.Route, [operation.Method], handler)
            .WithName(operation.Name)
            .WithTags(operation.Tag)
            .WithSummary(operation.Summary)
            .WithMetadata(operation);
        if (operation.Answer == typeof(NoBody))
        {
            endpoint.Produces(operation.Status);
        }
        else
        {
            endpoint.Produces(operation.Status, operation.Answer, operation.ContentType);
        }

        return operation.Permission.AllowsAnonymous
            ? endpoint.AllowAnonymous().WithMetadata(new RequestSizeLimitAttribute(Limits.SmallBody))
            : endpoint.WithMetadata(new RequirePermission(operation.Permission.Key));
    }
}
