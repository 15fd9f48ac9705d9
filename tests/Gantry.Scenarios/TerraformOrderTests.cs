using System.Net;
using System.Text.Json.Nodes;
using Gantry.Testing;

namespace Gantry.Scenarios;

/// <summary>
/// The calls that the Terraform provider makes for a MAAS cluster, in its order and with the states and codes it waits for.
/// </summary>
public sealed class TerraformOrderTests
{
    private static readonly HashSet<string> Pending = ["Unknown", "Pending", "Running", "Provisioning", "Importing"];

    [Fact]
    public async Task A_cluster_is_created_read_and_destroyed_as_the_provider_does_it()
    {
        await using var gantry = await RunningGantry.StartAsync();
        using var api = new ApiClient(gantry);
        await ConfigureAsync(api);
        var account = await AccountAsync(api, gantry);
        var profile = await ProfileAsync(api);

        var created = await api.ExpectAsync(
            HttpStatusCode.Created,
            HttpMethod.Post,
            "/v1/spectroclusters/maas",
            Cluster(account, profile)
        );
        var uid = (string)created!["uid"]!;
        await Eventually.HoldsAsync(
            async () =>
            {
                var state = await StateAsync(api, uid);
                if (state != "Running-Healthy")
                {
                    Assert.Contains(state, Pending);
                    Assert.Fail($"still {state}");
                }
            },
            TimeSpan.FromMinutes(4)
        );

        await ReadAsync(api, uid);
        await DestroyAsync(api, uid);
        Assert.Empty(await Leftovers.OfAsync(gantry));
    }

