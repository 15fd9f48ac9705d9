using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Gantry.Gateway.Tests.Doubles;
using Gantry.Server.Tests.Hosting;
using Gantry.Testing;

namespace Gantry.Gateway.Tests;

/// <summary>The gateway with the shipped console, over their protocol.</summary>
public sealed class RealConsoleTests
{
    private const string Key = "consumer:token:secret";

    [Fact]
    public async Task A_pairing_code_works_once_and_then_says_so()
    {
        await using var console = await TestConsole.StartAsync();
        var code = await console.Host.CreatePairingCodeAsync("rack", TestContext.Current.CancellationToken);
        await using var first = await StartAsync(console, code);
        await using var second = new TestGateway(null);

        var refused = await Assert.ThrowsAsync<GatewayException>(() => second.StartAsync(Towards(console, code)));

        Assert.Contains("was used at", refused.Message, StringComparison.Ordinal);
        var listed = (await console.GetAsync($"/v1/overlords/{first.Host.State.Uid}")).GetRawText();
        Assert.Contains("rack", listed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_account_is_validated_stored_and_looked_into_through_the_gateway()
    {
        await using var console = await TestConsole.StartAsync();
        await using var gateway = await StartAsync(
            console,
            await console.Host.CreatePairingCodeAsync("rack", TestContext.Current.CancellationToken)
        );
        var validate = $"/v1/overlords/maas/{gateway.Host.State.Uid}/account/validate";

        await console.PostAsync(
            validate,
            new { account = new { apiEndpoint = "http://maas.test:5240/MAAS", apiKey = Key } },
            204
        );
        gateway.Http.Answers["users/"] = (HttpStatusCode.Unauthorized, "Authorization Error");
        var rejected = await console.PostAsync(
            validate,
            new { account = new { apiEndpoint = "http://maas.test:5240/MAAS", apiKey = "a:b:c" } },
            400
        );
        Assert.Equal("CredentialsRejected", rejected.GetProperty("code").GetString());

        gateway.Http.Answers["users/"] = (HttpStatusCode.OK, """{"username":"gantry","is_superuser":true}""");
        var account = await CreateAccountAsync(console, gateway);
        await Eventually.HoldsAsync(async () =>
        {
            var zones = await console.GetAsync($"/v1/cloudaccounts/maas/{account}/properties/azs");
            Assert.Equal("az1", zones.GetProperty("items")[0].GetProperty("name").GetString());
        });
    }

    [Fact]
    public async Task A_cluster_that_a_user_creates_runs_is_deleted_and_leaves_nothing()
    {
        await using var console = await TestConsole.StartAsync();
        await using var gateway = await StartAsync(
            console,
            await console.Host.CreatePairingCodeAsync("rack", TestContext.Current.CancellationToken)
        );
        var project = (await console.GetAsync("/v1/dashboard/projects/metadata")).GetProperty("items")[0].GetProperty("metadata");
        console.Client.DefaultRequestHeaders.Add("ProjectUid", project.GetProperty("uid").GetString());
        var account = await CreateAccountAsync(console, gateway);
        var profile = await CreateProfileAsync(console, gateway);

        var uid = (await console.PostAsync("/v1/spectroclusters/maas", Cluster(account, profile))).GetProperty("uid").GetString();
        await ReachesAsync("Running");
        Assert.Equal(2, gateway.Place.Held.Count());

        await console.DeleteAsync($"/v1/spectroclusters/{uid}");
        await ReachesAsync("Deleted");
        Assert.Empty(gateway.Place.Held);
        await Eventually.HoldsAsync(() => Assert.Equal(0, gateway.Host.State.Clusters));

        Task ReachesAsync(string state) =>
            Eventually.HoldsAsync(async () =>
            {
                var status = (await console.GetAsync($"/v1/spectroclusters/{uid}")).GetProperty("status");
                Assert.True(status.GetProperty("state").GetString() == state, $"{state} is not reached: {status}");
            });
    }

    [Fact]
    public async Task A_gateway_deleted_in_the_console_is_revoked()
    {
        await using var console = await TestConsole.StartAsync();
        await using var gateway = await StartAsync(
            console,
            await console.Host.CreatePairingCodeAsync("rack", TestContext.Current.CancellationToken)
        );
        await Eventually.HoldsAsync(() => Assert.Equal(LinkState.Connected, gateway.Host.State.Link));

        await console.DeleteAsync($"/v1/overlords/{gateway.Host.State.Uid}", 200);

        await Eventually.HoldsAsync(() => Assert.Equal(LinkState.Revoked, gateway.Host.State.Link));
        Assert.Contains("pair it again", gateway.Host.State.Message, StringComparison.Ordinal);
    }

    private static Task<TestGateway> StartAsync(TestConsole console, string code) =>
        new TestGateway(null).StartAsync(Towards(console, code));

    private static Func<GatewayOptions, GatewayOptions> Towards(TestConsole console, string code) =>
        options => options with { ConsoleUrl = console.Host.Url, CaFile = console.Host.CaFile, PairingCode = code };

    private static async Task<string> CreateAccountAsync(TestConsole console, TestGateway gateway) =>
        (
            await console.PostAsync(
                "/v1/cloudaccounts/maas",
                new
                {
                    metadata = new { name = "lab", annotations = new { overlordUid = gateway.Host.State.Uid } },
                    spec = new { apiEndpoint = "http://maas.test:5240/MAAS", apiKey = Key },
                }
            )
        )
            .GetProperty("uid")
            .GetString()!;

    private static async Task<string> CreateProfileAsync(TestConsole console, TestGateway gateway)
    {
        var packs = (await console.GetAsync("/v1/packs"))
            .GetProperty("items")
            .EnumerateArray()
            .Select(pack => (Spec: pack.GetProperty("spec"), Uid: pack.GetProperty("metadata").GetProperty("uid").GetString()))
            .GroupBy(pack => pack.Spec.GetProperty("layer").GetString())
            .Where(layer => layer.Key is "os" or "k8s" or "cni" or "csi")
            .Select(layer => layer.First())
            .Select(pack => new
            {
                name = Text(pack.Spec, "name"),
                tag = Text(pack.Spec, "version"),
                uid = pack.Uid,
                registryUid = Text(pack.Spec, "registryUid"),
                type = "spectro",
                values = Text(pack.Spec, "values"),
                manifests = Array.Empty<object>(),
            })
            .ToList();
        gateway.Place.Region.Images.AddRange(packs.Select(pack => $"custom/ubuntu-24.04-k8s-{pack.tag}"));
        var uid = (
            await console.PostAsync(
                "/v1/clusterprofiles",
                new
                {
                    metadata = new { name = "infra" },
                    spec = new
                    {
                        version = "1.0.0",
                        template = new
                        {
                            cloudType = "maas",
                            type = "infra",
                            packs,
                        },
                    },
                }
            )
        ).GetProperty("uid").GetString()!;
        using var published = await console.Client.PatchAsync($"/v1/clusterprofiles/{uid}/publish", null);
        Assert.Equal(HttpStatusCode.NoContent, published.StatusCode);
        return uid;
    }

    private static object Cluster(string account, string profile) =>
        new
        {
            metadata = new { name = "web" },
            spec = new
            {
                cloudAccountUid = account,
                cloudConfig = new { domain = "maas", sshKeys = Array.Empty<string>() },
                profiles = new[] { new { uid = profile } },
                machinepoolconfig = new[]
                {
                    Pool("control-plane-pool", controlPlane: true),
                    Pool("worker-pool", controlPlane: false),
                },
            },
        };

    private static object Pool(string name, bool controlPlane) =>
        new
        {
            cloudConfig = new
            {
                azs = Array.Empty<string>(),
                instanceType = new { minCPU = 1, minMemInMB = 1024 },
                resourcePool = "default",
            },
            poolConfig = new
            {
                name,
                size = 1,
                isControlPlane = controlPlane,
                labels = new[] { controlPlane ? "control-plane" : "worker" },
                updateStrategy = new { type = "RollingUpdateScaleOut" },
            },
        };

    private static string? Text(JsonElement spec, string name) => spec.GetProperty(name).GetString();
}
