namespace Gantry.Cli.Tests.Pools;

public sealed class RegionNamesTests
{
    [Theory]
    [InlineData(
        "--zone: MAAS has no zone nowhere; it has: az1, az2",
        "cluster",
        "update",
        "demo",
        "--zone",
        "nowhere",
        "--zone",
        "az1"
    )]
    [InlineData("--zone: MAAS has no zone nowhere; it has: az1, az2", "plan", "update", "demo", "--zone", "nowhere")]
    [InlineData(
        "--zone: MAAS has no zone nowhere; it has: az1, az2",
        "plan",
        "create",
        "x",
        "--pool",
        "name=g,size=1,zone=nowhere"
    )]
    [InlineData(
        "--tag: MAAS has no tag gpus; it has: gpu",
        "cluster",
        "pool",
        "add",
        "demo",
        "g",
        "--size",
        "1",
        "--tag",
        "gpus"
    )]
    [InlineData("--resource-pool: MAAS has no resource pool x; it has: none", "cluster", "create", "n", "--resource-pool", "x")]
    [InlineData("--subnet: MAAS has no subnet y; it has: 10.0.0.0/24, pxe", "cluster", "update", "demo", "--subnet", "y")]
    public async Task A_name_that_MAAS_does_not_have_is_refused_with_those_that_it_has(string expected, params string[] arguments)
    {
        await using var console = await StartAsync();
        using var host = TestHost.For(console);

        Assert.Equal(ExitCode.Refused, await host.RunAsync(arguments));
        Assert.Equal($"gantry: {expected}", host.Error.Trim());
        Assert.Empty(console.Changes);
    }

    [Theory]
    [InlineData("--zone", "az2")]
    [InlineData("--subnet", "pxe")]
    [InlineData("--subnet", "space:fast")]
    public async Task A_name_that_MAAS_has_is_taken(string option, string name)
    {
        await using var console = await StartAsync();
        using var host = TestHost.For(console);

        Assert.Equal(ExitCode.Ok, await host.RunAsync("plan", "update", "demo", option, name));
    }

    [Fact]
    public async Task A_region_that_does_not_answer_keeps_nobody_from_a_change()
    {
        await using var console = await FakeConsole.StartAsync();
        using var host = TestHost.For(console);

        Assert.Equal(ExitCode.Ok, await host.RunAsync("plan", "update", "demo", "--zone", "nowhere"));
    }

    private static async Task<FakeConsole> StartAsync()
    {
        var console = await FakeConsole.StartAsync();
        var region = $"GET /v1/cloudaccounts/maas/{FakeConsole.AccountUid}/properties";
        console.Answer($"{region}/azs", """{"items":[{"name":"az2","description":""},{"name":"az1","description":""}]}""");
        console.Answer($"{region}/resourcePools", """{"items":[]}""");
        console.Answer($"{region}/tags", """{"items":[{"name":"gpu"}]}""");
        console.Answer($"{region}/subnets", """{"items":[{"id":1,"name":"pxe","cidr":"10.0.0.0/24"}]}""");
        return console;
    }
}
