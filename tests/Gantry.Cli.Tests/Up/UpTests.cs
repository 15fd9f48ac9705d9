using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gantry.Cli.Connection;
using Gantry.Cli.Up;

namespace Gantry.Cli.Tests.Up;

public sealed class UpTests
{
    [Fact]
    public async Task Options_of_a_new_lab_say_that_an_existing_one_ignores_them()
    {
        using var host = new TestHost();
        var data = Path.Combine(host.Home, "data");
        Directory.CreateDirectory(Path.Combine(data, "lab"));

        // A port that cannot be read ends the start after what it says.
        await File.WriteAllTextAsync(Path.Combine(data, "lab", "port"), "no port", TestContext.Current.CancellationToken);

        Assert.Equal(ExitCode.Refused, await host.RunAsync("up", "--data", data, "--port", "0"));
        Assert.DoesNotContain("ignored", host.Error, StringComparison.Ordinal);
        await host.RunAsync("up", "--data", data, "--port", "0", "--lab-machines", "3", "--seed", "7", "--lab-speed", "100");

        Assert.Contains(
            $"--lab-machines, --seed: ignored, because {Path.Combine(data, "lab")} holds a lab that goes on as it is; "
                + "another --data DIR makes another one",
            host.Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Options_of_the_lab_are_refused_with_a_MAAS_of_ones_own()
    {
        using var host = new TestHost();

        var code = await host.RunAsync("up", "--maas", "http://maas:5240/MAAS", "--maas-key", "a:b:c", "--lab-speed", "10");

        Assert.Equal(ExitCode.Usage, code);
        Assert.Equal("gantry: --lab-speed: there is no lab with --maas; leave one of them out", host.Error.Trim());
    }

    [Theory]
    [InlineData("http://127.0.0.1:5240/MAAS", 204, "the cloud account `lab` is deleted: its lab does not run with --maas")]
    [InlineData(
        "http://127.0.0.1:5240/MAAS",
        409,
        "the cloud account `lab` leads to a lab that does not run with --maas, and stays: clusters use it"
    )]
    [InlineData("http://127.0.0.1:5241/MAAS", 204, null)]
    [InlineData("http://lab.example:5240/MAAS", 204, null)]
    public async Task The_account_of_a_lab_that_runs_no_longer_goes_and_one_of_that_name_stays(
        string region,
        int answer,
        string? said
    )
    {
        await using var console = await FakeConsole.StartAsync();
        using var host = new TestHost();
        console.Answer(
            "GET /v1/cloudaccounts/maas?limit=0",
            $$"""{"items":[{"metadata":{"name":"lab","uid":"a1"},"spec":{"apiEndpoint":"{{region}}"} }]}"""
        );
        console.Answer("DELETE /v1/cloudaccounts/maas/a1", """{"code":"ResourceInUse","message":"clusters use it"}""", answer);
        var told = new List<string>();

        await new Bootstrap(Credentials(host, console)).RemoveLabAsync(5240, told.Add, TestContext.Current.CancellationToken);

        Assert.Equal(said is null ? [] : [said], told);
        Assert.Equal(said is null ? 0 : 1, console.Changes.Count);
    }

    [Fact]
    public async Task The_address_of_ones_own_MAAS_is_known_to_later_commands_and_its_key_is_not()
    {
        using var host = new TestHost();
        await using var console = await FakeConsole.StartAsync();
        (Credentials(host, console) with { MaasUrl = "http://127.0.0.1:1/MAAS" }).Write(host.Host.DefaultDataFolder);

        Assert.Equal(ExitCode.Usage, await host.RunAsync("maas", "machines"));
        Assert.StartsWith("gantry: the MAAS key is missing: set GANTRY_MAAS_KEY", host.Error, StringComparison.Ordinal);

        host.Environment["GANTRY_MAAS_KEY"] = "a:b:c";
        Assert.Equal(ExitCode.Unreachable, await host.RunAsync("maas", "machines"));
        Assert.Contains("MAAS at http://127.0.0.1:1 cannot be reached", host.Error, StringComparison.Ordinal);
    }

    private static Credentials Credentials(TestHost host, FakeConsole console)
    {
        Directory.CreateDirectory(host.Host.DefaultDataFolder);
        var ca = Path.Combine(host.Host.DefaultDataFolder, "ca.pem");
        using var key = ECDsa.Create();
        using var authority = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256).CreateSelfSigned(
            TestHost.Now,
            TestHost.Now.AddDays(1)
        );
        File.WriteAllText(ca, authority.ExportCertificatePem());
        return new Credentials
        {
            Url = console.Url,
            ApiKey = "key",
            CaFile = ca,
            AdminUser = "admin",
        };
    }
}
