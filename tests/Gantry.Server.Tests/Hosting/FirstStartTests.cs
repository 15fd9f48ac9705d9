using System.Net.Http.Json;

namespace Gantry.Server.Tests.Hosting;

public sealed class FirstStartTests
{
    [Fact]
    public async Task A_console_started_in_an_empty_folder_answers_over_HTTPS_and_gives_out_working_credentials()
    {
        await using var console = await TestConsole.StartAsync();

        Assert.Equal("ok", (await console.GetAsync("/v1/health")).GetProperty("status").GetString());
        var me = await console.GetAsync("/v1/users/info");
        Assert.NotEqual("", me.GetProperty("userUid").GetString());

        using var nobody = console.NewClient();
        var login = await TestConsole.ReadAsync(
            await nobody.PostAsJsonAsync(
                "/v1/auth/authenticate",
                new { emailId = console.Host.Bootstrap!.AdminEmail, password = console.Host.Bootstrap.AdminPassword }
            ),
            200
        );
        nobody.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", login.GetProperty("Authorization").GetString());
        Assert.Equal(
            me.GetProperty("userUid").GetString(),
            (await TestConsole.ReadAsync(await nobody.GetAsync("/v1/users/info"), 200)).GetProperty("userUid").GetString()
        );
    }

    [Fact]
    public async Task A_second_start_keeps_credentials_and_CA_and_shows_no_secret()
    {
        var folder = Directory.CreateTempSubdirectory("gantry-console-").FullName;
        var options = new ConsoleOptions { DataFolder = folder, Port = 0 };
        string key,
            ca;
        await using (var first = await ConsoleHost.StartAsync(options, TimeProvider.System, default))
        {
            key = first.Bootstrap!.ApiKey;
            ca = await File.ReadAllTextAsync(first.CaFile);
        }

        await using (var second = await ConsoleHost.StartAsync(options, TimeProvider.System, default))
        {
            Assert.Null(second.Bootstrap);
            Assert.Equal(ca, await File.ReadAllTextAsync(second.CaFile));
            using var client = TestConsole.NewClient(second);
            client.DefaultRequestHeaders.Add("ApiKey", key);
            await TestConsole.ReadAsync(await client.GetAsync("/v1/users/info"), 200);

            var again = await second.ReissueAdminCredentialsAsync(default);
            await TestConsole.ReadAsync(await client.GetAsync("/v1/users/info"), 401);
            client.DefaultRequestHeaders.Remove("ApiKey");
            client.DefaultRequestHeaders.Add("ApiKey", again.ApiKey);
            await TestConsole.ReadAsync(await client.GetAsync("/v1/users/info"), 200);
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Secret_files_can_be_read_by_their_owner_only()
    {
        await using var console = await TestConsole.StartAsync();
        const UnixFileMode ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var folder = Path.GetDirectoryName(console.Host.CaFile)!;

        foreach (var name in new[] { "ca.key", "server.key", "console.db" })
        {
            var mode = OperatingSystem.IsWindows() ? ownerOnly : File.GetUnixFileMode(Path.Combine(folder, name));
            Assert.Equal(ownerOnly, mode);
        }
    }

    [Fact]
    public async Task Options_that_cannot_work_are_refused_with_every_problem()
    {
        var options = new ConsoleOptions
        {
            DataFolder = "",
            Port = 70000,
            Address = "everywhere",
        };

        var refused = await Assert.ThrowsAsync<ConsoleOptionsException>(() =>
            ConsoleHost.StartAsync(options, TimeProvider.System, default)
        );

        Assert.Equal(3, refused.Problems.Count);
    }
}
