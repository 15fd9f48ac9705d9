using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Gantry.Cli;
using Gantry.Maas;
using Gantry.Maas.Images;
using Gantry.Testing;

namespace Gantry.Scenarios;

/// <summary>
/// Errors of users and shortages of data centres. Each has a clear reason in the command line, the API and the conditions of the
/// cluster, and the cluster continues once the cause is removed.
/// </summary>
public sealed class WhatGoesWrongTests(WhatGoesWrongTests.SharedGantry shared) : IClassFixture<WhatGoesWrongTests.SharedGantry>
{
    /// <summary>An image with the lab's Kubernetes that the lab does not have at its start.</summary>
    private const string LateImage = "late-k8s-1.36.4";

    private readonly RunningGantry _gantry = shared.Gantry;

    [Fact]
    public async Task A_cluster_with_too_few_machines_is_built_once_its_pool_is_smaller()
    {
        await _gantry.RunAsync("cluster", "create", "--account", "lab", "greedy", "--control-plane", "1", "--workers", "60");
        await ConditionAsync("greedy", "TooFewMachines");

        await _gantry.RunAsync("cluster", "scale", "greedy", "--size", "1", "--wait", "--timeout", "5m");
        await DeleteAsync("greedy");
    }

    [Fact]
    public async Task A_constraint_that_no_machine_meets_is_reported_by_plan_and_conditions()
    {
        var (code, plan, _) = await _gantry.CliAsync(
            "plan",
            "create",
            "--account",
            "lab",
            "huge",
            "--control-plane",
            "1",
            "--pool",
            "name=huge,size=1,memory=999999GiB"
        );
        Assert.Equal(ExitCode.Refused, code);
        Assert.Contains("huge", plan, StringComparison.Ordinal);

        await _gantry.RunAsync(
            "cluster",
            "create",
            "--account",
            "lab",
            "huge",
            "--control-plane",
            "1",
            "--pool",
            "name=huge,size=1,memory=999999GiB"
        );
        await ConditionAsync("huge", "NoMachineFits");
        await DeleteAsync("huge");
        Assert.Empty(await Leftovers.OfAsync(_gantry));
    }

    [Fact]
    public async Task A_rejected_key_an_unreachable_MAAS_and_a_malformed_key_have_different_errors()
    {
        var (wrongKey, _, wrongKeyError) = await _gantry.CliAsync(
            "account",
            "validate",
            "--endpoint",
            _gantry.Credentials.MaasUrl!,
            "--key",
            "aaaaaaaaaaaaaaaaaa:bbbbbbbbbbbbbbbbbb:cccccccccccccccccccccccccccccccc"
        );
        Assert.Equal(ExitCode.NoAccess, wrongKey);
        Assert.Contains("key", wrongKeyError, StringComparison.Ordinal);
        Assert.DoesNotContain("cccccccc", wrongKeyError, StringComparison.Ordinal);

        var (unreachable, _, unreachableError) = await _gantry.CliAsync(
            "account",
            "validate",
            "--endpoint",
            "http://127.0.0.1:9/MAAS",
            "--key",
            _gantry.Credentials.MaasKey!
        );
        Assert.Equal(ExitCode.Unreachable, unreachable);
        Assert.Contains("127.0.0.1:9", unreachableError, StringComparison.Ordinal);

        var (malformed, _, malformedError) = await _gantry.CliAsync(
            "account",
            "validate",
            "--endpoint",
            _gantry.Credentials.MaasUrl!,
            "--key",
            "not-a-key"
        );
        Assert.Equal(ExitCode.Refused, malformed);
        Assert.Contains(":", malformedError, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("aaaaaaaaaaaaaaaaaa:bbbbbbbbbbbbbbbbbb:cccccccccccccccccccccccccccccccc", null, "CredentialsRejected")]
    [InlineData(null, "http://127.0.0.1:9/MAAS", "MaasUnreachable")]
    public async Task A_cluster_continues_when_its_account_is_corrected(string? key, string? endpoint, string reason)
    {
        using var api = new ApiClient(_gantry);
        var overlords = await api.ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, "/v1/overlords");
        JsonObject Account(string apiEndpoint, string apiKey) =>
            new()
            {
                ["metadata"] = new JsonObject
                {
                    ["name"] = "mended",
                    ["annotations"] = new JsonObject { ["overlordUid"] = (string?)overlords!["items"]![0]!["metadata"]!["uid"] },
                },
                ["spec"] = new JsonObject { ["apiEndpoint"] = apiEndpoint, ["apiKey"] = apiKey },
            };
        var right = (Url: _gantry.Credentials.MaasUrl!, Key: _gantry.Credentials.MaasKey!);
        var created = await api.ExpectAsync(
            HttpStatusCode.Created,
            HttpMethod.Post,
            "/v1/cloudaccounts/maas",
            Account(endpoint ?? right.Url, key ?? right.Key)
        );
        await _gantry.RunAsync("cluster", "create", "mended", "--control-plane", "1", "--account", "mended");
        var message = await ConditionAsync("mended", reason);
        Assert.DoesNotContain("cccccccc", message, StringComparison.Ordinal);

        await api.ExpectAsync(
            HttpStatusCode.NoContent,
            HttpMethod.Put,
            $"/v1/cloudaccounts/maas/{created!["uid"]}",
            Account(right.Url, right.Key)
        );
        await _gantry.RunAsync("cluster", "watch", "mended", "--timeout", "3m");
        await DeleteAsync("mended");
        await _gantry.RunAsync("account", "delete", "mended");
    }

