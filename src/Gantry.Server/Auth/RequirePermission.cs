using Gantry.Server.Api;
using Gantry.Server.Store;
using Microsoft.AspNetCore.Authorization;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Auth;

/// <summary>Endpoint metadata: the caller must be a user who holds the permission in the scope of the request.</summary>
/// <param name="permission">Null requires no permission: every user may call the endpoint.</param>
public sealed class RequirePermission(string? permission) : AuthorizeAttribute, IAuthorizationRequirementData
{
    public string? Permission { get; } = permission;

    public IEnumerable<IAuthorizationRequirement> GetRequirements() => [new PermissionRequirement(Permission)];
}

public sealed record PermissionRequirement(string? Permission) : IAuthorizationRequirement;

/// <summary>
/// Enters the project of the header <c>ProjectUid</c> and checks the permission there. A project of another tenant is
/// answered as if it did not exist.
/// </summary>
public sealed class PermissionHandler(IPermissions permissions, Caller caller, ConsoleDb db)
    : AuthorizationHandler<PermissionRequirement, HttpContext>
{
    public const string ProjectHeader = "ProjectUid";

    protected override async Task HandleRequirementAsync(
        AuthorizationHandlerContext context,
        PermissionRequirement requirement,
        HttpContext http
    )
    {
        if (context.User.Identity?.IsAuthenticated is not true)
        {
            return;
        }

        var project = http.Request.Headers[ProjectHeader].ToString();
        if (project.Length > 0)
        {
            if (!await db.Projects.AsNoTracking().AnyAsync(row => row.Uid == project, http.RequestAborted))
            {
                context.Fail(new Refusal(this, ApiError.NotFound("project", project)));
                return;
            }

            caller.EnterProject(project);
        }

        if (
            requirement.Permission is not { } permission
            || await permissions.HasAsync(caller, permission, caller.ProjectUid, http.RequestAborted)
        )
        {
            context.Succeed(requirement);
            return;
        }

        context.Fail(new Refusal(this, ApiError.Forbidden($"This needs the permission {permission}.")));
    }
}
