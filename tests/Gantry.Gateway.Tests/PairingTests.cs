using Gantry.Gateway.Pairing;
using Gantry.Gateway.Tests.Doubles;
using Gantry.Testing;

namespace Gantry.Gateway.Tests;

public sealed class PairingTests
{
    [Fact]
    public async Task A_new_gateway_pairs_with_a_code_and_shows_the_fingerprint_that_the_console_shows()
    {
        await using var console = await ConsoleDouble.StartAsync();
        await using var gateway = await new TestGateway(console).StartAsync();

        Assert.Equal(Protocol.Fingerprint.Of(console.Paired!.SigningKey), gateway.Host.State.Fingerprint);
        Assert.Equal(("gw-1", "rack"), (gateway.Host.State.Uid, gateway.Host.State.Name));
        await Eventually.HoldsAsync(() => Assert.Equal(LinkState.Connected, gateway.Host.State.Link));
    }

    [Fact]
    public async Task A_used_code_is_refused_with_the_consoles_message()
    {
        await using var console = await ConsoleDouble.StartAsync();
        await using var gateway = new TestGateway(console);

        var refused = await Assert.ThrowsAsync<GatewayException>(() =>
            gateway.StartAsync(options => options with { PairingCode = "old" })
        );

        Assert.Contains("was used at 12:00 already; take a new one", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("old", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_console_of_another_contract_is_not_paired_with_and_the_side_to_upgrade_is_named()
    {
        await using var console = await ConsoleDouble.StartAsync();
        console.Contract = Protocol.ProtocolContract.Version + 1;
        await using var gateway = new TestGateway(console);

        var refused = await Assert.ThrowsAsync<GatewayException>(() => gateway.StartAsync());

        Assert.EndsWith("upgrade the gateway.", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_console_that_was_upgraded_past_the_gateway_is_named_on_the_next_poll_and_polled_on()
    {
        await using var console = await ConsoleDouble.StartAsync();
        await using var gateway = await new TestGateway(console).StartAsync();
        await Eventually.HoldsAsync(() => Assert.Equal(LinkState.Connected, gateway.Host.State.Link));

        console.Contract = Protocol.ProtocolContract.Version + 1;
        await Eventually.HoldsAsync(() =>
            Assert.EndsWith("upgrade the gateway.", gateway.Host.State.Message, StringComparison.Ordinal)
        );
        console.Contract = Protocol.ProtocolContract.Version;

        await Eventually.HoldsAsync(() => Assert.Equal(LinkState.Connected, gateway.Host.State.Link));
    }

    [Fact]
    public async Task After_a_refused_code_a_good_one_pairs_the_same_keys()
    {
        await using var console = await ConsoleDouble.StartAsync();
        await using var gateway = new TestGateway(console);
        await Assert.ThrowsAsync<GatewayException>(() => gateway.StartAsync(options => options with { PairingCode = "old" }));
        using var identity = GatewayIdentity.OpenOrCreate(gateway.Folder);

        await gateway.StartAsync();

        Assert.Equal(identity.SigningKey, console.Paired!.SigningKey);
    }

    [Fact]
    public async Task Without_a_code_it_says_where_to_get_one()
    {
        await using var console = await ConsoleDouble.StartAsync();
        await using var gateway = new TestGateway(console);

        var refused = await Assert.ThrowsAsync<GatewayException>(() =>
            gateway.StartAsync(options => options with { PairingCode = null })
        );

        Assert.Contains("take a pairing code from the console", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_paired_gateway_starts_without_code_or_address_and_while_the_console_is_away()
    {
        await using var console = await ConsoleDouble.StartAsync();
        await using var gateway = await new TestGateway(console).StartAsync();
        console.Down = true;

        await gateway.StartAsync(options => options with { PairingCode = null, ConsoleUrl = null });

        await Eventually.HoldsAsync(() => Assert.Equal(LinkState.Away, gateway.Host.State.Link));
        Assert.Contains("answered 503 and not as a console does", gateway.Host.State.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_console_whose_CA_is_not_trusted_is_named()
    {
        await using var console = await ConsoleDouble.StartAsync();
        await using var gateway = new TestGateway(console);

        var refused = await Assert.ThrowsAsync<GatewayException>(() =>
            gateway.StartAsync(options => options with { CaFile = null })
        );

        Assert.Contains("is not trusted: give the CA that signed it", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_folder_serves_one_gateway_at_a_time()
    {
        await using var console = await ConsoleDouble.StartAsync();
        await using var gateway = await new TestGateway(console).StartAsync();
        await using var second = new TestGateway(console);

        var refused = await Assert.ThrowsAsync<GatewayException>(() =>
            second.StartAsync(options => options with { DataFolder = gateway.Folder })
        );

        Assert.Contains("is in use by another gateway", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_the_owner_can_read_a_gateways_files()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "file modes are a matter of Unix");
        await using var console = await ConsoleDouble.StartAsync();
        await using var gateway = await new TestGateway(console).StartAsync();

        var secrets = new[] { "signing.key", "sealing.key", "gateway.db", "outbox.db", "engine.db" };
        foreach (var name in secrets)
        {
            Assert.Equal(UnixFileMode.None, OthersMay(Path.Combine(gateway.Folder, name)));
        }
    }

    [Fact]
    public async Task All_wrong_options_are_named_at_once()
    {
        await using var gateway = new TestGateway(null);

        var refused = await Assert.ThrowsAsync<GatewayException>(() =>
            gateway.StartAsync(options =>
                options with
                {
                    ConsoleUrl = new Uri("http://console"),
                    CaFile = "/nowhere.pem",
                    Proxy = "proxy",
                    PollWait = TimeSpan.FromHours(1),
                }
            )
        );

        foreach (
            var setting in new[] { "ConsoleUrl 'http://console/'", "CaFile '/nowhere.pem'", "Proxy is not", "PollWait is 3600 s" }
        )
        {
            Assert.Contains(setting, refused.Message, StringComparison.Ordinal);
        }
    }

    private static UnixFileMode OthersMay(string path) =>
        OperatingSystem.IsWindows()
            ? UnixFileMode.None
            : File.GetUnixFileMode(path)
                & (UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite);
}
