using System.Security.Cryptography;
using System.Text.Json;
using Gantry.Clusters.Model;
using Gantry.Gateway.Pairing;
using Gantry.Gateway.Sync;
using Gantry.Gateway.Tests.Doubles;
using Gantry.Protocol;
using Gantry.Testing;
using Microsoft.Data.Sqlite;

namespace Gantry.Gateway.Tests;

/// <summary>Where a MAAS key is sent: never anywhere that the person who entered it did not name.</summary>
public sealed class KeyDestinationTests
{
    private const string Endpoint = "http://maas.test:5240/MAAS";
    private const string Elsewhere = "http://thief.test:5240/MAAS";
    private const string Key = "consumer:token:verysecret";

    [Fact]
    public async Task A_console_cannot_have_a_key_sent_to_another_address_or_past_another_CA()
    {
        await using var console = await ConsoleDouble.StartAsync();
        await using var gateway = await new TestGateway(console).StartAsync();
        var ca = Certificates.Pem("region");
        var account = console.Seal("lab", Endpoint, Key, ca);

        var good = await ValidateAsync(console, account);
        var elsewhere = await ValidateAsync(console, account with { Endpoint = Elsewhere });
        var otherCa = await ValidateAsync(console, account with { CaPem = Certificates.Pem("thief") });
        var noCa = await ValidateAsync(console, account with { CaPem = null });
        var asEarlier = await ValidateAsync(
            console,
            account with
            {
                Key = account.Key with { Box = account.Key.Box["v2:".Length..] },
            }
        );

        Assert.Null(good.Error);
        Assert.Equal(["CredentialsRejected"], new[] { elsewhere, otherCa, noCa }.Select(answer => answer.Error!.Code).Distinct());
        Assert.Equal("Invalid", asEarlier.Error!.Code);
        Assert.NotEmpty(gateway.Opened);
        Assert.All(gateway.Opened, opened => Assert.Equal((Endpoint, ca), (opened.Endpoint.ToString(), opened.CaPem)));
    }

