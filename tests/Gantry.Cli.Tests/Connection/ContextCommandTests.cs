using Gantry.Cli.Connection;

namespace Gantry.Cli.Tests.Connection;

public sealed class ContextCommandTests
{
    [Fact]
    public async Task Contexts_are_added_chosen_listed_without_their_keys_and_removed()
    {
        using var host = new TestHost();

        Assert.Equal(
            ExitCode.Ok,
            await host.RunAsync("context", "add", "berlin", "--url", "https://berlin:8443", "--api-key", "k1")
        );
        Assert.Equal(
            ExitCode.Ok,
            await host.RunAsync("context", "add", "paris", "--url", "https://paris:8443", "--api-key", "k2")
        );
        Assert.Equal("berlin", ContextFile.Read(host.Host.ConfigFile).Current);
        Assert.Equal(ExitCode.Ok, await host.RunAsync("context", "use", "paris"));
        Assert.Equal(ExitCode.Ok, await host.RunAsync("context", "list"));

        Assert.Equal(
            "CURRENT   NAME     URL                   PROJECT\n"
                + "-         berlin   https://berlin:8443   -\n"
                + "*         paris    https://paris:8443    -\n",
            host.Out
        );
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(host.Host.ConfigFile));
        }

        Assert.Equal(ExitCode.Ok, await host.RunAsync("context", "remove", "paris"));
        var left = ContextFile.Read(host.Host.ConfigFile);
        Assert.Equal(("berlin", "k1", null), (left.Contexts.Single().Name, left.Contexts.Single().ApiKey, left.Current));
    }

    [Theory]
    [InlineData(ExitCode.NotFound, "has no context `rome`; it has: none", "context", "use", "rome")]
    [InlineData(ExitCode.Usage, "--url is missing", "context", "add", "rome", "--api-key", "k")]
    [InlineData(ExitCode.Usage, "the API key is missing", "context", "add", "rome", "--url", "https://rome:8443")]
    public async Task What_is_missing_is_named(int code, string expected, params string[] arguments)
    {
        using var host = new TestHost();

        Assert.Equal(code, await host.RunAsync(arguments));
        Assert.Contains(expected, host.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(host.Host.ConfigFile));
    }
}
