namespace Gantry.Cli.Tests.Terminal;

public sealed class HelpAndCompletionTests
{
    [Theory]
    [InlineData("gantry plan upgrade demo --kubernetes 1.36.5", "plan", "upgrade")]
    [InlineData(
        "gantry cluster update demo --pool gpu --memory 256GiB --zone a --zone b --rolling contract-first",
        "cluster",
        "update"
    )]
    [InlineData("gantry cluster pool add demo gpu --size 2", "cluster", "pool", "add")]
    [InlineData("gantry cluster certificates renew demo", "cluster", "certificates", "renew")]
    [InlineData("gantry apply --plan 3f9c2d71a0b4 --wait", "apply")]
    [InlineData("gantry why-not create ml --workers 4 --tag gpu --all", "why-not")]
    [InlineData("gantry what-if demo --count 20", "what-if")]
    [InlineData("gantry explain cluster demo", "explain", "cluster")]
    [InlineData("gantry quarantine clear node-07 --recommission", "quarantine", "clear")]
    public async Task Help_ends_with_examples(string example, params string[] command)
    {
        using var host = new TestHost();

        Assert.Equal(ExitCode.Ok, await host.RunAsync([.. command, "--help"]));
        Assert.Contains($"Examples:\n", host.Out, StringComparison.Ordinal);
        Assert.Contains(example, host.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gantry cluster update demo --rolling ", "contract-first")]
    [InlineData("gantry cluster update demo --erase ", "secure")]
    [InlineData("gantry cluster update demo --clear ", "resource-pool")]
    [InlineData("gantry cluster auto-repair demo ", "inherit")]
    [InlineData("gantry pla", "plan")]
    [InlineData("gantry plan ", "renew-certificates")]
    public async Task Closed_choices_are_completed(string line, string expected)
    {
        using var host = new TestHost();

        Assert.Equal(ExitCode.Ok, await host.RunAsync($"[suggest:{line.Length}]", line));
        Assert.Contains(expected, host.Out.Split('\n', '\r'));
    }

    [Fact]
    public async Task Clusters_are_completed_by_asking_the_console()
    {
        await using var console = await FakeConsole.StartAsync();
        using var host = TestHost.For(console);
        const string line = "gantry plan scale de";

        Assert.Equal(ExitCode.Ok, await host.RunAsync($"[suggest:{line.Length}]", line));
        Assert.Contains("demo", host.Out.Split('\n', '\r'));
    }

    [Fact]
    public async Task Completion_ignores_an_unreachable_console()
    {
        using var host = new TestHost();
        const string line = "gantry plan scale de";

        Assert.Equal(ExitCode.Ok, await host.RunAsync($"[suggest:{line.Length}]", line));
        Assert.Equal("", host.Error);
    }

    [Theory]
    [InlineData("1", false)]
    [InlineData("", true)]
    public void NO_COLOR_is_honoured(string set, bool colours)
    {
        using var host = new TestHost();
        host.Environment["NO_COLOR"] = set;

        Assert.Equal(colours, host.Host.ProgressColors);
    }
}
