namespace Gantry.Cli.Tests.Completion;

public sealed class CompletionsTests
{
    [Theory]
    [InlineData("gantry cluster create x --profile ", "base:1.0.0")]
    [InlineData("gantry cluster update demo --profile ", "base")]
    [InlineData("gantry cluster create x --account ", "berlin")]
    [InlineData("gantry cluster upgrade demo --kubernetes ", "1.34.1")]
    [InlineData("gantry cluster scale demo --pool ", "worker-pool")]
    [InlineData("gantry cluster pool remove demo ", "worker-pool")]
    [InlineData("gantry cluster replace-machine demo ", "node-01")]
    [InlineData("gantry cluster update demo --zone ", "az1")]
    [InlineData("gantry cluster update demo --tag ", "gpu")]
    [InlineData("gantry plan update demo --resource-pool ", "general")]
    [InlineData("gantry cluster update demo --subnet ", "10.0.0.0/24")]
    public async Task Values_are_completed_from_the_console_and_its_region(string line, string expected)
    {
        await using var console = await FakeConsole.StartAsync();
        var region = $"GET /v1/cloudaccounts/maas/{FakeConsole.AccountUid}/properties";
        console.Answer($"{region}/azs", """{"items":[{"name":"az1","description":""}]}""");
        console.Answer($"{region}/resourcePools", """{"items":[{"name":"general","description":""}]}""");
        console.Answer($"{region}/tags", """{"items":[{"name":"gpu"}]}""");
        console.Answer($"{region}/subnets", """{"items":[{"id":1,"name":"pxe","cidr":"10.0.0.0/24"}]}""");
        using var host = TestHost.For(console);

        Assert.Equal(ExitCode.Ok, await host.RunAsync($"[suggest:{line.Length}]", line));
        Assert.Contains(expected, host.Out.Split('\n', '\r'));
        Assert.Equal("", host.Error);
    }
}
