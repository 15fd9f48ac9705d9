using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Tests.Planning;

/// <summary>The limits of an emulated data centre whose clock runs faster.</summary>
public sealed class LimitsTests
{
    [Fact]
    public void At_thirty_times_the_speed_the_phases_of_a_machine_take_a_thirtieth() =>
        Assert.Equal(
            Limits.Default with
            {
                Deploy = TimeSpan.FromSeconds(150),
                Init = TimeSpan.FromSeconds(60),
                Join = TimeSpan.FromSeconds(60),
                SilentBeforeRebootstrap = TimeSpan.FromSeconds(40),
                Silence = TimeSpan.FromSeconds(20),
                NeverReady = TimeSpan.FromSeconds(60),
                Boot = TimeSpan.FromSeconds(30),
                RepairDrain = TimeSpan.FromSeconds(10),
                Backfill = TimeSpan.FromSeconds(60),
                Keep = TimeSpan.FromSeconds(240),
                ForcedDrain = TimeSpan.FromSeconds(10),
                LongestReleasePause = TimeSpan.FromSeconds(10),
                FirstPackagesPause = TimeSpan.FromSeconds(10),
                LongestPackagesPause = TimeSpan.FromMinutes(2),
                VirtualIpLettingGo = Limits.Default.VirtualIpLettingGo / 30,
                VirtualIpTakeover = Limits.Default.VirtualIpTakeover / 30,
            },
            Limits.Default.AtSpeed(30)
        );

    [Fact]
    public void No_limit_becomes_shorter_than_ten_seconds() =>
        Assert.Equal(TimeSpan.FromSeconds(10), Limits.Default.AtSpeed(1000).Boot);

    [Theory]
    [InlineData(0.5)]
    [InlineData(1)]
    public void At_the_speed_of_a_real_data_centre_no_limit_changes(double speed)
    {
        var limits = new Limits { Join = TimeSpan.FromSeconds(5) };

        Assert.Equal(limits, limits.AtSpeed(speed));
    }
}
