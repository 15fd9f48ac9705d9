using Gantry.Cli;
using Gantry.Testing;

namespace Gantry.Scenarios;

/// <summary>A MAAS over HTTPS whose certificate a private CA signed.</summary>
public sealed class HttpsRegionTests
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_account_with_the_CA_of_its_region_is_validated_used_and_updated_and_one_without_is_refused()
    {
        await using var gantry = await RunningGantry.StartAsync();
        await using var front = await HttpsFront.StartAsync(new Uri(gantry.Credentials.MaasUrl!), Cancel);
        var ca = await FileAsync(gantry, "ca.pem", front.CaPem);
        var anotherCa = await FileAsync(gantry, "another.pem", HttpsFront.AnotherCaPem());
        string[] region = ["--endpoint", front.Url.AbsoluteUri, "--key", gantry.Credentials.MaasKey!];

        foreach (
            var (code, _, error) in await Task.WhenAll(
                gantry.CliAsync(["account", "validate", .. region]),
                gantry.CliAsync(["account", "validate", .. region, "--maas-ca", anotherCa]),
                gantry.CliAsync(["account", "create", "secure", .. region])
            )
        )
        {
            Assert.Equal(ExitCode.Unreachable, code);
            Assert.Contains("--maas-ca", error, StringComparison.Ordinal);
        }

        await gantry.RunAsync(["account", "validate", .. region, "--maas-ca", ca]);
        await gantry.RunAsync(["account", "create", "secure", .. region, "--maas-ca", ca]);
        await CreateAndDeleteAsync(
            gantry,
            "secure",
            async () =>
            {
                var key = gantry.Credentials.MaasKey!;
                await gantry.RunAsync("account", "update", "secure", "--key", key);
                var (code, _, error) = await gantry.CliAsync([
                    "account",
                    "update",
                    "secure",
                    "--key",
                    key,
                    "--maas-ca",
                    anotherCa,
                ]);
                Assert.Equal(ExitCode.Unreachable, code);
                Assert.Contains("is not trusted", error, StringComparison.Ordinal);
            }
        );
    }

    [Fact]
    public async Task Gantry_up_builds_clusters_with_a_region_behind_a_private_CA_and_says_what_is_missing_without_it()
    {
        await using var lab = await RunningGantry.StartAsync();
        await using var front = await HttpsFront.StartAsync(new Uri(lab.Credentials.MaasUrl!), Cancel);
        var ca = await FileAsync(lab, "ca.pem", front.CaPem);
        string[] region = ["--maas", front.Url.AbsoluteUri, "--maas-key", lab.Credentials.MaasKey!];

        await using (var without = await RunningGantry.StartAsync(region))
        {
            await Eventually.HoldsAsync(() =>
                Assert.Contains(
                    without.Log.Split('\n'),
                    line =>
                        line.Contains("cannot be used yet", StringComparison.Ordinal)
                        && line.Contains("--maas-ca", StringComparison.Ordinal)
                )
            );
        }

        await using var with = await RunningGantry.StartAsync([.. region, "--maas-ca", ca]);
        await CreateAndDeleteAsync(with, "maas", () => Task.CompletedTask);
        Assert.DoesNotContain("cannot be used yet", with.Log, StringComparison.Ordinal);
    }

    private static async Task CreateAndDeleteAsync(RunningGantry gantry, string account, Func<Task> meanwhile)
    {
        await gantry.RunAsync([
            "cluster",
            "create",
            "demo",
            "--account",
            account,
            "--control-plane",
            "1",
            "--wait",
            "--timeout",
            "5m",
        ]);
        await meanwhile();
        await gantry.RunAsync("cluster", "delete", "demo", "--wait", "--timeout", "5m");
    }

    private static async Task<string> FileAsync(RunningGantry gantry, string name, string content)
    {
        var path = Path.Combine(gantry.Folder, name);
        await File.WriteAllTextAsync(path, content, Cancel);
        return path;
    }
}
