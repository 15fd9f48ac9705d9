using Gantry.Server.Store;

namespace Gantry.Server.Auth;

/// <summary>The permissions of callers.</summary>
public interface IPermissions
{
    /// <param name="permission">The key that the operation declares, for example <c>cluster.update</c>.</param>
    /// <param name="projectUid">Null checks the permission in the whole tenant.</param>
    ValueTask<bool> HasAsync(Caller caller, string permission, string? projectUid, CancellationToken cancellationToken);
}

/// <summary>Grants every active user every permission in the own tenant. A gateway has none: it has its own routes.</summary>
public sealed class AllPermissionsForUsers : IPermissions
{
    public ValueTask<bool> HasAsync(Caller caller, string permission, string? projectUid, CancellationToken cancellationToken) =>
        ValueTask.FromResult(caller.ActorType == Identity.UserType);
}
