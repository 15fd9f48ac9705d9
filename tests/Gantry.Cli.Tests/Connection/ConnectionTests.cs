using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gantry.Cli.Connection;

namespace Gantry.Cli.Tests.Connection;

/// <summary>No server listens at these addresses: the address in the error message shows which one was chosen.</summary>
public sealed class ConnectionTests : IDisposable
{
    private readonly TestHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task Without_any_console_the_message_says_how_to_get_one()
    {
        Assert.Equal(ExitCode.NoAccess, await _host.RunAsync("cluster", "list"));
        Assert.Contains("gantry up", _host.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_environment_is_preferred_to_the_default_data_folder()
    {
        Save(_host.Host.DefaultDataFolder, "http://127.0.0.1:1");
        _host.Environment["GANTRY_URL"] = "http://127.0.0.1:2";
        _host.Environment["GANTRY_API_KEY"] = "key";

        Assert.Equal(ExitCode.Unreachable, await _host.RunAsync("cluster", "list"));
        Assert.Contains("127.0.0.1:2", _host.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_folder_option_is_preferred_to_the_environment()
    {
        var folder = Path.Combine(_host.Home, "throw-away");
        Save(folder, "http://127.0.0.1:1");
        _host.Environment["GANTRY_URL"] = "http://127.0.0.1:2";
        _host.Environment["GANTRY_API_KEY"] = "key";

        Assert.Equal(ExitCode.Unreachable, await _host.RunAsync("cluster", "list", "--data", folder));
        Assert.Contains("127.0.0.1:1", _host.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_current_context_of_the_config_file_is_used()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_host.Host.ConfigFile)!);
        await File.WriteAllTextAsync(
            _host.Host.ConfigFile,
            "current: berlin\ncontexts:\n  - name: berlin\n    url: http://127.0.0.1:3\n    apiKey: key\n",
            TestContext.Current.CancellationToken
        );

        Assert.Equal(ExitCode.Unreachable, await _host.RunAsync("cluster", "list"));
        Assert.Contains("127.0.0.1:3", _host.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_context_is_refused_with_the_known_ones()
    {
        Assert.Equal(ExitCode.NotFound, await _host.RunAsync("cluster", "list", "--context", "paris"));
        Assert.Contains("no context `paris`", _host.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_and_authority_of_the_command_line_count_wherever_the_address_comes_from()
    {
        await using var console = await FakeConsole.StartAsync();
        _host.Environment["GANTRY_URL"] = console.Url;

        Assert.Equal(ExitCode.Ok, await _host.RunAsync("cluster", "get", "demo", "--api-key", "mine"));
        Save(_host.Host.DefaultDataFolder, console.Url);
        _host.Environment.Clear();
        Assert.Equal(ExitCode.Ok, await _host.RunAsync("cluster", "get", "demo", "--api-key", "mine"));
        Assert.Equal(ExitCode.Usage, await _host.RunAsync("cluster", "get", "demo", "--ca-file", "/nowhere"));

        Assert.Equal(["mine"], console.Keys.Distinct());
        Assert.Contains("the CA file /nowhere cannot be read", _host.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_invalid_url_is_a_usage_error()
    {
        Assert.Equal(ExitCode.Usage, await _host.RunAsync("cluster", "list", "--url", "localhost", "--api-key", "k"));
        Assert.Contains("https://gantry.example:8443", _host.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_credentials_file_is_for_its_owner_only_and_says_nothing_when_printed()
    {
        var folder = Path.Combine(_host.Home, "data");
        Save(folder, "http://127.0.0.1:1");

        var read = Credentials.Read(folder)!;

        Assert.DoesNotContain("the-key", read.ToString(), StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite,
                File.GetUnixFileMode(Path.Combine(folder, Credentials.FileName))
            );
        }
    }

    private static void Save(string folder, string url)
    {
        Directory.CreateDirectory(folder);
        var ca = Path.Combine(folder, "ca.pem");
        using var key = ECDsa.Create();
        using var authority = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256).CreateSelfSigned(
            TestHost.Now,
            TestHost.Now.AddDays(1)
        );
        File.WriteAllText(ca, authority.ExportCertificatePem());
        new Credentials
        {
            Url = url,
            ApiKey = "the-key",
            CaFile = ca,
            AdminUser = "admin",
        }.Write(folder);
    }
}
