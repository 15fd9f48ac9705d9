using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Protocol;
using Gantry.Server.Tests.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Server.Tests.CloudAccounts;

public sealed class AccountTests
{
    private const string Key = "consumer:token:secret";

    [Fact]
    public async Task A_key_is_readable_by_its_gateway_only_and_never_comes_back()
    {
        await using var console = await TestConsole.StartAsync();
        using var gateway = await FakeGateway.PairAsync(console);

        var uid = await CreateAsync(console, gateway, "lab");
        await gateway.PollAsync();

        Assert.Equal(Key, gateway.KeyOf(gateway.Accounts[uid]));
        var text = (await console.GetAsync($"/v1/cloudaccounts/maas/{uid}")).GetRawText();
        Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
        Assert.Contains(gateway.Uid, text, StringComparison.Ordinal);
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(console.Host.CaFile)!, "console.db*"))
        {
            await using var open = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(open, System.Text.Encoding.Latin1);
            Assert.DoesNotContain(Key, await reader.ReadToEndAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_key_with_which_the_clusters_could_not_go_on_is_refused()
    {
        await using var world = await World.MakeAsync();
        await world.CreateClusterAsync("demo");
        await world.Gateway.PollAsync();
        var before = world.Gateway.KeyOf(world.Gateway.Accounts[world.Account]);
        GatewayRequest.ValidateAccount? asked = null;
        world.Gateway.Answers = request =>
        {
            asked = request as GatewayRequest.ValidateAccount;
            return new GatewayError("OtherMaasUser", "Cluster demo: this cluster holds node-1 as the MAAS user fleet");
        };

        using var answer = await world.Gateway.WhileServingAsync(
            world.Console.Client.PutAsJsonAsync(
                $"/v1/cloudaccounts/maas/{world.Account}",
                new { spec = new { apiKey = "another:users:key" } }
            )
        );

        Assert.Equal(409, (int)answer.StatusCode);
        Assert.Contains("fleet", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(world.Account, asked!.Account.Id.Value);
        Assert.Equal("another:users:key", world.Gateway.KeyOf(asked.Account));
        await world.Gateway.PollAsync();
        Assert.Equal(before, world.Gateway.KeyOf(world.Gateway.Accounts[world.Account]));
    }

    [Fact]
    public async Task An_update_without_a_key_keeps_the_old_one_but_not_for_another_endpoint()
    {
        await using var console = await TestConsole.StartAsync();
        using var gateway = await FakeGateway.PairAsync(console);
        var uid = await CreateAsync(console, gateway, "lab");

        await console.PutAsync(
            $"/v1/cloudaccounts/maas/{uid}",
            new { metadata = new { name = "renamed" }, spec = new { apiEndpoint = "http://maas:5240/MAAS", apiKey = "" } }
        );
        await gateway.PollAsync();
        Assert.Equal("renamed", gateway.Accounts[uid].Name);
        Assert.Equal(Key, gateway.KeyOf(gateway.Accounts[uid]));

        await console.PutAsync(
            $"/v1/cloudaccounts/maas/{uid}",
            new { spec = new { apiEndpoint = "http://evil:5240/MAAS" } },
            400
        );
        await console.PutAsync(
            $"/v1/cloudaccounts/maas/{uid}",
            new { spec = new { apiEndpoint = "http://other:5240/MAAS", apiKey = "a:b:c" } }
        );
        await gateway.PollAsync();
        Assert.Equal("a:b:c", gateway.KeyOf(gateway.Accounts[uid]));
    }

    [Fact]
    public async Task The_CA_of_a_region_is_sealed_with_the_key_and_changes_only_together_with_it()
    {
        await using var console = await TestConsole.StartAsync();
        using var gateway = await FakeGateway.PairAsync(console);
        var uid = await CreateAsync(console, gateway, "lab");
        var path = $"/v1/cloudaccounts/maas/{uid}";
        var ca = Pem("one");

        var refused = await console.PutAsync(path, new { spec = new { caCert = ca } }, 400);
        Assert.Contains("spec.apiKey", refused.GetRawText(), StringComparison.Ordinal);

        await console.PutAsync(path, new { spec = new { caCert = "# a comment\n" + ca, apiKey = Key } });
        await console.PutAsync(path, new { metadata = new { name = "renamed" }, spec = new { apiKey = "" } });
        await gateway.PollAsync();
        Assert.Equal(ca, gateway.Accounts[uid].CaPem);
        Assert.Equal(Key, gateway.KeyOf(gateway.Accounts[uid]));
        Assert.Equal(ca, (await console.GetAsync(path)).GetProperty("spec").GetProperty("caCert").GetString());

        await console.PutAsync(path, new { spec = new { caCert = Pem("thief") } }, 400);
        await console.PutAsync(path, new { spec = new { caCert = "" } }, 400);
        await console.PutAsync(path, new { spec = new { caCert = "", apiKey = Key } });
        await gateway.PollAsync();
        Assert.Null(gateway.Accounts[uid].CaPem);
        Assert.Equal(Key, gateway.KeyOf(gateway.Accounts[uid]));
    }

    [Fact]
    public async Task A_CA_that_is_no_certificate_or_holds_a_private_key_is_refused_without_showing_it()
    {
        await using var console = await TestConsole.StartAsync();
        using var gateway = await FakeGateway.PairAsync(console);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var secret = key.ExportPkcs8PrivateKeyPem();

        foreach (var wrong in new[] { "hush", Pem("one") + secret })
        {
            var refused = await console.PostAsync(
                $"/v1/overlords/maas/{gateway.Uid}/account/validate",
                new
                {
                    account = new
                    {
                        apiEndpoint = "https://maas:5443/MAAS",
                        apiKey = Key,
                        caCert = wrong,
                    },
                },
                400
            );
            Assert.Contains("account.caCert", refused.GetRawText(), StringComparison.Ordinal);
            Assert.DoesNotContain("hush", refused.GetRawText(), StringComparison.Ordinal);
            Assert.DoesNotContain(secret[30..60], refused.GetRawText(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Validation_and_look_ups_are_answered_by_the_gateway()
    {
        await using var console = await TestConsole.StartAsync();
        using var gateway = await FakeGateway.PairAsync(console);
        var uid = await CreateAsync(console, gateway, "lab");
        gateway.Answers = request =>
            request switch
            {
                GatewayRequest.ValidateAccount validate when gateway.KeyOf(validate.Account) == Key => new AccountFacts(
                    "3.4.2",
                    "admin",
                    true
                )
                {
                    Warning = "MAAS 3.7.1 has \"faults\"\nthat 3.7.3 mends.",
                },
                GatewayRequest.ValidateAccount => new GatewayError("CredentialsRejected", "MAAS does not accept the key."),
                GatewayRequest.ListProperties => new AccountProperties(
                    [new NamedId("1", "rack-a")],
                    [new NamedId("0", "default")],
                    [new NamedId("0", "maas")],
                    [new SubnetChoice("7", "pxe", "10.0.0.0/24", "12", "fabric-0")],
                    ["gpu"],
                    ["ubuntu/noble"]
                ),
                _ => null,
            };
        var path = $"/v1/overlords/maas/{gateway.Uid}/account/validate";

        using var good = await gateway.WhileServingAsync(console.Client.PostAsJsonAsync(path, Account(Key)));
        Assert.Equal(204, (int)good.StatusCode);
        Assert.Equal("\"MAAS 3.7.1 has faultsthat 3.7.3 mends.\"", Assert.Single(good.Headers.Warning).Text);

        var bad = await TestConsole.ReadAsync(
            await gateway.WhileServingAsync(console.Client.PostAsJsonAsync(path, Account("a:b:c"))),
            400
        );
        Assert.Equal("CredentialsRejected", bad.GetProperty("code").GetString());

        foreach (
            var (property, name) in new[]
            {
                ("azs", "rack-a"),
                ("domains", "maas"),
                ("resourcePools", "default"),
                ("subnets", "pxe"),
                ("tags", "gpu"),
            }
        )
        {
            var found = await gateway.WhileServingAsync(console.GetAsync($"/v1/cloudaccounts/maas/{uid}/properties/{property}"));
            Assert.Equal(name, found.GetProperty("items")[0].GetProperty("name").GetString());
        }
    }

    [Fact]
    public async Task A_gateway_that_is_away_gives_an_answer_in_time_that_clients_do_not_repeat()
    {
        await using var console = await TestConsole.StartAsync(change: options =>
            options with
            {
                RequestTimeout = TimeSpan.FromMilliseconds(200),
            }
        );
        using var gateway = await FakeGateway.PairAsync(console);

        var away = await console.PostAsync($"/v1/overlords/maas/{gateway.Uid}/account/validate", Account(Key), 424);

        Assert.Equal("GatewayOffline", away.GetProperty("code").GetString());
        Assert.Contains("offline since", away.GetProperty("message").GetString());
    }

    [Fact]
    public async Task A_malformed_key_is_refused_with_the_form_it_should_have_and_without_showing_it()
    {
        await using var console = await TestConsole.StartAsync();
        using var gateway = await FakeGateway.PairAsync(console);

        var refused = await console.PostAsync(
            "/v1/cloudaccounts/maas",
            new { metadata = new { name = "lab" }, spec = new { apiEndpoint = "maas", apiKey = "hush:hush" } },
            400
        );

        Assert.Equal(
            ["spec.apiEndpoint", "spec.apiKey"],
            refused
                .GetProperty("details")
                .GetProperty("fields")
                .EnumerateArray()
                .Select(problem => problem.GetProperty("field").GetString())
        );
        Assert.Contains("consumer_key:token_key:token_secret", refused.GetProperty("message").GetString());
        Assert.DoesNotContain("hush", refused.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_account_of_the_same_name_is_refused_until_the_first_is_deleted()
    {
        await using var console = await TestConsole.StartAsync();
        using var gateway = await FakeGateway.PairAsync(console);
        var uid = await CreateAsync(console, gateway, "lab");

        await console.PostAsync("/v1/cloudaccounts/maas", Entity(gateway, "lab"), 409);
        await console.DeleteAsync($"/v1/cloudaccounts/maas/{uid}");
        await console.DeleteAsync($"/v1/cloudaccounts/maas/{uid}", 404);
        await CreateAsync(console, gateway, "lab");
        await gateway.PollAsync();
        Assert.DoesNotContain(uid, gateway.Accounts.Keys);
    }

    [Fact]
    public async Task An_account_whose_key_MAAS_refuses_says_so_until_MAAS_accepts_it_again()
    {
        await using var world = await World.MakeAsync();
        var (one, other) = (await world.CreateClusterAsync("one"), await world.CreateClusterAsync("other"));
        await ReportAsync(world, one, Reasons.MaasUnreachable);
        await ReportAsync(world, other, "Reachable");
        Assert.Equal(["Running"], await StatesAsync(world));

        await ReportAsync(world, one, Reasons.CredentialsRejected);
        Assert.Equal(["CredentialsRejected"], await StatesAsync(world));

        await ReportAsync(world, one, "Reachable");
        Assert.Equal(["Running"], await StatesAsync(world));
    }

    [Fact]
    public async Task A_rejection_of_the_old_key_is_not_reported_for_the_new_one()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var world = await World.MakeAsync(time);
        var uid = await world.CreateClusterAsync("demo");
        await ReportAsync(world, uid, Reasons.CredentialsRejected);
        time.Advance(TimeSpan.FromSeconds(1));

        world.Gateway.Answers = _ => new AccountFacts("3.6", "fleet", true);
        using var updated = await world.Gateway.WhileServingAsync(
            world.Console.Client.PutAsJsonAsync(
                $"/v1/cloudaccounts/maas/{world.Account}",
                new { spec = new { apiKey = "d:e:f" } }
            )
        );
        Assert.Equal(204, (int)updated.StatusCode);
        Assert.Equal(["Running"], await StatesAsync(world));

        time.Advance(TimeSpan.FromSeconds(1));
        await ReportAsync(world, uid, Reasons.CredentialsRejected);
        Assert.Equal(["CredentialsRejected"], await StatesAsync(world));
    }

    [Fact]
    public async Task Lists_are_cut_into_pages_and_a_limit_of_0_gives_all()
    {
        await using var console = await TestConsole.StartAsync();
        using var gateway = await FakeGateway.PairAsync(console);
        foreach (var number in Enumerable.Range(0, 5))
        {
            await CreateAsync(console, gateway, $"account-{number}");
        }

        List<string?> names = [];
        var more = "";
        do
        {
            var page = await console.GetAsync($"/v1/cloudaccounts/maas?limit=2&continue={more}");
            names.AddRange(
                page.GetProperty("items")
                    .EnumerateArray()
                    .Select(item => item.GetProperty("metadata").GetProperty("name").GetString())
            );
            more = page.GetProperty("listmeta").GetProperty("continue").GetString();
        } while (more is { Length: > 0 });

        Assert.Equal(["account-0", "account-1", "account-2", "account-3", "account-4"], names);
        Assert.Equal(5, (await console.GetAsync("/v1/cloudaccounts/maas?limit=0")).GetProperty("items").GetArrayLength());
        var filtered = await console.GetAsync(
            "/v1/cloudaccounts/maas?filters=metadata.name=account-3ORmetadata.name_in_account-1,account-9"
        );
        Assert.Equal(2, filtered.GetProperty("items").GetArrayLength());
    }

    private static Task ReportAsync(World world, string uid, string reason)
    {
        var status = reason is "Reachable" ? ConditionStatus.True : ConditionStatus.False;
        return world.Gateway.ReportAsync(
            world.Gateway.Status(uid, ClusterPhase.Running) with
            {
                Conditions = [new ClusterCondition("MaasReachable", status, reason, "as told", DateTimeOffset.UnixEpoch)],
            }
        );
    }

    /// <summary>The states of the only account, as one: the three calls that report it have to agree.</summary>
    private static async Task<IEnumerable<string?>> StatesAsync(World world)
    {
        JsonElement[] views =
        [
            await world.Console.GetAsync($"/v1/cloudaccounts/maas/{world.Account}"),
            .. (await world.Console.GetAsync("/v1/cloudaccounts/maas")).GetProperty("items").EnumerateArray(),
            .. (await world.Console.GetAsync("/v1/cloudaccounts/summary")).GetProperty("items").EnumerateArray(),
        ];
        Assert.Equal(3, views.Length);
        return views.Select(view => view.GetProperty("status").GetProperty("state").GetString()).Distinct();
    }

    private static string Pem(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256).CreateSelfSigned(
            now,
            now.AddDays(1)
        );
        return certificate.ExportCertificatePem() + "\n";
    }

    private static object Account(string key) => new { account = new { apiEndpoint = "http://maas:5240/MAAS", apiKey = key } };

    private static object Entity(FakeGateway gateway, string name) =>
        new
        {
            metadata = new
            {
                name,
                uid = "",
                annotations = new { overlordUid = gateway.Uid },
            },
            spec = new { apiEndpoint = "http://maas:5240/MAAS", apiKey = Key },
        };

    private static async Task<string> CreateAsync(TestConsole console, FakeGateway gateway, string name) =>
        (await console.PostAsync("/v1/cloudaccounts/maas", Entity(gateway, name))).GetProperty("uid").GetString()!;
}
