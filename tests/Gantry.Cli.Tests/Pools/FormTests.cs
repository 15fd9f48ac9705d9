using Gantry.Cli.Pools;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Tests.Pools;

public sealed class FormTests
{
    [Theory]
    [InlineData("64GiB", 65536)]
    [InlineData("64Gi", 65536)]
    [InlineData("2TiB", 2 * 1024 * 1024)]
    [InlineData("512MiB", 512)]
    [InlineData("512", 512)]
    public void Memory_is_in_MiB(string text, int expected)
    {
        Assert.True(Sizes.TryParseMemory(text, out var size));
        Assert.Equal(expected, size);
    }

    [Theory]
    [InlineData("500GB", 500)]
    [InlineData("2TB", 2000)]
    [InlineData("80", 80)]
    public void Disks_are_in_GB(string text, int expected)
    {
        Assert.True(Sizes.TryParseDisk(text, out var size));
        Assert.Equal(expected, size);
    }

    [Theory]
    [InlineData("")]
    [InlineData("GiB")]
    [InlineData("-1GiB")]
    [InlineData("1.5GiB")]
    [InlineData("64GB")]
    public void What_is_no_amount_of_memory_is_not_read_as_one(string text) => Assert.False(Sizes.TryParseMemory(text, out _));

    [Theory]
    [InlineData("gpu=yes:NoSchedule", "gpu", "yes", TaintEffect.NoSchedule, false)]
    [InlineData("gpu:NoExecute", "gpu", "", TaintEffect.NoExecute, false)]
    [InlineData("gpu:yes:PreferNoSchedule", "gpu", "yes", TaintEffect.PreferNoSchedule, false)]
    [InlineData("gpu:NoSchedule-", "gpu", "", TaintEffect.NoSchedule, true)]
    [InlineData("gpu-", "gpu", "", null, true)]
    public void Taints_are_read_as_kubectl_reads_them(string text, string key, string value, TaintEffect? effect, bool remove)
    {
        Assert.True(PoolForms.Taint.TryRead(text, out var taint));
        Assert.Equal(new TaintEdit(key, value, effect, remove), taint);
    }

    [Theory]
    [InlineData("surge=2,unavailable=1", "2", "1")]
    [InlineData("unavailable=25%", "0", "25%")]
    public void A_roll_may_be_given_in_numbers(string text, string surge, string unavailable)
    {
        Assert.True(PoolForms.Rolling.TryRead(text, out var rolling));
        Assert.Equal(RollingChoice.Of(surge, unavailable), rolling);
    }

    [Theory]
    [InlineData("surge=0,unavailable=0")]
    [InlineData("surge=0%")]
    [InlineData("surge=one")]
    [InlineData("fast")]
    public void A_roll_that_could_replace_nothing_is_none(string text) => Assert.False(PoolForms.Rolling.TryRead(text, out _));

    [Theory]
    [InlineData(0.2, "1 s")]
    [InlineData(40, "40 s")]
    [InlineData(100, "2 min")]
    [InlineData(2100, "35 min")]
    [InlineData(3600, "60 min")]
    [InlineData(8400, "2 h 20 min")]
    [InlineData(7199, "2 h")]
    [InlineData(86400 * 2 + 7200, "2 d 2 h")]
    public void A_guess_is_said_as_exactly_as_guesses_are(double seconds, string expected) =>
        Assert.Equal(expected, Durations.Rough(seconds));
}
