using Gantry.Cli.Clusters;

namespace Gantry.Cli.Tests.Clusters;

public sealed class PoolOptionsTests
{
    [Fact]
    public void A_pool_in_one_value_carries_every_constraint_to_the_api()
    {
        var pool = PoolOptions.Parse(
            "name=gpu,size=2,cpu=16,memory=64GiB,disk=500,zone=a,zone=b,resource-pool=ml,tag=gpu,not-tag=old,arch=amd64,"
            + "label=team:vision,taint=gpu:yes:NoSchedule");

        var wire = pool.ToWire();

        Assert.Equal("gpu", (string?)wire["poolConfig"]!["name"]);
        Assert.Equal(2, (int)wire["poolConfig"]!["size"]!);
        Assert.False((bool)wire["poolConfig"]!["isControlPlane"]!);
        Assert.Equal("vision", (string?)wire["poolConfig"]!["additionalLabels"]!["team"]);
        Assert.Equal("NoSchedule", (string?)wire["poolConfig"]!["taints"]![0]!["effect"]);
        var cloud = wire["cloudConfig"]!;
        Assert.Equal(16, (int)cloud["instanceType"]!["minCPU"]!);
        Assert.Equal(64 * 1024, (int)cloud["instanceType"]!["minMemInMB"]!);
        Assert.Equal(500, (int)cloud["instanceType"]!["minDiskSizeInGB"]!);
        Assert.Equal(["a", "b"], cloud["azs"]!.AsArray().Select(zone => (string?)zone));
        Assert.Equal("ml", (string?)cloud["resourcePool"]);
        Assert.Equal("gpu", (string?)cloud["tags"]![0]);
        Assert.Equal("old", (string?)cloud["notTags"]![0]);
        Assert.Equal("amd64", (string?)cloud["architecture"]);
    }

    [Theory]
    [InlineData("size=2", "name=… is missing")]
    [InlineData("name=a", "size=… is missing")]
    [InlineData("name=a,size=two", "`size=two`")]
    [InlineData("name=a,size=2,memory=64parsecs", "MiB (the default) or GiB")]
    [InlineData("name=a,size=2,ram=64", "`ram=64`: it is none of the parts of a pool")]
    [InlineData("name=a,size=2,taint=gpu", "3 parts with a colon")]
    public void A_wrong_part_is_named_with_the_form_to_write(string text, string expected)
    {
        var failure = Assert.Throws<CliException>(() => PoolOptions.Parse(text));

        Assert.Equal(ExitCode.Usage, failure.ExitCode);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.Contains("name=NAME,size=N", failure.Message, StringComparison.Ordinal);
    }
}
