using System.Security.Claims;
using Gantry.Api;
using Gantry.Server.Auth;
using Gantry.Server.Store;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;

namespace Gantry.Server.Tests.Access;

/// <summary>The check of <see cref="IPermissions"/> before each operation.</summary>
public sealed class PermissionTests(TwoTenants world) : IClassFixture<TwoTenants>
{
    [Fact]
    public async Task A_user_without_the_permission_of_an_operation_is_refused_with_403_and_its_key()
    {
        foreach (var operation in Operations.All.Where(operation => operation.Permission.Key is not null))
        {
            var (context, _) = await AuthorizeAsync(operation.Permission, new Holds());

            var refusal = Assert.IsType<Refusal>(Assert.Single(context.FailureReasons));
            Assert.Equal((403, "ResourceAccessDenied"), (refusal.Error.Status, refusal.Error.Code));
            Assert.Contains(operation.Permission.Key!, refusal.Error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_permission_is_asked_for_in_the_project_of_the_request()
    {
        var inProject = new Holds { ("cluster.get", world.World.Project) };

        Assert.True((await AuthorizeAsync(Permissions.Cluster.Get, inProject, world.World.Project)).Context.HasSucceeded);
        Assert.False((await AuthorizeAsync(Permissions.Cluster.Get, inProject, world.OtherProject)).Context.HasSucceeded);
        Assert.False((await AuthorizeAsync(Permissions.Cluster.Get, inProject)).Context.HasSucceeded);
        Assert.False((await AuthorizeAsync(Permissions.Cluster.Delete, inProject, world.World.Project)).Context.HasSucceeded);
    }

    [Fact]
    public async Task An_operation_for_every_user_asks_for_no_permission()
    {
        var (context, caller) = await AuthorizeAsync(Permission.SignedIn, new Holds(), world.World.Project);

        Assert.True(context.HasSucceeded);
        Assert.Equal(world.World.Project, caller.ProjectUid);
    }

    [Fact]
    public async Task Every_user_holds_every_permission_and_a_gateway_holds_none()
    {
        var everything = new AllPermissionsForUsers();
        var (user, gateway) = (new Caller(), new Caller());
        user.Become(new Identity(Identity.UserType, "u", "me@example.com", "tenant"));
        gateway.Become(new Identity(Identity.GatewayType, "g", "gateway", "tenant"));
        foreach (var key in Operations.All.Select(operation => operation.Permission.Key).OfType<string>())
        {
            Assert.True(await everything.HasAsync(user, key, projectUid: null, default));
            Assert.False(await everything.HasAsync(gateway, key, projectUid: null, default));
        }
    }

    private async Task<(AuthorizationHandlerContext Context, Caller Caller)> AuthorizeAsync(
        Permission permission,
        IPermissions permissions,
        string? project = null
    )
    {
        var caller = new Caller();
        await using var everything = world.OpenStore();
        caller.Become(Identity.Of(everything.Users.First(user => user.Email == world.Console.Host.Bootstrap!.AdminEmail)));
        await using var db = world.OpenStore(caller);
        var http = new DefaultHttpContext();
        http.Request.Headers[PermissionHandler.ProjectHeader] = project;
        var context = new AuthorizationHandlerContext(
            new RequirePermission(permission.Key).GetRequirements(),
            new ClaimsPrincipal(new ClaimsIdentity(Schemes.ApiKey)),
            http
        );
        await new PermissionHandler(permissions, caller, db).HandleAsync(context);
        return (context, caller);
    }

    private sealed class Holds : HashSet<(string Permission, string? Project)>, IPermissions
    {
        public ValueTask<bool> HasAsync(
            Caller caller,
            string permission,
            string? projectUid,
            CancellationToken cancellationToken
        ) => ValueTask.FromResult(Contains((permission, projectUid)));
    }
}
