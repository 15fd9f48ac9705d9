using Gantry.Maas.Server;

namespace Gantry.Maas.Tests;

/// <summary>Which versions of MAAS are refused, and which lack a patch that matters.</summary>
public sealed class VersionTests
{
    [Theory]
    [InlineData("2.9.2", true, null)]
    [InlineData("3.2.11", true, null)]
    [InlineData("3.3.0", false, null)]
    [InlineData("3.4.10", false, null)]
    [InlineData("3.5.13", false, null)]
    [InlineData("3.6.4", false, "3.6.5")]
    [InlineData("3.6.5", false, null)]
    [InlineData("3.7.0~rc1", false, "3.7.3")]
    [InlineData("3.7.2", false, "3.7.3")]
    [InlineData("3.7.3", false, null)]
    [InlineData("3.7.10", false, null)]
    [InlineData("3.8.0b6", false, null)]
    [InlineData("4.0.0", false, null)]
    [InlineData("unknown", false, null)]
    public void A_version_is_refused_below_3_3_and_warned_about_below_the_patch_that_mends_it(
        string text,
        bool refused,
        string? mends
    )
    {
        var version = new MaasVersion(text);

        Assert.Equal(refused ? $"MAAS {text} is too old: this needs MAAS 3.3 or later. Upgrade MAAS." : null, version.Refusal);
        Assert.Equal(mends is not null, version.Warning is not null);
        Assert.StartsWith(
            mends is null ? "" : $"MAAS {text} has faults that {mends} mends: ",
            version.Warning ?? "",
            StringComparison.Ordinal
        );
    }
}
