using Gantry.Server.Gateways;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;

namespace Gantry.Server.Auth;

/// <summary>The authentication schemes, and the policy that each endpoint gets by default.</summary>
public static class Schemes
{
    /// <summary>An API key or a session, whichever the request carries. An API key wins.</summary>
    public const string User = "User";

    public const string ApiKey = "ApiKey";

    public const string Session = "Session";

    /// <summary>A token that a paired gateway signed for this one request.</summary>
    public const string Gateway = "Gateway";

    public static void AddAccessControl(this IServiceCollection services)
    {
        // No default scheme: a request is authenticated by the policy of its endpoint, or not at all.
        services
            .AddAuthentication()
            .AddPolicyScheme(User, displayName: null, scheme => scheme.ForwardDefaultSelector = SchemeOf)
            .AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(ApiKey, displayName: null, configureOptions: null)
            .AddScheme<AuthenticationSchemeOptions, SessionHandler>(Session, displayName: null, configureOptions: null)
            .AddScheme<AuthenticationSchemeOptions, GatewayTokenHandler>(Gateway, displayName: null, configureOptions: null);
        services.AddAuthorization(authorization =>
        {
            authorization.DefaultPolicy = new AuthorizationPolicyBuilder(User).RequireAuthenticatedUser().Build();
            authorization.FallbackPolicy = new AuthorizationPolicyBuilder(User).AddRequirements(new NothingDeclared()).Build();
        });
        services.AddScoped<IAuthorizationHandler, PermissionHandler>();
        services.AddSingleton<IAuthorizationHandler, NothingDeclaredHandler>();
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, RefusalRenderer>();
        services.AddSingleton<IPermissions, AllPermissionsForUsers>();
        services.AddSingleton<SignInLimits>().AddScoped<SignIn>();
        services.AddHttpContextAccessor();
        services.AddScoped<CallingGateway>();
    }

    private static string SchemeOf(HttpContext context) =>
        context.Request.Headers[ApiKeyHandler.Header].ToString().Length > 0 ? ApiKey : Session;
}
