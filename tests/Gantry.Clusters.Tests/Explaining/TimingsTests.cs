using System.Text.Json;
using CsCheck;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Tests.Explaining;

public sealed class TimingsTests
{
    private static readonly Candidate One = Regions.Machine(1);
    private static readonly Candidate Alike = Regions.Machine(2);
    private static readonly Candidate Other = Regions.Machine(3, cpu: 64);

    private static Gen<TimingSample> AnySample { get; } =
        from phase in Regions.One(Enum.GetValues<TimedPhase>())
        from machine in Regions.One(One, Alike, Other)
        from seconds in Gen.Double[0, 5000]
        select TimingSample.Of(phase, machine, TimeSpan.FromSeconds(seconds));

    [Theory]
    [InlineData(TimedPhase.Deploy, 15, 40)]
    [InlineData(TimedPhase.Join, 3, 10)]
    [InlineData(TimedPhase.Drain, 2, 10)]
    [InlineData(TimedPhase.Release, 1, 6)]
    public void Without_samples_each_phase_has_an_expected_and_a_slow_duration_in_minutes(
        TimedPhase phase,
        int expected,
        int slow
    ) => Assert.Equal(new ExpectedTime(expected * 60, slow * 60), Timings.Empty.Expect(phase, One));

    [Fact]
    public void The_samples_of_a_machine_precede_those_of_similar_machines_and_of_all()
    {
        var known = Learn(Timings.Empty, Other, 1000, 1000, 1000);
        Assert.Equal(Always(1000), known.Expect(TimedPhase.Deploy, One));

        known = Learn(known, Alike, 500, 500, 500);
        Assert.Equal(Always(500), known.Expect(TimedPhase.Deploy, One));

        known = Learn(known, One, 200, 200);
        Assert.Equal(Always(500), known.Expect(TimedPhase.Deploy, One));

        known = Learn(known, One, 200);
        Assert.Equal(Always(200), known.Expect(TimedPhase.Deploy, One));
        Assert.Equal(new ExpectedTime(500, 1000), known.Expect(TimedPhase.Deploy, null));
    }

    [Fact]
    public void A_rebuilt_machine_is_predicted_by_its_present_hardware()
    {
        var known = Learn(Timings.Empty, One, 200, 200, 200);
        var rebuilt = One with { MemoryMiB = 1_048_576 };

        Assert.Equal(900, Learn(known, rebuilt, 900, 900, 900).Expect(TimedPhase.Deploy, rebuilt).Seconds);
    }

    [Fact]
    public void Half_took_no_longer_than_the_expected_time_and_nearly_all_no_longer_than_the_slow_one()
    {
        var known = Learn(Timings.Empty, One, [.. Enumerable.Range(1, 100).Select(second => (double)second)]);
        Assert.Equal(new ExpectedTime(50, 95), known.Expect(TimedPhase.Deploy, One));
    }

    [Fact]
    public void A_prediction_is_a_sample_or_built_in_and_the_slow_one_is_never_shorter() =>
        AnySample
            .Array[0, 60]
            .Sample(samples =>
            {
                var known = samples.Aggregate(Timings.Empty, (before, sample) => before.Learn(sample));
                foreach (var phase in Enum.GetValues<TimedPhase>())
                {
                    var expected = known.Expect(phase, One);
                    Assert.True(expected.Seconds <= expected.SlowSeconds);
                    Assert.True(
                        samples.Any(sample => sample.Phase == phase && sample.Seconds == expected.Seconds)
                            || expected == Timings.Empty.Expect(phase, null)
                    );
                }
            });

    [Fact]
    public void The_newest_samples_of_each_phase_are_kept_independently()
    {
        var known = Enumerable
            .Range(0, 1000)
            .Aggregate(
                Learn(Timings.Empty, Other, 7, 7, 7),
                (before, second) => before.Learn(TimingSample.Of(TimedPhase.Release, One, TimeSpan.FromSeconds(second)))
            );

        Assert.Equal(Timings.Kept + 3, known.Samples.Count);
        Assert.Equal(7, known.Expect(TimedPhase.Deploy, One).Seconds);
        Assert.Equal(
            1000 - Timings.Kept,
            known.Samples.Where(sample => sample.Phase is TimedPhase.Release).Min(sample => sample.Seconds)
        );
        Assert.True(known.ToJson().Length < 100 * 1024 / 4);
    }

    [Fact]
    public void Timings_are_read_back_as_they_were_stored() =>
        AnySample
            .Array[0, 30]
            .Sample(samples =>
            {
                var known = samples.Aggregate(Timings.Empty, (before, sample) => before.Learn(sample));
                Assert.Equal(known.Samples, Timings.FromJson(known.ToJson()).Samples);
            });

    [Fact]
    public void Absent_timings_are_empty_and_invalid_ones_an_error()
    {
        Assert.Empty(Timings.FromJson(null).Samples);
        Assert.Empty(Timings.FromJson("null").Samples);
        Assert.Throws<JsonException>(() => Timings.FromJson("{}"));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void An_impossible_duration_is_ignored(double seconds) =>
        Assert.Same(
            Timings.Empty,
            Timings.Empty.Learn(new TimingSample(TimedPhase.Deploy, One.Machine, HardwareKey.Of(One), seconds))
        );

    [Fact]
    public void A_phase_that_took_no_time_is_a_sample() =>
        Assert.Equal(Always(0), Learn(Timings.Empty, One, 0, 0, 0).Expect(TimedPhase.Deploy, One));

    private static ExpectedTime Always(double seconds) => new(seconds, seconds);

    private static Timings Learn(Timings known, Candidate machine, params double[] seconds) =>
        seconds.Aggregate(
            known,
            (before, second) => before.Learn(TimingSample.Of(TimedPhase.Deploy, machine, TimeSpan.FromSeconds(second)))
        );
}
