using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Gantry.Clusters.Model;
using Gantry.Protocol;
using Gantry.Server.Tests.Hosting;
using Gantry.Testing;

namespace Gantry.Server.Tests.Access;

/// <summary>The console's log at the finest level, including the framework's traces.</summary>
public sealed class SecretTests
{
    private const string MaasKey = "Kk3yConsumer1:Tt0kenOfMaas2:Ss3cretOfMaas3";
    private const string OtherMaasKey = "Kk3yConsumer4:Tt0kenOfMaas5:Ss3cretOfMaas6";
    private static readonly Kubeconfig Kubeconfig = SampleKubeconfig.Of("demo", "admin@gantry.local");
    private static readonly string KubeconfigKey = Convert.ToBase64String(Encoding.UTF8.GetBytes(Kubeconfig.KeyPem));
    private const string Mistyped = "MistypedPassword8";
    private readonly LogLines _log = new();
    private readonly HashSet<string> _secrets =
    [
        .. MaasKey.Split(':'),
        .. OtherMaasKey.Split(':'),
        KubeconfigKey,
        Mistyped,
        "MistypedKeyOfTheApi9",
        "MistypedCode10",
        "MistypedMaasKey11",
    ];

    [Fact]
    public async Task No_log_entry_of_sign_in_keys_accounts_pairing_plan_and_kubeconfig_holds_a_secret()
    {
        await using var world = await World.MakeAsync(logs: _log);
        _secrets.UnionWith([world.Console.ApiKey, world.Console.Host.Bootstrap!.AdminPassword]);

        await SignInAsync(world.Console);
        await UseApiKeysAsync(world.Console);
        await PairAsync(world.Console);
        await PlaceAccountsAsync(world);
        await PlanAndDownloadAsync(world);
        var reissued = await world.Console.Host.ReissueAdminCredentialsAsync(TestContext.Current.CancellationToken);
        _secrets.UnionWith([reissued.ApiKey, reissued.AdminPassword]);

        // Everything was logged: requests by their routes, commands of the store, traces of the server.
        Assert.Contains(_log.Lines, line => line.Contains("GET /v1/auth/refresh/{token} 200", StringComparison.Ordinal));
        Assert.Contains(_log.Lines, line => line.Contains("INSERT INTO \"ApiKeys\"", StringComparison.Ordinal));
        Assert.Contains(_log.Lines, line => line.StartsWith("Trace: ", StringComparison.Ordinal));
        Assert.All(_secrets, secret => Assert.True(secret.Length > 8, secret));
        Assert.Empty(
            from line in _log.Lines
            from secret in _secrets
            where line.Contains(secret, StringComparison.Ordinal)
            select $"'{secret}' in: {line}"
        );
    }

    private async Task SignInAsync(TestConsole console)
    {
        using var http = console.NewClient();
        var login = new { emailId = "admin@gantry.local", password = console.Host.Bootstrap!.AdminPassword };
        var session = await TokenAsync(await http.PostAsJsonAsync("/v1/auth/authenticate", login));
        await ReadAsync(
            await http.PostAsJsonAsync("/v1/auth/authenticate", new { emailId = login.emailId, password = Mistyped }),
            401
        );
        await ReadAsync(await http.PostAsync("/v1/auth/authenticate", Json($$"""{"password":"{{Mistyped}}",,}""")), 400);
        var renewed = await TokenAsync(await http.GetAsync($"/v1/auth/refresh/{session}?setCookie=false"));
        await ReadAsync(await http.GetAsync($"/v1/auth/refresh/{session}/nowhere"), 404);
        await ReadAsync(await http.PostAsync($"/v1/auth/refresh/{session}", null), 401);
        await ReadAsync(await SendAsync(http, "/v1/users/info", "Authorization", renewed), 200);
        await ReadAsync(await SendAsync(http, "/v1/users/info", "Cookie", $"Authorization={renewed}"), 200);
        await ReadAsync(
            await console.Client.PostAsJsonAsync("/v1/users/auth/tokens/revoke", new { tokens = new[] { renewed } }),
            204
        );
        await ReadAsync(await SendAsync(http, "/v1/users/info", "Authorization", renewed), 401);
    }