    [Fact]
    public async Task A_duplicate_cluster_name_is_refused()
    {
        await _gantry.RunAsync("cluster", "create", "--account", "lab", "twin", "--control-plane", "1");

        var (code, _, error) = await _gantry.CliAsync("cluster", "create", "--account", "lab", "twin", "--control-plane", "1");

        Assert.Equal(ExitCode.Refused, code);
        Assert.Contains("twin", error, StringComparison.Ordinal);
        await DeleteAsync("twin");
    }

    [Fact]
    public async Task A_missing_image_is_named_and_no_machine_is_allocated()
    {
        using var api = new ApiClient(_gantry);
        var profile = await ProfileWithImageAsync(api, $"custom/{LateImage}");
        await _gantry.RunAsync(
            "cluster",
            "create",
            "--account",
            "lab",
            "imageless",
            "--control-plane",
            "1",
            "--profile",
            profile
        );

        var condition = await ConditionAsync("imageless", "ImageMissing");
        Assert.Contains(LateImage, condition, StringComparison.Ordinal);
        Assert.Empty(await Leftovers.OfAsync(_gantry));

        await UploadAsync(LateImage);
        await _gantry.RunAsync("cluster", "watch", "imageless", "--timeout", "3m");
        await DeleteAsync("imageless");
        await _gantry.RunAsync("profile", "delete", profile);
    }

    [Fact]
    public async Task A_locked_machine_delays_the_deletion_until_it_is_unlocked()
    {
        await _gantry.RunAsync(
            "cluster",
            "create",
            "--account",
            "lab",
            "sealed",
            "--control-plane",
            "1",
            "--wait",
            "--timeout",
            "5m"
        );
        var cluster = JsonNode.Parse(await _gantry.RunAsync("cluster", "get", "sealed", "-o", "json"))!;
        var machine = (string)cluster["status"]!["machines"]![0]!["systemId"]!;
        await _gantry.MaasAsync($"machines/{machine}/?op=lock");

        await _gantry.RunAsync("cluster", "delete", "sealed");
        var condition = await ConditionAsync("sealed", "MachineLocked");
        Assert.Contains("unlock", condition, StringComparison.OrdinalIgnoreCase);

        await _gantry.MaasAsync($"machines/{machine}/?op=unlock");
        await Eventually.HoldsAsync(async () => Assert.Empty(await Leftovers.OfAsync(_gantry)), TimeSpan.FromMinutes(2));
    }

