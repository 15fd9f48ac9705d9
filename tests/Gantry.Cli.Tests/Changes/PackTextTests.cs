using Gantry.Cli.Changes;

namespace Gantry.Cli.Tests.Changes;

public sealed class PackTextTests
{
    [Theory]
    [InlineData("", "pack:\n  version: 1.34.1\n")]
    [InlineData("a: 1\n", "a: 1\npack:\n  version: 1.34.1\n")]
    [InlineData("pack: {}\na: 1\n", "pack:\n  version: 1.34.1\na: 1\n")]
    [InlineData("pack: # which\na: 1\n", "pack: # which\n  version: 1.34.1\na: 1\n")]
    [InlineData("pack:\n    # old\n    version: \"1.33.5\" # pinned\n    podCIDR: x\n", "pack:\n    # old\n    version: 1.34.1\n    podCIDR: x\n")]
    [InlineData("pack:\n\n  podCIDR: x\nkube:\n  version: 9\n", "pack:\n  version: 1.34.1\n\n  podCIDR: x\nkube:\n  version: 9\n")]
    [InlineData("pack:\n  deep:\n    version: 9\n", "pack:\n  version: 1.34.1\n  deep:\n    version: 9\n")]
    public void A_value_is_set_and_every_other_line_stays(string before, string after) =>
        Assert.Equal(after, PackText.Set(before, "1.34.1", "pack", "version"));

    [Theory]
    [InlineData("pack:\n  version: 1\n", true)]
    [InlineData("pack:\n\n  # version: 1\n  podCIDR: x\nkube:\n  version: 9\n", false)]
    [InlineData("version: 1\n", false)]
    public void A_value_is_found_below_its_parent_only(string yaml, bool expected) => Assert.Equal(expected, PackText.Has(yaml, "pack", "version"));

    [Fact]
    public void A_value_at_the_top_is_set_in_its_place() =>
        Assert.Equal(
            "# what MAAS deploys\nimage: custom/u-{kubernetesVersion}\n\nfiles: []\n",
            PackText.Set(Samples.OsValues, "custom/u-{kubernetesVersion}", "image"));

    [Fact]
    public void A_value_that_yaml_would_misread_is_quoted() => Assert.Equal("image: \"a: b # c\"\n", PackText.Set("", "a: b # c", "image"));

    [Fact]
    public void What_is_written_on_one_line_is_left_to_a_person()
    {
        var refused = Assert.Throws<CliException>(() => PackText.Set("pack: { podCIDR: x }\n", "1.34.1", "pack", "version"));

        Assert.Equal(ExitCode.Refused, refused.ExitCode);
    }
}