    [Fact]
    public async Task An_account_that_the_console_moved_to_another_address_is_not_used_any_more()
    {
        await using var console = await ConsoleDouble.StartAsync();
        await using var gateway = await new TestGateway(console).StartAsync();
        var account = console.Seal("lab", Endpoint, Key);
        console.Give(account);
        Assert.Null((await ListAsync(console, gateway, revision: 1)).Error);

        console.Give(account with { Endpoint = Elsewhere });

        Assert.Contains(
            "enter the key again with `gantry account update`",
            (await ListAsync(console, gateway, revision: 2)).Error!.Message,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain(gateway.Http.Asked, url => url.Host is "thief.test");
    }

    [Fact]
    public async Task Another_spelling_of_the_same_address_is_the_same_destination()
    {
        await using var console = await ConsoleDouble.StartAsync();
        await using var gateway = await new TestGateway(console).StartAsync();
        var account = console.Seal("lab", Endpoint, Key);

        Assert.Null((await ValidateAsync(console, account with { Endpoint = "http://MAAS.test:5240/MAAS/" })).Error);
    }

    [Fact]
    public async Task The_proxy_to_MAAS_is_the_data_centres_own()
    {
        await using var console = await ConsoleDouble.StartAsync();
        await using var gateway = new TestGateway(console);
        await File.WriteAllTextAsync(
            Path.Combine(gateway.Folder, "gateway.limits.json"),
            """{ "maasProxy": "http://proxy.test:3128" }"""
        );
        await gateway.StartAsync();

        await ValidateAsync(console, console.Seal("lab", Endpoint, Key));

        Assert.NotEmpty(gateway.Opened);
        Assert.All(gateway.Opened, opened => Assert.Equal("http://proxy.test:3128", opened.Proxy));
    }

    [Fact]
    public async Task An_account_that_version_0_1_sealed_goes_on_where_it_was_used_and_nowhere_else()
    {
        await using var console = await ConsoleDouble.StartAsync();
        await using var gateway = new TestGateway(console);
        var account = FolderOfVersion01(gateway.Folder);
        await gateway.StartAsync();

        // The console's store was upgraded too and sends the same sealed key again.
        console.Give(account);
        Assert.Null((await ListAsync(console, gateway, revision: 1)).Error);

        console.Give(account with { Endpoint = Elsewhere });
        var moved = await ListAsync(console, gateway, revision: 2);
        var tried = await ValidateAsync(console, account with { Id = new AccountId("other"), Endpoint = Elsewhere });
        await gateway.StartAsync();
        console.Put(new GatewayRequest.ListProperties("after a restart", account.Id));
        var restarted = await AnswerAsync(console, "after a restart");

        foreach (var refused in new[] { moved, tried, restarted })
        {
            Assert.Contains("was sealed by version 0.1", refused.Error!.Message, StringComparison.Ordinal);
        }

        console.Give(console.Seal("lab", Elsewhere, Key));
        Assert.Null((await ListAsync(console, gateway, revision: 3)).Error);
        Assert.Equal([Endpoint, Elsewhere], gateway.Opened.Select(options => options.Endpoint.ToString()).Distinct());
    }

    [Fact]
    public async Task A_key_of_version_0_1_that_this_gateway_never_used_needs_an_address_that_the_limits_name()
    {
        await using var console = await ConsoleDouble.StartAsync();
        await using var gateway = await new TestGateway(console).StartAsync();
        var account = Version01.Account("lab", Endpoint, Key, console.Paired!.SealingKey);

        Assert.Contains("enter the key again", (await ValidateAsync(console, account)).Error!.Message, StringComparison.Ordinal);
        await File.WriteAllTextAsync(
            Path.Combine(gateway.Folder, "gateway.limits.json"),
            $$"""{ "maasEndpoints": ["{{Endpoint}}"] }"""
        );
        await gateway.StartAsync();
        Assert.Null((await ValidateAsync(console, account)).Error);
    }

    /// <summary>A gateway's folder as version 0.1 left it, with one account.</summary>
    private static SealedAccount FolderOfVersion01(string folder)
    {
        using var identity = GatewayIdentity.OpenOrCreate(folder);
        var account = Version01.Account("lab", Endpoint, Key, identity.SealingKey);
        using var database = new SqliteConnection($"Data Source={Path.Combine(folder, "gateway.db")};Pooling=False");
        database.Open();
        using var command = database.CreateCommand();
        command.CommandText =
            "CREATE TABLE desired(kind TEXT NOT NULL, id TEXT NOT NULL, content TEXT NOT NULL, PRIMARY KEY(kind, id)) "
            + "WITHOUT ROWID; INSERT INTO desired VALUES('account', 'lab', $account)";
        command.Parameters.AddWithValue("$account", JsonSerializer.Serialize(account, ProtocolJson.Options));
        command.ExecuteNonQuery();
        return account;
    }

    private static async Task<GatewayAnswer> ListAsync(ConsoleDouble console, TestGateway gateway, long revision)
    {
        await Eventually.HoldsAsync(() => Assert.Equal(revision, gateway.Host.State.Revision));
        var request = new GatewayRequest.ListProperties($"list {revision}", new AccountId("lab"));
        console.Put(request);
        return await AnswerAsync(console, request.Id);
    }

    private static async Task<GatewayAnswer> ValidateAsync(ConsoleDouble console, SealedAccount account)
    {
        var request = new GatewayRequest.ValidateAccount(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4)), account);
        console.Put(request);
        return await AnswerAsync(console, request.Id);
    }

    private static async Task<GatewayAnswer> AnswerAsync(ConsoleDouble console, string id)
    {
        await Eventually.HoldsAsync(() => Assert.Contains(console.Answers, answer => answer.RequestId == id));
        return console.Answers.First(answer => answer.RequestId == id);
    }
}
