using Gantry.Api;
using Gantry.Cli.Explanations;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Model;
using Gantry.Testing;

namespace Gantry.Cli.Tests.Explanations;

public sealed class AnswerTests
{
    [Theory]
    [InlineData(100, "explain.wide.txt")]
    [InlineData(48, "explain.narrow.txt")]
    public void An_explanation_shows_cause_time_and_next_action(int width, string golden) =>
        Golden.Match(
            ExplainCommand.Text(
                new ExplainAnswer(
                    "KubeletSilent",
                    "node-05 has said nothing for 12 minutes; MAAS shows its power as on",
                    "Gantry power-cycles node-05 at 15:03; pull it from the rack if it stays silent",
                    ActionRequired: false,
                    TestHost.Now.AddMinutes(-12)
                ),
                "demo",
                TestHost.Clock(),
                new TextLayout(width, new TextStyle(Colors: false))
            ),
            golden
        );

    [Fact]
    public void A_cluster_in_its_desired_state_is_explained_in_one_line() =>
        Golden.Match(
            ExplainCommand.Text(
                new ExplainAnswer("AsItShouldBe", "3 control planes and 5 workers are ready", "", ActionRequired: false, null),
                "demo",
                TestHost.Clock(),
                new TextLayout(100, new TextStyle(Colors: false))
            ),
            "explain.good.txt"
        );

    [Theory]
    [InlineData(100, "whatif.wide.txt")]
    [InlineData(50, "whatif.narrow.txt")]
    public void Capacity_is_counted_and_its_limits_are_named(int width, string golden) =>
        Golden.Match(
            WhatIfCommand.Text(
                new WhatIfAnswer(
                    20,
                    14,
                    CanRoll: false,
                    61,
                    5,
                    ["worker-pool: 2 machines with 64 GiB are free and the 15th needs 3"]
                ),
                "demo",
                new TextLayout(width, new TextStyle(Colors: false))
            ),
            golden
        );

    [Fact]
    public void Sufficient_capacity_is_printed_first() =>
        Golden.Match(
            WhatIfCommand.Text(
                new WhatIfAnswer(2, 2, CanRoll: true, 61, 51, []),
                "demo",
                new TextLayout(100, new TextStyle(Colors: false))
            ),
            "whatif.good.txt"
        );

    [Fact]
    public void Capacity_for_one_cluster_is_printed_in_the_singular() =>
        Assert.Contains(
            "1 of 2 finds its machines; 1 machine is free now, 0 then",
            WhatIfCommand.Text(
                new WhatIfAnswer(2, 1, CanRoll: true, 1, 0, []),
                "demo",
                new TextLayout(100, new TextStyle(Colors: false))
            ),
            StringComparison.Ordinal
        );
}