    private static async Task ConfigureAsync(ApiClient api)
    {
        var projects = await api.ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, "/v1/dashboard/projects/metadata");
        var project = projects!["items"]!.AsArray().Single(item => (string?)item!["metadata"]!["name"] == "Default");
        api.ProjectUid = (string?)project!["metadata"]!["uid"];
    }

    private static async Task<string> AccountAsync(ApiClient api, RunningGantry gantry)
    {
        var overlords = await api.ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, "/v1/overlords");
        var gateway = (string)
            overlords!["items"]!.AsArray().Single(item => (string?)item!["metadata"]!["name"] == "System Private Gateway")![
                "metadata"
            ]!["uid"]!;
        var overlord = await api.ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, $"/v1/overlords/{gateway}");
        Assert.Equal("Running", (string?)overlord!["status"]!["state"]);

        var credentials = new JsonObject
        {
            ["apiEndpoint"] = gantry.Credentials.MaasUrl,
            ["apiKey"] = gantry.Credentials.MaasKey,
        };
        await api.ExpectAsync(
            HttpStatusCode.NoContent,
            HttpMethod.Post,
            $"/v1/overlords/maas/{gateway}/account/validate",
            new JsonObject { ["account"] = credentials.DeepClone() }
        );
        var created = await api.ExpectAsync(
            HttpStatusCode.Created,
            HttpMethod.Post,
            "/v1/cloudaccounts/maas",
            new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["name"] = "terraform",
                    ["uid"] = "",
                    ["annotations"] = new JsonObject { ["overlordUid"] = gateway },
                },
                ["spec"] = credentials,
            }
        );
        var uid = (string)created!["uid"]!;
        var read = await api.ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, $"/v1/cloudaccounts/maas/{uid}");
        Assert.Equal("terraform", (string?)read!["metadata"]!["name"]);
        Assert.Equal(gateway, (string?)read["metadata"]!["annotations"]!["overlordUid"]);
        Assert.Equal(gantry.Credentials.MaasUrl, (string?)read["spec"]!["apiEndpoint"]);
        Assert.DoesNotContain(gantry.Credentials.MaasKey!.Split(':')[2], read.ToJsonString(), StringComparison.Ordinal);
        return uid;
    }

    private static async Task<string> ProfileAsync(ApiClient api)
    {
        var profiles = await api.ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, "/v1/dashboard/clusterprofiles/metadata");
        var uid = (string)profiles!["items"]![0]!["metadata"]!["uid"]!;
        var profile = await api.ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, $"/v1/clusterprofiles/{uid}");
        Assert.Equal(
            ["os", "k8s", "cni", "csi"],
            profile!["spec"]!["published"]!["packs"]!.AsArray().Select(pack => (string?)pack!["layer"])
        );
        return uid;
    }

    private static JsonObject Cluster(string account, string profile) =>
        new()
        {
            ["metadata"] = new JsonObject
            {
                ["name"] = "tf",
                ["uid"] = "",
                ["labels"] = new JsonObject { ["team"] = "blue" },
                ["annotations"] = new JsonObject { ["description"] = "made by a provider" },
            },
            ["spec"] = new JsonObject
            {
                ["cloudAccountUid"] = account,
                ["cloudConfig"] = new JsonObject
                {
                    ["domain"] = "maas",
                    ["enableLxdVm"] = false,
                    ["ntpServers"] = new JsonArray(),
                    ["sshKeys"] = new JsonArray(),
                },
                ["profiles"] = new JsonArray(
                    new JsonObject
                    {
                        ["uid"] = profile,
                        ["packValues"] = new JsonArray(),
                        ["variables"] = new JsonArray(),
                    }
                ),
                ["machinepoolconfig"] = new JsonArray(
                    Pool("cp-pool", 3, isControlPlane: true),
                    Pool("worker-basic", 2, isControlPlane: false)
                ),
                ["clusterConfig"] = new JsonObject
                {
                    ["machineManagementConfig"] = new JsonObject { ["osPatchConfig"] = null },
                    ["resources"] = new JsonObject { ["namespaces"] = new JsonArray(), ["rbacs"] = new JsonArray() },
                    ["hostClusterConfig"] = new JsonObject { ["isHostCluster"] = false },
                    ["timezone"] = "",
                    ["updateWorkerPoolsInParallel"] = false,
                },
                ["policies"] = new JsonObject { ["backupPolicy"] = null, ["scanPolicy"] = null },
            },
        };

    private static JsonObject Pool(string name, int size, bool isControlPlane) =>
        new()
        {
            ["cloudConfig"] = new JsonObject
            {
                ["azs"] = new JsonArray(),
                ["instanceType"] = new JsonObject { ["minCPU"] = 2, ["minMemInMB"] = 2048 },
                ["resourcePool"] = "",
                ["tags"] = new JsonArray(),
                ["useLxdVm"] = false,
            },
            ["poolConfig"] = new JsonObject
            {
                ["name"] = name,
                ["size"] = size,
                ["minSize"] = 0,
                ["maxSize"] = 0,
                ["isControlPlane"] = isControlPlane,
                ["useControlPlaneAsWorker"] = false,
                ["labels"] = new JsonArray(isControlPlane ? "control-plane" : "worker"),
                ["additionalLabels"] = new JsonObject(),
                ["additionalAnnotations"] = new JsonObject(),
                ["taints"] = new JsonArray(),
                ["updateStrategy"] = new JsonObject { ["type"] = "RollingUpdateScaleOut" },
                ["nodeRepaveInterval"] = 0,
            },
        };

    private static async Task<string> StateAsync(ApiClient api, string uid)
    {
        var cluster = await api.ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, $"/v1/spectroclusters/{uid}");
        var state = (string?)cluster!["status"]?["state"] ?? "Unknown";
        if (state == "Running")
        {
            var overview = await api.ExpectAsync(
                HttpStatusCode.OK,
                HttpMethod.Get,
                $"/v1/dashboard/spectroclusters/{uid}/overview"
            );
            if ((string?)overview!["status"]?["health"]?["state"] == "Healthy")
            {
                return "Running-Healthy";
            }
        }

        return state;
    }

    private static async Task ReadAsync(ApiClient api, string uid)
    {
        var cluster = await api.ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, $"/v1/spectroclusters/{uid}");
        Assert.Equal("maas", (string?)cluster!["spec"]!["cloudType"]);
        Assert.Equal("""{"team":"blue"}""", cluster["metadata"]!["labels"]!.ToJsonString());
        Assert.All(cluster["status"]!["conditions"]!.AsArray(), condition => Assert.Equal("True", (string?)condition!["status"]));

        foreach (var asset in (string[])["kubeconfigclient", "adminKubeconfig"])
        {
            var (status, body, mediaType) = await api.SendAsync(HttpMethod.Get, $"/v1/spectroclusters/{uid}/assets/{asset}");
            Assert.Equal((HttpStatusCode.OK, "application/octet-stream"), (status, mediaType));
            Assert.Contains("client-certificate-data", body, StringComparison.Ordinal);
        }

        foreach (var feature in (string[])["backup", "complianceScan"])
        {
            var (status, body, _) = await api.SendAsync(HttpMethod.Get, $"/v1/spectroclusters/{uid}/features/{feature}");
            if (status == HttpStatusCode.OK)
            {
                Assert.NotNull(JsonNode.Parse(body)!["spec"]);
            }
            else
            {
                Assert.Equal(HttpStatusCode.NotFound, status);
                Assert.Contains((string?)JsonNode.Parse(body)!["code"], (string?[])["ResourceNotFound", "BackupNotConfigured"]);
            }
        }

        await api.SendAsync(HttpMethod.Get, $"/v1/spectroclusters/{uid}/config/rbacs");
        await api.SendAsync(HttpMethod.Get, $"/v1/spectroclusters/{uid}/config/namespaces");
        await api.ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, $"/v1/spectroclusters/{uid}/variables");

        var config = (string)cluster["spec"]!["cloudConfigRef"]!["uid"]!;
        var cloudConfig = await api.ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, $"/v1/cloudconfigs/maas/{config}");
        var pools = cloudConfig!["spec"]!["machinePoolConfig"]!.AsArray();
        Assert.Equal(["cp-pool", "worker-basic"], pools.Select(pool => (string?)pool!["name"]));
        foreach (var (pool, size) in ((string, int)[])[("cp-pool", 3), ("worker-basic", 2)])
        {
            var machines = await api.ExpectAsync(
                HttpStatusCode.OK,
                HttpMethod.Get,
                $"/v1/cloudconfigs/maas/{config}/machinePools/{pool}/machines"
            );
            Assert.Equal(size, machines!["items"]!.AsArray().Count);
            Assert.All(machines["items"]!.AsArray(), machine => Assert.NotNull(machine!["status"]));
        }
    }

    private static async Task DestroyAsync(ApiClient api, string uid)
    {
        await api.ExpectAsync(HttpStatusCode.NoContent, HttpMethod.Delete, $"/v1/spectroclusters/{uid}");
        Assert.NotEqual("Running-Healthy", await StateAsync(api, uid));
        await Eventually.HoldsAsync(
            async () =>
            {
                var (status, body, _) = await api.SendAsync(HttpMethod.Get, $"/v1/spectroclusters/{uid}");
                var gone = status == HttpStatusCode.NotFound || (string?)JsonNode.Parse(body)!["status"]!["state"] == "Deleted";
                Assert.True(gone, body);
            },
            TimeSpan.FromMinutes(4)
        );
    }
}
