using Gantry.Api;
using Gantry.Cli.Profiles;

namespace Gantry.Cli.Tests.Profiles;

public sealed class ProfileNamesTests
{
    private static readonly ProfileMetadata[] All =
    [
        Of("u1", "base", "1.9.0"),
        Of("u2", "base", "1.10.0-rc.2"),
        Of("u3", "base", "1.10.0-rc.10"),
        Of("u4", "edge", "2.0.0"),
        Of("u5", "edge", "2.0.0-rc.1"),
    ];

    [Theory]
    [InlineData("base", "u3")]
    [InlineData("edge", "u4")]
    [InlineData("base:1.9.0", "u1")]
    [InlineData("u2", "u2")]
    public void A_name_alone_means_the_newest_version(string named, string uid) =>
        Assert.Equal(uid, ProfileNames.Find(All, named, "--profile").Metadata.Uid);

    [Fact]
    public void What_is_not_there_or_not_clear_is_refused_with_what_is()
    {
        const string all = "base:1.9.0, base:1.10.0-rc.2, base:1.10.0-rc.10, edge:2.0.0, edge:2.0.0-rc.1";

        Refused(ExitCode.NotFound, $"--profile: cluster profile `base:2` does not exist; existing: {all}", "base:2", All);
        Refused(ExitCode.Usage, $"several cluster profiles exist, choose one with --profile: {all}", null, All);
        Refused(ExitCode.NotFound, "no cluster profile exists yet; `gantry profile create` adds one", null, []);
        Refused(
            ExitCode.Usage,
            "--profile: there are several edge:2.0.0; use the uid: u4, u6",
            "edge",
            [.. All, Of("u6", "edge", "2.0.0")]
        );
        Assert.Equal("u3", ProfileNames.Find(All[..3], named: null, "--profile").Metadata.Uid);
    }

    private static void Refused(int code, string message, string? named, ProfileMetadata[] all)
    {
        var refused = Assert.Throws<CliException>(() => ProfileNames.Find(all, named, "--profile"));
        Assert.Equal((code, message), (refused.ExitCode, refused.Message));
    }

    private static ProfileMetadata Of(string uid, string name, string version) =>
        new(new ObjectEntity(name, uid), new ProfileMetadataSpec("maas", version));
}
