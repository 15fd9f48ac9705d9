using System.Text.Json.Nodes;
using Gantry.Cli.Connection;
using Gantry.Cli.Consoles;
using Gantry.Cli.Hosting;
using Gantry.Cli.Terminal;
using Gantry.Server;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gantry.Cli.Tests.Connection;

/// <summary>What <c>gantry up</c> and <c>gantry console</c> leave in a data folder, and the way to a new password.</summary>
public sealed class CredentialsTests
{
    [Fact]
    public async Task A_reissued_password_is_shown_once_and_signs_in_and_the_file_has_the_new_key_alone()
    {
        using var host = new TestHost();
        var data = Path.Combine(host.Home, "data");
        var before = await StartAsync(data, host.Host);

        using var reissue = new TestHost();
        Assert.Equal(ExitCode.Ok, await reissue.RunAsync("console", "reissue", "--data", data, "-o", "json"));

        var shown = JsonNode.Parse(reissue.Out)!;
        var (user, password) = ((string)shown["adminUser"]!, (string)shown["adminPassword"]!);
        var file = await File.ReadAllTextAsync(Path.Combine(data, Credentials.FileName), TestContext.Current.CancellationToken);
        var now = Credentials.Read(data)!;
        Assert.Equal((before.Url, before.CaFile, user), (now.Url, now.CaFile, now.AdminUser));
        Assert.NotEqual(before.ApiKey, now.ApiKey);
        Assert.True(password.Length > 20);
        Assert.DoesNotContain(password, file, StringComparison.Ordinal);
        Assert.DoesNotContain("adminPassword", file, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_without_a_console_has_nothing_to_reissue()
    {
        using var host = new TestHost();

        Assert.Equal(ExitCode.NotFound, await host.RunAsync("console", "reissue", "--data", Path.Combine(host.Home, "nothing")));
    }

    [Fact]
    public void The_password_in_a_file_of_version_0_1_is_not_written_again()
    {
        using var host = new TestHost();
        File.WriteAllText(
            Path.Combine(host.Home, Credentials.FileName),
            """{"url":"https://x:1","apiKey":"k","caFile":"/ca.pem","adminUser":"a","adminPassword":"from-before"}"""
        );
        var read = Credentials.Read(host.Home)!;

        read.Write(host.Home);

        Assert.Equal("from-before", read.AdminPassword);
        Assert.Null(Credentials.Read(host.Home)!.AdminPassword);
    }

    [Fact]
    public async Task The_first_start_shows_the_password_on_a_terminal_and_to_nothing_else()
    {
        using var log = new TestHost();
        using var terminal = new TestHost();

        await StartAsync(Path.Combine(log.Home, "data"), log.Host);
        await StartAsync(Path.Combine(terminal.Home, "data"), terminal.Host with { Interactive = true });

        Assert.Equal("the password of admin@gantry.local is kept nowhere: `gantry console reissue` issues one", log.Error.Trim());
        Assert.Matches("^admin@gantry.local signs in with the password [A-Za-z0-9]{24} ", terminal.Error);
    }

    /// <summary>The first start of a console.</summary>
    private static async Task<Credentials> StartAsync(string data, CliHost host)
    {
        using var folder = DataFolder.Hold(data);
        await using var console = await ConsoleHost.StartAsync(
            new ConsoleOptions { DataFolder = folder.Sub("console"), Port = 0 },
            TimeProvider.System,
            NullLoggerProvider.Instance,
            TestContext.Current.CancellationToken
        );
        return await AdminCredentials.EnsureAsync(
            folder,
            console,
            maas: null,
            isLab: false,
            host,
            TestContext.Current.CancellationToken
        );
    }
}
