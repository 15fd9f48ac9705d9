using System.Text.Json;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Tests.Planning;

/// <summary>Ledgers and plans of earlier versions call a reason <c>because</c>.</summary>
public sealed class StoredReasonTests
{
    [Fact]
    public void A_removal_is_stored_and_read_as_before() => IsStoredAsBecause(new Removal(RemovalKind.Repair, "it broke"));

    [Fact]
    public void A_planned_step_is_stored_and_read_as_before() =>
        IsStoredAsBecause(new PlannedStep("+", "Deploy", "abc", "host", DnsLabel.Parse("workers"), "az1", "it broke"));

    [Fact]
    public void A_change_of_a_machine_is_stored_and_read_as_before() =>
        IsStoredAsBecause(new MachineChange("-", "host", null, "workers", "az1", true, "it broke"));

    [Fact]
    public void A_plan_that_an_earlier_version_stored_is_read_with_what_it_waited_for()
    {
        const string stored = """
            {"hash":"h","steps":[],"waits":["node-01 boots"],"refusals":[{"reason":"ImageMissing","message":"no image"}]}
            """;

        var plan = JsonSerializer.Deserialize<PlanDocument>(stored, ModelJson.Options)!;

        Assert.Equal("node-01 boots", Assert.Single(plan.Pending));
        Assert.Equal(new Blocker("ImageMissing", "no image"), Assert.Single(plan.Blockers));
    }

    private static void IsStoredAsBecause<T>(T value)
    {
        var json = JsonSerializer.Serialize(value, ModelJson.Options);
        Assert.Contains("\"because\":\"it broke\"", json, StringComparison.Ordinal);
        Assert.Equal(value, JsonSerializer.Deserialize<T>(json, ModelJson.Options));
    }
}
