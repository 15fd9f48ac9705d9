using Gantry.Api;
using Gantry.Cli.Plans;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Model;
using Gantry.Testing;

namespace Gantry.Cli.Tests.Plans;

public sealed class PlanTextTests
{
    private const string Title = "demo: upgrade to Kubernetes 1.34.1";

    [Theory]
    [InlineData(null, "upgrade.file.txt")]
    [InlineData(140, "upgrade.wide.txt")]
    [InlineData(64, "upgrade.narrow.txt")]
    public void A_plan_reads_well_at_every_width(int? width, string golden) =>
        Golden.Match(PlanText.Of(Samples.Upgrade, Title, new TextLayout(width, new TextStyle(Colors: false))), golden);

    [Fact]
    public void With_colours_the_words_are_the_same()
    {
        var coloured = PlanText.Of(Samples.Upgrade, Title, new TextLayout(140, new TextStyle(Colors: true)));

        Golden.Match(coloured.Replace("\e", "␛", StringComparison.Ordinal), "upgrade.colours.txt");
        Assert.Equal(
            PlanText.Of(Samples.Upgrade, Title, new TextLayout(140, new TextStyle(Colors: false))),
            Ansi.Stripped(coloured)
        );
    }

    [Fact]
    public void A_blocker_shows_its_remedy_and_no_apply_command() =>
        Golden.Match(
            PlanText.Of(
                new PlanAnswer(
                    "beef00",
                    [],
                    [],
                    [
                        new BlockerView(
                            "NoSpareMachine",
                            "worker-pool rolls expand first and needs 1 spare machine with 32 CPUs; none is free. "
                                + "--rolling contract-first needs none"
                        ),
                        new BlockerView("TwoMinorsAtOnce", "1.32 to 1.34 skips 1.33; upgrade to 1.33.5 first"),
                    ]
                ),
                Title,
                new TextLayout(100, new TextStyle(Colors: false))
            ),
            "refused.txt"
        );

    [Fact]
    public void Without_measured_durations_no_times_are_shown() =>
        Golden.Match(
            PlanText.Of(
                new PlanAnswer(
                    "f00d",
                    [
                        new PlanStepView
                        {
                            Symbol = "+",
                            Action = "ReserveAddress",
                            Reason = "the API endpoint needs an address",
                        },
                        new PlanStepView
                        {
                            Symbol = "+",
                            Action = "Deploy",
                            Machine = "abc123",
                            Hostname = "node-1",
                            Pool = "cp",
                            Zone = "a",
                            Reason = "cheapest machine that fits",
                        },
                    ],
                    [],
                    []
                ),
                "demo: new cluster",
                new TextLayout(null, new TextStyle(Colors: false))
            ),
            "untimed.txt"
        );

    [Fact]
    public void An_empty_plan_says_that_nothing_changes() =>
        Assert.Contains(
            "No step is needed: the cluster matches its desired state.",
            PlanText.Of(
                new PlanAnswer("f00d", [], [], []),
                "demo",
                new TextLayout(null, new TextStyle(Colors: false)),
                isDesired: true
            ),
            StringComparison.Ordinal
        );

    [Fact]
    public void A_change_without_machine_steps_can_be_applied()
    {
        var text = PlanText.Of(new PlanAnswer("f00d", [], [], []), "demo", new TextLayout(null, new TextStyle(Colors: false)));

        Assert.Contains("no machine is touched", text, StringComparison.Ordinal);
        Assert.Contains("gantry apply --plan f00d", text, StringComparison.Ordinal);
    }
}
