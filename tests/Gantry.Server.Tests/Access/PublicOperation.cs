using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Server.Tests.Hosting;

namespace Gantry.Server.Tests.Access;

/// <summary>An operation of the OpenAPI document, with a request for the first project's objects.</summary>
public sealed record PublicOperation(string Method, string Route, string Id)
{
    /// <summary>The operations that need no credential. Adding one is a decision.</summary>
    public static readonly string[] Open = ["Health", "V1HealthPing", "v1Authenticate", "v1AuthRefresh"];

    public static async Task<IReadOnlyList<PublicOperation>> AllAsync(TestConsole console)
    {
        var document = await console.GetAsync("/v1/openapi.json");
        return
        [
            .. from path in document.GetProperty("paths").EnumerateObject()
            from operation in path.Value.EnumerateObject()
            select new PublicOperation(
                operation.Name.ToUpperInvariant(),
                path.Name,
                operation.Value.GetProperty("operationId").GetString()!
            ),
        ];
    }

    public bool IsOpen => Open.Contains(Id);

    /// <summary>Whether the route names an object of a project. Objects of the tenant are visible to every project.</summary>
    public bool NamesObjectOfProject => NamesObject && !Nouns("/v1/projects/", "/v1/apiKeys/", "/v1/overlords/");

    /// <summary>Whether the route names an object with an owner. Packs and their registries are shared by all tenants.</summary>
    public bool NamesObject => Route.Contains('{', StringComparison.Ordinal) && !Nouns("/v1/packs/", "/v1/registries/");

    /// <summary>The path with the uids of the first project's objects.</summary>
    public string Path(TwoTenants world) =>
        string.Join(
            '/',
            Route
                .Split('/')
                .Select(
                    (part, at) =>
                        part switch
                        {
                            "{uid}" => Owner(world),
                            "{configUid}" => world.CloudConfig,
                            "{objectKind}" => "spectrocluster",
                            "{objectUid}" => world.Cluster,
                            "{hash}" => new string('a', 64),
                            "{machinePoolName}" or "{poolName}" => "worker-pool",
                            "{machineUid}" or "{systemId}" => "abc123",
                            "{packName}" => "calico",
                            "{registryUid}" or "{token}" => "none",
                            _ when part.StartsWith('{') => throw new NotSupportedException($"{Route}: say here what {part} is"),
                            _ => part,
                        }
                )
        ) + Query(world);

    /// <summary>A body that passes validation where validation comes before the look-up; otherwise an empty object.</summary>
    public object? Body(TwoTenants world) =>
        Id switch
        {
            "v1ApiKeysUidUpdate" or "v1ProjectsUidUpdate" or "v1OverlordsUidMetadataUpdate" => new
            {
                metadata = new { name = "taken-over" },
                spec = new { },
            },
            "v1ApiKeysUidActiveState" or "v1ApiKeysUidState" => new { isActive = false },
            "v1CloudAccountsMaasPatch" => new JsonArray(),
            "SetProjectAutoRepair" or "SetClusterAutoRepair" => new { enabled = false },
            "v1SpectroClustersMaasCreate"
            or "v1SpectroClustersMaasValidate"
            or "PlanCluster"
            or "WhatIfCluster"
            or "WhyNotCluster" => world.World.Body("intruder"),
            "v1CloudConfigsMaasMachinePoolCreate" or "v1CloudConfigsMaasMachinePoolUpdate" or "AddClusterPool" => World.Pool(
                "worker-pool",
                9,
                controlPlane: false
            ),
            "v1SpectroClustersUpdateProfiles" or "v1SpectroClustersPatchProfiles" or "v1SpectroClustersUidValidateRepave" => new
            {
                profiles = new[] { new { uid = world.World.Profile } },
            },
            "v1SpectroClustersDeleteProfiles" => new { profileUids = new[] { world.World.Profile } },
            _ => Method is "GET" or "DELETE" ? null : new JsonObject(),
        };

    public override string ToString() => $"{Method} {Route}";

    private string Query(TwoTenants world) =>
        Route switch
        {
            "/v1/clouds/maas/account/validate" => "",
            _ when Route.StartsWith("/v1/clouds/maas/", StringComparison.Ordinal) => $"?cloudAccountUid={world.World.Account}",
            _ => "",
        };

    private string Owner(TwoTenants world) =>
        Route switch
        {
            _ when Nouns("/v1/spectroclusters/", "/v1/dashboard/spectroclusters/") => world.Cluster,
            _ when Nouns("/v1/cloudaccounts/") => world.World.Account,
            _ when Nouns("/v1/clusterprofiles/") => world.World.Profile,
            _ when Nouns("/v1/projects/") => world.World.Project,
            _ when Nouns("/v1/overlords/") => world.World.Gateway.Uid,
            _ when Nouns("/v1/apiKeys/") => world.ApiKey,
            _ when Nouns("/v1/audits/") => world.ClusterAudit,
            _ when Nouns("/v1/packs/", "/v1/registries/") => "none",
            _ => throw new NotSupportedException($"{Route}: say here whose uid this is"),
        };

    private bool Nouns(params string[] beginnings) =>
        beginnings.Any(beginning => Route.StartsWith(beginning, StringComparison.Ordinal));
}
