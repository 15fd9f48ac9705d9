using Gantry.Server.Store;

namespace Gantry.Server.Auth;

/// <summary>Which permissions callers hold.</summary>
public interface IPermissions
{
    /// <param name="permission">The key that the operation declares, for example <c>cluster.update</c>.</param>
    /// <param name="projectUid">Null asks for the permission in the whole tenant.</param>
    ValueTask<bool> HasAsync(Caller caller, string permission, string? projectUid, CancellationToken cancellationToken);
}

/// <summary>Every active user holds every permission in the own tenant. A gateway holds none: it has routes of its own.</summary>
public sealed class AllPermissionsForUsers : IPermissions
{
    public ValueTask<bool> HasAsync(Caller caller, string permission, string? projectUid, CancellationToken cancellationToken) =>
        ValueTask.FromResult(caller.ActorType == Identity.UserType);
}
