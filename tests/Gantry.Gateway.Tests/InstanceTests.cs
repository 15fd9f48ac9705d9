using Gantry.Gateway.Tests.Doubles;
using Gantry.Server.Tests.Hosting;
using Gantry.Testing;

namespace Gantry.Gateway.Tests;

/// <summary>Two processes with the keys of one gateway, over the shipped console: one works, and both sides say why.</summary>
public sealed class InstanceTests
{
    [Fact]
    public async Task A_gateway_on_a_copied_folder_stands_by_until_a_person_lets_it_take_over()
    {
        await using var console = await TestConsole.StartAsync();
        await using var original = await StartAsync(console);
        await using var copy = new TestGateway(null);
        await Eventually.HoldsAsync(() => Assert.Equal(LinkState.Connected, original.Host.State.Link));
        Copy(original.Folder, copy.Folder);

        await copy.StartAsync(options => Towards(console, options));
        await Eventually.HoldsAsync(() => Assert.Equal(LinkState.Standby, copy.Host.State.Link));

        Assert.Equal(LinkState.Connected, original.Host.State.Link);
        Assert.Contains(
            $"works as another instance, on {Environment.MachineName}",
            copy.Host.State.Message,
            StringComparison.Ordinal
        );
        await Eventually.HoldsAsync(async () =>
            Assert.Contains("SecondInstance", await ShownAsync(console, original), StringComparison.Ordinal)
        );
        await Eventually.HoldsAsync(() =>
            Assert.Contains(
                original.Log.Lines,
                line => line.Contains("A second instance of this gateway", StringComparison.Ordinal)
            )
        );
        var uid = original.Host.State.Uid;
        await original.StopAsync();
        await console.PostAsync($"/v1/overlords/{uid}/takeover", new { }, 204);
        await Eventually.HoldsAsync(() => Assert.Equal(LinkState.Connected, copy.Host.State.Link));
    }

    [Fact]
    public async Task A_restart_on_the_same_folder_works_at_once()
    {
        await using var console = await TestConsole.StartAsync();
        await using var gateway = await StartAsync(console);
        await Eventually.HoldsAsync(() => Assert.Equal(LinkState.Connected, gateway.Host.State.Link));

        for (var restart = 0; restart < 3; restart++)
        {
            await gateway.StartAsync(options => Towards(console, options));
            await Eventually.HoldsAsync(() => Assert.Equal(LinkState.Connected, gateway.Host.State.Link));
        }

        Assert.DoesNotContain("SecondInstance", await ShownAsync(console, gateway), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_disk_is_told_by_the_console_until_there_is_room_again()
    {
        await using var console = await TestConsole.StartAsync();
        await using var gateway = await StartAsync(console);
        await Eventually.HoldsAsync(() => Assert.Equal(LinkState.Connected, gateway.Host.State.Link));

        // Every write through the link ends with "no space left on device". A gateway that runs has a file there now and then.
        await gateway.StopAsync();
        var check = Path.Combine(gateway.Folder, "write-check");
        File.CreateSymbolicLink(check, "/dev/full");
        await gateway.StartAsync(options => Towards(console, options));
        await Eventually.HoldsAsync(async () =>
        {
            var shown = await ShownAsync(console, gateway);
            Assert.Contains(
                $"The data folder {gateway.Folder} on {Environment.MachineName} cannot be written",
                shown,
                StringComparison.Ordinal
            );
            Assert.Contains("No space left on device", shown, StringComparison.Ordinal);
            Assert.Contains("UnHealthy", shown, StringComparison.Ordinal);
        });

        File.Delete(check);
        await gateway.StartAsync(options => Towards(console, options));
        await Eventually.HoldsAsync(async () =>
            Assert.DoesNotContain("cannot be written", await ShownAsync(console, gateway), StringComparison.Ordinal)
        );

        // Each poll tries a write, so the file may exist for a moment.
        await Eventually.HoldsAsync(() => Assert.False(File.Exists(check)));
    }

    private static async Task<TestGateway> StartAsync(TestConsole console)
    {
        var code = await console.Host.CreatePairingCodeAsync("rack", TestContext.Current.CancellationToken);
        return await new TestGateway(null).StartAsync(options => Towards(console, options) with { PairingCode = code });
    }

    private static GatewayOptions Towards(TestConsole console, GatewayOptions options) =>
        options with
        {
            ConsoleUrl = console.Host.Url,
            CaFile = console.Host.CaFile,
        };

    private static async Task<string> ShownAsync(TestConsole console, TestGateway gateway) =>
        (await console.GetAsync($"/v1/overlords/{gateway.Host.State.Uid}")).GetRawText();

    // As a snapshot of the disk takes them, while the gateway runs.
    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from).Where(file => Path.GetFileName(file) is not "gateway.lock"))
        {
            using var open = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var copy = File.Create(Path.Combine(to, Path.GetFileName(file)));
            open.CopyTo(copy);
        }
    }
}
