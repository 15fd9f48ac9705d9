using Gantry.Cli.Pools;

namespace Gantry.Cli.Tests.Pools;

public sealed class PoolTextTests
{
    [Fact]
    public void A_pool_in_one_value_carries_everything_to_the_api()
    {
        var pool = PoolText.Parse(
            "name=gpu,size=2,cpu=16,memory=64GiB,disk=2TB,zone=a,zone=b,resource-pool=ml,tag=gpu,not-tag=old,arch=amd64,"
                + "subnet=space:production,"
                + "label=team:vision,taint=gpu:yes:NoSchedule,surge=2,unavailable=25%,repave-interval=10m,drain-timeout=15m,erase=quick"
        );

        var wire = pool.Edit.New(pool.Name, pool.ControlPlane).Sent();

        Assert.Equal("gpu", (string?)wire["poolConfig"]!["name"]);
        Assert.Equal(2, (int)wire["poolConfig"]!["size"]!);
        Assert.False((bool)wire["poolConfig"]!["isControlPlane"]!);
        Assert.Equal("vision", (string?)wire["poolConfig"]!["additionalLabels"]!["team"]);
        Assert.Equal("NoSchedule", (string?)wire["poolConfig"]!["taints"]![0]!["effect"]);
        Assert.Equal(
            """{"type":"OverrideScaling","maxSurge":"2","maxUnavailable":"25%"}""",
            wire["poolConfig"]!["updateStrategy"]!.ToJsonString()
        );
        Assert.Equal(600, (int)wire["poolConfig"]!["nodeRepaveInterval"]!);
        Assert.Equal(900, (int)wire["poolConfig"]!["nodeDrainTimeout"]!);
        var cloud = wire["cloudConfig"]!;
        Assert.Equal(16, (int)cloud["instanceType"]!["minCPU"]!);
        Assert.Equal(64 * 1024, (int)cloud["instanceType"]!["minMemInMB"]!);
        Assert.Equal(2000, (int)cloud["instanceType"]!["minDiskSizeInGB"]!);
        Assert.Equal(["a", "b"], cloud["azs"]!.AsArray().Select(zone => (string?)zone));
        Assert.Equal("ml", (string?)cloud["resourcePool"]);
        Assert.Equal("gpu", (string?)cloud["tags"]![0]);
        Assert.Equal("old", (string?)cloud["notTags"]![0]);
        Assert.Equal("amd64", (string?)cloud["architecture"]);
        Assert.Equal("space:production", (string?)cloud["subnet"]);
        Assert.Equal("quick", (string?)cloud["erasePolicy"]);
    }

    [Theory]
    [InlineData("size=2", "name=… is missing")]
    [InlineData("name=a", "size=… is missing")]
    [InlineData("name=a,size=two", "`size=two`: `two` is not a number; write a whole number")]
    [InlineData("name=a,size=2,memory=64parsecs", "`64parsecs` is not an amount of memory; write 64GiB or 65536MiB")]
    [InlineData("name=a,size=2,memory=99999999TiB", "is not an amount of memory")]
    [InlineData("name=a,size=2,disk=big", "`big` is not a disk size; write 500GB or 2TB")]
    [InlineData(
        "name=a,size=2,subnet=space:",
        "`space:` is not a network of machines; write the CIDR or name of a subnet in MAAS"
    )]
    [InlineData("name=a,size=2,ram=64", "`ram=64`: not a pool field")]
    [InlineData("name=a,size=2,taint=gpu", "`gpu` is not a taint; write gpu=yes:NoSchedule")]
    [InlineData("name=a,size=2,taint=gpu:yes:Sometimes", "`gpu:yes:Sometimes` is not a taint")]
    [InlineData("name=a,size=2,rolling=sideways", "write expand-first, contract-first or surge=1,unavailable=0")]
    [InlineData("name=a,size=2,repave-interval=10", "`10` is not a duration; write 90s, 15m or 1h30m")]
    [InlineData("name=a,size=2,erase=twice", "write none, quick, secure or full")]
    public void A_wrong_part_is_named_with_the_form_to_write(string text, string expected)
    {
        var failure = Assert.Throws<CliException>(() => PoolText.Parse(text));

        Assert.Equal(ExitCode.Usage, failure.ExitCode);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.Contains("name=NAME,size=N", failure.Message, StringComparison.Ordinal);
    }
}
