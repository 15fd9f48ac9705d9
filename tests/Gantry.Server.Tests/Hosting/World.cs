using System.Text.Json.Nodes;
using Gantry.Clusters.Model;
using Gantry.Protocol;
using Gantry.Server.Store;
using Microsoft.Extensions.Logging;

namespace Gantry.Server.Tests.Hosting;

/// <summary>A console with a paired gateway, a cloud account and a published profile: ready for clusters.</summary>
public sealed class World : IAsyncDisposable
{
    private World(TestConsole console, FakeGateway gateway)
    {
        Console = console;
        Gateway = gateway;
    }

    public TestConsole Console { get; }

    public FakeGateway Gateway { get; }

    public string Account { get; private set; } = "";

    public string Profile { get; private set; } = "";

    public string Project { get; private set; } = "";

    public static async Task<World> MakeAsync(
        TimeProvider? time = null,
        Func<ConsoleOptions, ConsoleOptions>? change = null,
        StoreProvider? store = null,
        ILoggerProvider? logs = null
    )
    {
        var console = await TestConsole.StartAsync(time, change, store, logs);
        var world = new World(console, await FakeGateway.PairAsync(console, time: time));
        await world.Gateway.PollAsync();
        world.Project = (await console.GetAsync("/v1/dashboard/projects/metadata"))
            .GetProperty("items")[0]
            .GetProperty("metadata")
            .GetProperty("uid")
            .GetString()!;
        console.Client.DefaultRequestHeaders.Add("ProjectUid", world.Project);
        world.Account = (
            await console.PostAsync(
                "/v1/cloudaccounts/maas",
                new
                {
                    metadata = new { name = "lab", annotations = new { overlordUid = world.Gateway.Uid } },
                    spec = new { apiEndpoint = "http://maas:5240/MAAS", apiKey = "a:b:c" },
                }
            )
        )
            .GetProperty("uid")
            .GetString()!;
        world.Profile = await world.CreateProfileAsync("lab-infra");
        world.Gateway.Answers = request =>
            request switch
            {
                GatewayRequest.IssueKubeconfig issue => new IssuedKubeconfig(
                    SampleKubeconfig.Of(world.Gateway.Clusters[issue.Cluster.Value].Name.Value, issue.User).ToYaml(),
                    (time ?? TimeProvider.System).GetUtcNow() + issue.Validity
                ),
                GatewayRequest.PlanCluster plan => new PlanDocument(
                    "hash",
                    [
                        new PlannedStep(
                            "+",
                            "Deploy",
                            "abc123",
                            "node-1",
                            plan.Cluster.Pools[0].Name,
                            "default",
                            "0 of 1 machines exist"
                        ),
                    ],
                    [],
                    []
                ),
                _ => null,
            };
        return world;
    }

    /// <summary>The packs of the four base layers, as clients write them.</summary>
    /// <param name="kubernetes">Tag of the Kubernetes pack; null takes the newest.</param>
    public async Task<JsonArray> PacksAsync(string? kubernetes = null) =>
        [
            .. (await Console.GetAsync("/v1/packs"))
                .GetProperty("items")
                .EnumerateArray()
                .Select(pack =>
                    (Spec: pack.GetProperty("spec"), Uid: pack.GetProperty("metadata").GetProperty("uid").GetString())
                )
                .GroupBy(pack => pack.Spec.GetProperty("layer").GetString())
                .Where(layer => layer.Key is "os" or "k8s" or "cni" or "csi")
                .Select(layer =>
                    layer.First(pack =>
                        layer.Key is not "k8s" || kubernetes is null || pack.Spec.GetProperty("version").GetString() == kubernetes
                    )
                )
                .Select(pack => new JsonObject
                {
                    ["name"] = pack.Spec.GetProperty("name").GetString(),
                    ["tag"] = pack.Spec.GetProperty("version").GetString(),
                    ["uid"] = pack.Uid,
                    ["registryUid"] = pack.Spec.GetProperty("registryUid").GetString(),
                    ["type"] = "spectro",
                    ["values"] = pack.Spec.GetProperty("values").GetString(),
                    ["manifests"] = new JsonArray(),
                }),
        ];

    /// <param name="version">The version of the profile.</param>
    /// <param name="kubernetes">Tag of the Kubernetes pack; null takes the newest.</param>
    public async Task<string> CreateProfileAsync(string name, string version = "1.0.0", string? kubernetes = null)
    {
        var packs = await PacksAsync(kubernetes);
        var uid = (
            await Console.PostAsync(
                "/v1/clusterprofiles",
                new
                {
                    metadata = new
                    {
                        name,
                        annotations = new { description = "" },
                        labels = new { },
                    },
                    spec = new
                    {
                        version,
                        template = new
                        {
                            cloudType = "maas",
                            type = "infra",
                            packs,
                        },
                        variables = Array.Empty<object>(),
                    },
                }
            )
        ).GetProperty("uid").GetString()!;
        using var published = await Console.Client.PatchAsync($"/v1/clusterprofiles/{uid}/publish", null);
        Assert.Equal(204, (int)published.StatusCode);
        return uid;
    }