    private async Task UseApiKeysAsync(TestConsole console)
    {
        var key = (await console.PostAsync("/v1/apiKeys", new { metadata = new { name = "ci" }, spec = new { } }))
            .GetProperty("apiKey")
            .GetString()!;
        _secrets.Add(key);
        using var http = console.NewClient();
        await ReadAsync(await SendAsync(http, "/v1/users/info", "ApiKey", key), 200);
        await ReadAsync(await SendAsync(http, "/v1/users/info", "ApiKey", "MistypedKeyOfTheApi9"), 401);
    }

    private async Task PairAsync(TestConsole console)
    {
        var code = (await console.GetAsync("/v1/overlords/pairing/code?name=second")).GetProperty("pairingCode").GetString()!;
        _secrets.Add(code);
        using var gateway = FakeGateway.Unpaired(console);
        await ReadAsync(await gateway.TryPairAsync("MistypedCode10", "second"), 401);
        await gateway.PairAsync(code, "second");
        await ReadAsync(await gateway.TryPairAsync(code, "second"), 200);
    }

    private async Task PlaceAccountsAsync(World world)
    {
        var gateway = world.Gateway;
        using var signed = gateway.Sign(
            GatewayPaths.Desired,
            new DesiredStateRequest(0, 0, new GatewayReport("1.0", TimeProvider.System.GetUtcNow(), 0))
        );
        _secrets.Add(signed.Headers.Authorization!.Parameter!);
        await ReadAsync(await gateway.SendRawAsync(signed), 200);
        using var repeated = gateway.Sign(
            GatewayPaths.Desired,
            new DesiredStateRequest(0, 0, new GatewayReport("1.0", TimeProvider.System.GetUtcNow(), 0))
        );
        repeated.Headers.Authorization = new AuthenticationHeaderValue("Bearer", signed.Headers.Authorization.Parameter);
        await ReadAsync(await gateway.SendRawAsync(repeated), 401);

        var uid = (await world.Console.PostAsync("/v1/cloudaccounts/maas", Account(MaasKey))).GetProperty("uid").GetString()!;
        await world.Console.PutAsync($"/v1/cloudaccounts/maas/{uid}", Account(OtherMaasKey));
        await world.Console.PostAsync("/v1/cloudaccounts/maas", Account("MistypedMaasKey11"), 400);
        gateway.Answers = request =>
            request is GatewayRequest.ValidateAccount ? new GatewayError("Unreachable", "no answer from MAAS") : null;
        await ReadAsync(
            await gateway.WhileServingAsync(
                world.Console.Client.PostAsJsonAsync(
                    $"/v1/overlords/maas/{gateway.Uid}/account/validate",
                    new { account = new { apiEndpoint = "http://maas:5240/MAAS", apiKey = MaasKey } }
                )
            ),
            null
        );

        object Account(string key) =>
            new
            {
                metadata = new { name = "second", annotations = new { overlordUid = gateway.Uid } },
                spec = new { apiEndpoint = "http://maas:5240/MAAS", apiKey = key },
            };
    }

    private static async Task PlanAndDownloadAsync(World world)
    {
        var uid = await world.CreateClusterAsync("demo");
        await world.Gateway.PollAsync();
        await world.Gateway.ReportAsync(world.Gateway.Status(uid, ClusterPhase.Running));
        world.Gateway.Answers = request =>
            request switch
            {
                GatewayRequest.PlanCluster => new PlanDocument("hash", [], [], []),
                GatewayRequest.IssueKubeconfig => new IssuedKubeconfig(Kubeconfig.ToYaml(), DateTimeOffset.UnixEpoch),
                _ => null,
            };
        var path = $"/v1/spectroclusters/{uid}";
        await world.Gateway.WhileServingAsync(world.Console.PostAsync($"{path}/plan", new { }, 200));
        using var download = await world.Gateway.WhileServingAsync(
            world.Console.Client.GetAsync($"{path}/assets/adminKubeconfig")
        );
        Assert.Contains(KubeconfigKey, await download.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private async Task<string> TokenAsync(HttpResponseMessage answer)
    {
        var token = (await TestConsole.ReadAsync(answer, 200)).GetProperty("Authorization").GetString()!;
        _secrets.Add(token);
        return token;
    }

    /// <param name="expected">The expected status; null accepts any.</param>
    private async Task ReadAsync(HttpResponseMessage answer, int? expected)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(expected is null || (int)answer.StatusCode == expected, $"{(int)answer.StatusCode}: {text}");
        if (!answer.IsSuccessStatusCode)
        {
            Assert.All(_secrets, secret => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));
        }

        answer.Dispose();
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient http, string path, string header, string value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation(header, value);
        return await http.SendAsync(request);
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");
}
