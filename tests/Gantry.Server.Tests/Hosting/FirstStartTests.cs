using System.Net.Http.Json;
using System.Security.Cryptography;
using Gantry.Server.Security;
using Gantry.Server.Store;
using Microsoft.EntityFrameworkCore;

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

        foreach (var name in new[] { "ca.key", "server.key", "console.db", "session.key" })
        {
            var mode = OperatingSystem.IsWindows() ? ownerOnly : File.GetUnixFileMode(Path.Combine(folder, name));
            Assert.Equal(ownerOnly, mode);
        }
    }

    [Fact]
    public async Task A_copy_of_the_store_makes_no_session()
    {
        await using var console = await TestConsole.StartAsync();
        await using var store = console.OpenStore();
        var texts = await store.Settings.Select(row => row.Value).ToListAsync(TestContext.Current.CancellationToken);
        var key = await File.ReadAllTextAsync(SessionKey.FileIn(console.Folder), TestContext.Current.CancellationToken);

        Assert.NotEmpty(texts);
        Assert.DoesNotContain(key.Trim(), texts);
    }

    [Fact]
    public async Task The_key_in_an_earlier_store_is_removed_and_its_sessions_end()
    {
        var folder = Directory.CreateTempSubdirectory("gantry-console-").FullName;
        var options = new ConsoleOptions { DataFolder = folder, Port = 0 };
        var former = RandomNumberGenerator.GetBytes(32);
        string admin;
        await using (await ConsoleHost.StartAsync(options, TimeProvider.System, TestContext.Current.CancellationToken))
        {
            await using var before = SqliteStore.In(folder).Open();
            admin = (await before.Users.SingleAsync(TestContext.Current.CancellationToken)).Uid;
            before.Settings.Add(new SettingRow { Name = "sessionKey", Value = Convert.ToBase64String(former) });
            await before.SaveChangesAsync(TestContext.Current.CancellationToken);
        }

        await using (
            var console = await ConsoleHost.StartAsync(options, TimeProvider.System, TestContext.Current.CancellationToken)
        )
        {
            await using var after = SqliteStore.In(folder).Open();
            Assert.DoesNotContain(
                "sessionKey",
                await after.Settings.Select(row => row.Name).ToListAsync(TestContext.Current.CancellationToken)
            );
            using var client = TestConsole.NewClient(console);
            client.DefaultRequestHeaders.TryAddWithoutValidation(
                "Authorization",
                new SessionTokens(former, TimeProvider.System).Issue(admin)
            );
            await TestConsole.ReadAsync(await client.GetAsync("/v1/users/info", TestContext.Current.CancellationToken), 401);
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Consoles_that_are_given_one_key_file_accept_each_others_sessions()
    {
        var folder = Directory.CreateTempSubdirectory("gantry-key-").FullName;
        var file = Path.Combine(folder, "shared.key");
        await using var one = await TestConsole.StartAsync(change: options => options with { SessionKeyFile = file });
        await using var other = await TestConsole.StartAsync(change: options => options with { SessionKeyFile = file });

        Assert.Equal(SessionKey.Ensure(file), SessionKey.Ensure(file));
        Assert.False(File.Exists(SessionKey.FileIn(one.Folder)) || File.Exists(SessionKey.FileIn(other.Folder)));
        await using var store = other.OpenStore();
        var admin = (await store.Users.SingleAsync(TestContext.Current.CancellationToken)).Uid;
        using var client = other.NewClient();
        client.DefaultRequestHeaders.TryAddWithoutValidation(
            "Authorization",
            new SessionTokens(SessionKey.Ensure(file), TimeProvider.System).Issue(admin)
        );
        await TestConsole.ReadAsync(await client.GetAsync("/v1/users/info", TestContext.Current.CancellationToken), 200);
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("not base64!", UnixFileMode.UserRead, "is not base64")]
    [InlineData("c2hvcnQ=", UnixFileMode.UserRead, "has 5 bytes")]
    [InlineData("c2hvcnQ=", UnixFileMode.UserRead | UnixFileMode.OtherRead, "can be read or written by every user")]
    public void A_file_that_is_no_secret_key_is_refused_with_what_to_do(string content, UnixFileMode mode, string problem)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such modes.");
        var folder = Directory.CreateTempSubdirectory("gantry-key-").FullName;
        var file = Path.Combine(folder, "session.key");
        File.WriteAllText(file, content);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, mode);
        }

        var refused = Assert.Throws<InvalidDataException>(() => SessionKey.Ensure(file));

        Assert.Contains(problem, refused.Message, StringComparison.Ordinal);
        Assert.Contains(file, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(content, refused.Message, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
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
