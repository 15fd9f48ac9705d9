using System.Text.Json;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Tests.Planning;

/// <summary>Ledgers, plans and reports of earlier versions use other names for some fields.</summary>
public sealed class StoredNamesTests
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

    [Theory]
    [InlineData(EventKind.Observed, "Seen")]
    [InlineData(EventKind.Planned, "Planned")]
    [InlineData(EventKind.Completed, "Done")]
    [InlineData(EventKind.Result, "Result")]
    public void The_kind_of_an_event_is_sent_and_read_as_before(EventKind kind, string stored) =>
        IsStoredWith(kind, $"\"{stored}\"");

    [Fact]
    public void An_explanation_is_sent_and_read_as_before() =>
        IsStoredWith(new Explanation("NodeSilent", "It is silent.", "Look at it.", ActionRequired: true, null), "\"needs\":true");

    [Fact]
    public void Machines_that_are_not_free_are_sent_and_read_as_before() =>
        IsStoredWith(new NotFree(NotFreeKind.Locked, "locked in MAAS", 2), "\"words\":\"locked in MAAS\"");

    [Fact]
    public void A_machine_that_is_marked_for_replacement_is_stored_and_read_as_before() =>
        IsStoredWith(new Repair(MarkedForReplacement: "it broke"), "\"givenUp\":\"it broke\"");

    [Fact]
    public void Why_a_machine_is_to_be_replaced_is_sent_and_read_as_before() =>
        IsStoredWith(
            new MachineStatus
            {
                SystemId = new SystemId("abc"),
                Hostname = "host",
                Pool = DnsLabel.Parse("workers"),
                Role = PoolRole.Worker,
                State = "Ready",
                StaleReasons = ["another image"],
            },
            "\"staleBecause\":[\"another image\"]"
        );

    private static void IsStoredAsBecause<T>(T value) => IsStoredWith(value, "\"because\":\"it broke\"");

    private static void IsStoredWith<T>(T value, string stored)
    {
        var json = JsonSerializer.Serialize(value, ModelJson.Options);
        Assert.Contains(stored, json, StringComparison.Ordinal);
        Assert.Equal(value, JsonSerializer.Deserialize<T>(json, ModelJson.Options));
    }
}
