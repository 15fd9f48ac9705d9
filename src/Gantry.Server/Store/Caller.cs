namespace Gantry.Server.Store;

/// <summary>A user or a gateway whose credential was accepted, or the console itself.</summary>
/// <param name="ActorType"><c>user</c>, <c>service</c> (a gateway) or <c>system</c> (the console), as audits record it.</param>
/// <param name="Name">The name in audits: the e-mail of a user, the name of a gateway.</param>
public sealed record Identity(string ActorType, string Uid, string Name, string TenantUid)
{
    public const string UserType = "user";
    public const string GatewayType = "service";
    public const string SystemType = "system";

    public static Identity Of(UserRow user) => new(UserType, user.Uid, user.Email, user.TenantUid);

    public static Identity Of(GatewayRow gateway) => new(GatewayType, gateway.Uid, gateway.Name, gateway.TenantUid);

    /// <summary>Somebody who has not proved who it is.</summary>
    public static Identity Anonymous(string tenantUid) => new(UserType, "", "anonymous", tenantUid);

    /// <summary>The console itself, acting in a tenant on behalf of its host.</summary>
    public static Identity Console(string tenantUid) => new(SystemType, "", "console", tenantUid);
}

/// <summary>
/// The identity, source address and scope of a request or a job. One for each request; the authentication handlers and the
/// authorization of the operation set it before the endpoint runs.
/// </summary>
public sealed class Caller(string remoteAddress = "")
{
    public string ActorType { get; private set; } = Identity.SystemType;

    public string Uid { get; private set; } = "";

    public string Name { get; private set; } = "console";

    public string RemoteAddress { get; } = remoteAddress;

    public AccessScope Scope { get; private set; } = AccessScope.Nothing;

    /// <summary>The project of the <c>ProjectUid</c> header; null means the tenant.</summary>
    public string? ProjectUid => Scope.ProjectUid;

    /// <exception cref="InvalidOperationException">The caller belongs to no tenant.</exception>
    public string TenantUid => Scope.TenantUid ?? throw new InvalidOperationException("The caller is in no tenant.");

    /// <summary>The console's own work across all tenants.</summary>
    public static Caller System() => new() { Scope = AccessScope.System };

    public void Become(Identity identity)
    {
        (ActorType, Uid, Name) = (identity.ActorType, identity.Uid, identity.Name);
        Scope = AccessScope.Tenant(identity.TenantUid);
    }

    public void BecomeSystem() => Scope = AccessScope.System;

    public void EnterProject(string uid) => Scope = Scope.Project(uid);
}
