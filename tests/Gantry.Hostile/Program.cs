using System.Security.Cryptography.X509Certificates;
using Gantry.Hostile;

using var stopping = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stopping.Cancel();
};
switch (args)
{
    case ["console"]:
        await using (var console = await HostileConsole.StartAsync(stopping.Token))
        {
            var ca = Path.Combine(Directory.CreateTempSubdirectory("gantry-hostile-").FullName, "ca.pem");
            await File.WriteAllTextAsync(ca, console.CaPem, stopping.Token);
            Console.WriteLine($"gantry gateway run --console {console.Url} --ca-file {ca} --pairing-code any");
            await console.PairedAsync(stopping.Token);
            return await RunAsync(ConsoleAttacks.All, console);
        }

    case ["gateway", var url, var caFile, var code]:
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.ImportFromPemFile(caFile);
        using (var handler = new SocketsHttpHandler { SslOptions = { CertificateChainPolicy = policy } })
        using (var http = new HttpClient(handler) { BaseAddress = new Uri(url) })
        {
            return await RunAsync(GatewayAttacks.All, await HostileGateway.PairAsync(http, code, stopping.Token));
        }

    default:
        Console.Error.WriteLine("usage: console | gateway URL CA-FILE PAIRING-CODE");
        return 2;
}

async Task<int> RunAsync<T>(IReadOnlyList<Attack<T>> attacks, T side)
{
    var through = 0;
    foreach (var attack in attacks)
    {
        var result = await attack.TryAsync(side, stopping.Token);
        through += result is null ? 0 : 1;
        Console.WriteLine(
            $"{(result is null ? "refused" : "GOT THROUGH")}  {attack.Name}{(result is null ? "" : ": " + result)}"
        );
    }

    return through is 0 ? 0 : 1;
}