    [Theory]
    [InlineData("POST", "/v1/spectroclusters/maas", "{}")]
    [InlineData("POST", "/v1/spectroclusters/maas", "[]")]
    [InlineData("POST", "/v1/cloudaccounts/maas", """{"metadata":{"name":"x"},"spec":{}}""")]
    [InlineData("GET", "/v1/spectroclusters/nothing", null)]
    [InlineData("DELETE", "/v1/spectroclusters/nothing", null)]
    [InlineData("GET", "/v1/no/such/path", null)]
    [InlineData("PUT", "/v1/spectroclusters/maas", "{}")]
    public async Task A_client_error_is_answered_with_4xx_and_a_reason(string method, string path, string? body)
    {
        using var api = new ApiClient(_gantry);

        var answer = await api.SendAsync(new HttpMethod(method), path, body is null ? null : JsonNode.Parse(body));

        Assert.InRange((int)answer.Status, 400, 499);
        var error = JsonNode.Parse(answer.Body)!;
        Assert.NotEqual("", (string?)error["code"] ?? "");
        Assert.NotEqual("", (string?)error["message"] ?? "");
    }

    private async Task UploadAsync(string image)
    {
        byte[] content = [1, 2, 3];
        using var maas = new MaasClient(
            new MaasClientOptions(
                MaasEndpoint.Parse(_gantry.Credentials.MaasUrl!),
                MaasApiKey.Parse(_gantry.Credentials.MaasKey!)
            ),
            TimeProvider.System
        );
        await maas.BootResources.UploadAsync(
            new BootResourceUpload(
                $"custom/{image}",
                "amd64/generic",
                "tgz",
                Convert.ToHexStringLower(SHA256.HashData(content)),
                content.Length
            ),
            new MemoryStream(content),
            TestContext.Current.CancellationToken
        );
    }

    private async Task<string> ConditionAsync(string cluster, string reason)
    {
        var message = "";
        await Eventually.HoldsAsync(
            async () =>
            {
                var status = JsonNode.Parse(await _gantry.RunAsync("cluster", "get", cluster, "-o", "json"))!["status"];
                var found = status?["conditions"]?.AsArray().FirstOrDefault(condition => (string?)condition!["reason"] == reason);
                Assert.True(found is not null, $"no condition {reason} yet: {status?.ToJsonString()}");
                message = (string)found["message"]!;
            },
            TimeSpan.FromMinutes(1)
        );
        return message;
    }

    private async Task DeleteAsync(string cluster) =>
        await _gantry.RunAsync("cluster", "delete", cluster, "--wait", "--timeout", "3m");

    private static async Task<string> ProfileWithImageAsync(ApiClient api, string image)
    {
        var profiles = await api.ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, "/v1/dashboard/clusterprofiles/metadata");
        var known = (string)profiles!["items"]![0]!["metadata"]!["uid"]!;
        var profile = await api.ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, $"/v1/clusterprofiles/{known}");
        var packs = new JsonArray();
        foreach (var pack in profile!["spec"]!["published"]!["packs"]!.AsArray())
        {
            packs.Add(
                new JsonObject
                {
                    ["name"] = (string?)pack!["name"],
                    ["tag"] = (string?)pack["tag"],
                    ["type"] = (string?)pack["type"],
                    ["uid"] = (string?)pack["packUid"],
                    ["registryUid"] = (string?)pack["registryUid"],
                    ["values"] = (string?)pack["layer"] == "os" ? $"image: {image}\n" : (string?)pack["values"],
                }
            );
        }

        var created = await api.ExpectAsync(
            HttpStatusCode.Created,
            HttpMethod.Post,
            "/v1/clusterprofiles",
            new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = "imageless" },
                ["spec"] = new JsonObject
                {
                    ["version"] = "1.0.0",
                    ["template"] = new JsonObject
                    {
                        ["cloudType"] = "maas",
                        ["type"] = "infra",
                        ["packs"] = packs,
                    },
                },
            }
        );
        var uid = (string)created!["uid"]!;
        await api.ExpectAsync(HttpStatusCode.NoContent, HttpMethod.Patch, $"/v1/clusterprofiles/{uid}/publish");
        return uid;
    }

    /// <summary>One process for all tests of the class. Each test releases what it takes.</summary>
    public sealed class SharedGantry : IAsyncLifetime
    {
        public RunningGantry Gantry { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Gantry = await RunningGantry.StartAsync();

        public ValueTask DisposeAsync() => Gantry.DisposeAsync();
    }
}
