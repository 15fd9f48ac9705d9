using Gantry.Gateway.Tests.Doubles;
using Gantry.Hostile;

namespace Gantry.Gateway.Tests;

/// <summary>A console in foreign hands gets nothing out of a gateway and does not stop it.</summary>
public sealed class HostileConsoleTests
{
    public static TheoryData<Attack<HostileConsole>> Attacks { get; } = [.. ConsoleAttacks.All];

    [Theory]
    [MemberData(nameof(Attacks))]
    public async Task Every_attack_of_a_console_is_refused_and_the_gateway_goes_on(Attack<HostileConsole> attack)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var console = await HostileConsole.StartAsync(cancel);
        await using var gateway = new TestGateway(null) { ReachesOut = true };
        var ca = Path.Combine(gateway.Folder, "console-ca.pem");
        await File.WriteAllTextAsync(ca, console.CaPem, cancel);
        await gateway.StartAsync(options => options with { ConsoleUrl = console.Url, CaFile = ca, PairingCode = "any" });
        await console.PairedAsync(cancel);

        Assert.Null(await attack.TryAsync(console, cancel));

        Assert.False(gateway.Host.Completion.IsCompleted, string.Join('\n', gateway.Log.Lines));
        Assert.DoesNotContain(gateway.Log.Lines, line => line.Contains("verysecret", StringComparison.Ordinal));
    }
}