    /// <summary>The body that the Terraform provider sends.</summary>
    public JsonObject Body(string name, int controlPlane = 1, int workers = 1) =>
        new()
        {
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["uid"] = "",
                ["labels"] = new JsonObject { ["team"] = "blue" },
                ["annotations"] = new JsonObject { ["description"] = "" },
            },
            ["spec"] = new JsonObject
            {
                ["cloudAccountUid"] = Account,
                ["cloudConfig"] = new JsonObject
                {
                    ["domain"] = "maas",
                    ["enableLxdVm"] = false,
                    ["ntpServers"] = new JsonArray(),
                    ["sshKeys"] = new JsonArray("ssh-ed25519 AAAA me"),
                },
                ["profiles"] = new JsonArray(
                    new JsonObject
                    {
                        ["uid"] = Profile,
                        ["packValues"] = new JsonArray(),
                        ["variables"] = new JsonArray(),
                    }
                ),
                ["machinepoolconfig"] = new JsonArray(
                    Pool("control-plane-pool", controlPlane, true),
                    Pool("worker-pool", workers, false)
                ),
                ["clusterConfig"] = new JsonObject
                {
                    ["clusterMetaAttribute"] = "",
                    ["machineManagementConfig"] = new JsonObject { ["osPatchConfig"] = null },
                    ["resources"] = new JsonObject { ["namespaces"] = new JsonArray(), ["rbacs"] = new JsonArray() },
                    ["hostClusterConfig"] = new JsonObject { ["isHostCluster"] = false },
                    ["location"] = null,
                    ["timezone"] = "",
                    ["updateWorkerPoolsInParallel"] = false,
                },
                ["policies"] = new JsonObject { ["backupPolicy"] = null, ["scanPolicy"] = null },
                ["clusterType"] = "PureManage",
            },
        };

    public static JsonObject Pool(string name, int size, bool controlPlane) =>
        new()
        {
            ["cloudConfig"] = new JsonObject
            {
                ["azs"] = new JsonArray("rack-a", "rack-b"),
                ["instanceType"] = new JsonObject { ["minCPU"] = 4, ["minMemInMB"] = 8192 },
                ["resourcePool"] = "default",
                ["tags"] = new JsonArray("fast"),
                ["useLxdVm"] = false,
            },
            ["poolConfig"] = new JsonObject
            {
                ["name"] = name,
                ["size"] = size,
                ["minSize"] = 0,
                ["maxSize"] = 0,
                ["isControlPlane"] = controlPlane,
                ["useControlPlaneAsWorker"] = false,
                ["labels"] = new JsonArray(controlPlane ? "control-plane" : "worker"),
                ["additionalLabels"] = new JsonObject(),
                ["additionalAnnotations"] = new JsonObject(),
                ["taints"] = new JsonArray(),
                ["updateStrategy"] = new JsonObject
                {
                    ["type"] = "RollingUpdateScaleOut",
                    ["maxSurge"] = "",
                    ["maxUnavailable"] = "",
                },
                ["nodeRepaveInterval"] = 0,
                ["skipK8sUpgrade"] = "disabled",
                ["overrideKubeadmConfiguration"] = "",
            },
        };

    /// <param name="profile">Null takes <see cref="Profile"/>.</param>
    public async Task<string> CreateClusterAsync(string name, int controlPlane = 1, int workers = 1, string? profile = null)
    {
        var body = Body(name, controlPlane, workers);
        body["spec"]!["profiles"]![0]!["uid"] = profile ?? Profile;
        return (await Console.PostAsync("/v1/spectroclusters/maas", body)).GetProperty("uid").GetString()!;
    }

    /// <summary>Path of the cloud config.</summary>
    public async Task<string> ConfigAsync(string uid) =>
        "/v1/cloudconfigs/maas/"
        + (await Console.GetAsync($"/v1/spectroclusters/{uid}"))
            .GetProperty("spec")
            .GetProperty("cloudConfigRef")
            .GetProperty("uid")
            .GetString();

    /// <summary>The desired state at the gateway, after a poll.</summary>
    public async Task<ClusterSpec> WantedAsync(string uid)
    {
        await Gateway.PollAsync();
        return Gateway.Clusters[uid];
    }

    public async Task<string> StateAsync(string uid) =>
        (await Console.GetAsync($"/v1/spectroclusters/{uid}")).GetProperty("status").GetProperty("state").GetString()!;

    public async ValueTask DisposeAsync()
    {
        Gateway.Dispose();
        await Console.DisposeAsync();
    }
}
