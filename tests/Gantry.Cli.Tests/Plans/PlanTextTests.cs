using Gantry.Cli.Plans;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Tests.Plans;

public sealed class PlanTextTests
{
    [Fact]
    public void A_plan_reads_as_one_line_a_step_with_its_reason() =>
        Assert.Equal(
            "+ ReserveAddress          the API endpoint needs an address\n"
            + "+ Deploy          node-1  cheapest machine that fits\n"
            + "\nPlan f00d: 2 steps. Nothing has been touched.\n",
            PlanText.Of(new PlanDocument(
                "f00d",
                [
                    new PlannedStep("+", "ReserveAddress", null, null, null, null, "the API endpoint needs an address"),
                    new PlannedStep("+", "Deploy", "abc123", "node-1", "cp", "a", "cheapest machine that fits"),
                ],
                [],
                [])));

    [Fact]
    public void A_refusal_is_shown_with_its_reason() =>
        Assert.Equal(
            "✗ TooFewMachines: 3 wanted, 1 fits\n",
            PlanText.Of(new PlanDocument("f00d", [], [], [new Refusal("TooFewMachines", "3 wanted, 1 fits")])));

    [Fact]
    public void Nothing_to_do_is_said() =>
        Assert.Contains("Nothing to do", PlanText.Of(new PlanDocument("f00d", [], [], [])), StringComparison.Ordinal);
}
