using Gantry.Protocol;
using Gantry.Server.Api;
using Gantry.Server.ApiKeys;
using Gantry.Server.Audits;
using Gantry.Server.Auth;
using Gantry.Server.CloudAccounts;
using Gantry.Server.CloudConfigs;
using Gantry.Server.Clusters;
using Gantry.Server.Documents;
using Gantry.Server.Events;
using Gantry.Server.Gateways;
using Gantry.Server.Packs;
using Gantry.Server.Profiles;
using Gantry.Server.Projects;
using Gantry.Server.Security;
using Gantry.Server.Store;

namespace Gantry.Server;

/// <summary>Registers every service and every module of the API.</summary>
internal static class ConsoleModules
{
    public static void AddConsole(
        this IServiceCollection services,
        ConsoleOptions options,
        StoreProvider store,
        Tenancy tenancy,
        byte[] sessionKey,
        TimeProvider time
    )
    {
        services.AddRouting();
        services.AddOpenApi("v1", OpenApiDescription.Complete);
        services.ConfigureHttpJsonOptions(json => ApiJson.Configure(json.SerializerOptions));
        services.Configure<RouteHandlerOptions>(handlers => handlers.ThrowOnBadRequest = true);
        services.AddDbContext<ConsoleDb>(builder => store.Configure(builder));
        services.AddSingleton(options).AddSingleton(tenancy).AddSingleton(time);
        services.AddSingleton(new SessionTokens(sessionKey, time)).AddSingleton(new KubeconfigSeal(sessionKey));
        store.AddSharedState(services);
        services
            .AddSingleton<GatewayPresence>()
            .AddScoped<PendingRequests>()
            .AddScoped<QuarantineRequests>()
            .AddScoped<GatewayTokenVerifier>();
        services.AddSingleton<GatewayInstances>().AddSingleton<GatewaySurroundings>().AddScoped<KeyCheck>();
        services.AddScoped(CallerOf).AddScoped<Changes>().AddScoped<PairingCodes>().AddScoped<LocalAdministrator>();
        services
            .AddScoped<ClusterScope>()
            .AddScoped<ClusterDrafts>()
            .AddScoped<ClusterStore>()
            .AddScoped<ClusterChanger>()
            .AddScoped<ClusterViews>()
            .AddScoped<ClusterDocuments>()
            .AddScoped<DocumentApplication>()
            .AddScoped<RegionCheck>();
        services.AddScoped<ProfileResolver>().AddScoped<RepairSetting>().AddScoped<PlanStore>();
        services.AddScoped<Kubeconfigs>();
        services.AddHostedService<Housekeeping>();
        services.AddAccessControl();
        services.AddRateLimits(options);
    }

    // Outside a request, the caller is the console itself.
    private static Caller CallerOf(IServiceProvider services) =>
        new(services.GetRequiredService<IHttpContextAccessor>().HttpContext?.Connection.RemoteIpAddress?.ToString() ?? "");

    public static void MapConsole(this WebApplication app)
    {
        app.MapOpenApi("/v1/openapi.json").AllowAnonymous();
        app.MapGateways();
        app.MapHealth();
        app.MapAuth();
        app.MapApiKeys();
        app.MapProjects();
        app.MapOverlords();
        app.MapCloudAccounts();
        app.MapCloudProperties();
        app.MapQuarantine();
        app.MapPacks();
        app.MapRegistries();
        app.MapProfiles();
        app.MapClusters();
        app.MapClusterDashboard();
        app.MapClusterSettings();
        app.MapClusterProfileChanges();
        app.MapClusterChanges();
        app.MapPlans();
        app.MapDocuments();
        app.MapRepaves();
        app.MapCertificates();
        app.MapRepair();
        app.MapResidue();
        app.MapAdoption();
        app.MapHistory();
        app.MapKubeconfigs();
        app.MapCloudConfigs();
        app.MapEvents();
        app.MapAudits();
        app.MapReservedWords();
        app.MapUnavailableRoutes();
    }
}
