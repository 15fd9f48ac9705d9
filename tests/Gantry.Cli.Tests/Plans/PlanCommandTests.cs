using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Api;
using Gantry.Clusters.Model;
using Gantry.Testing;

namespace Gantry.Cli.Tests.Plans;

public sealed class PlanCommandTests : IAsyncLifetime
{
    private const string Cluster = $"/v1/spectroclusters/{FakeConsole.Uid}";
    private FakeConsole _console = null!;

    public async ValueTask InitializeAsync() => _console = await FakeConsole.StartAsync();

    public ValueTask DisposeAsync() => _console.DisposeAsync();

    [Fact]
    public async Task A_plan_with_blockers_exits_with_4()
    {
        Plan($"POST {Cluster}/plan", new PlanAnswer("h", [], [], [new BlockerView("TooFewMachines", "2 are missing")]));
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Refused, await host.RunAsync("plan", "scale", "demo", "--size", "9"));
        Assert.Contains("TooFewMachines", host.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("json", "\"hash\": \"3f9c2d71a0b4\"")]
    [InlineData("yaml", "hash: 3f9c2d71a0b4")]
    public async Task Json_output_is_the_document_itself(string format, string expected)
    {
        Plan("POST /v1/spectroclusters/maas/plan", Samples.Upgrade);
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Ok, await host.RunAsync("plan", "create", "demo", "--workers", "3", "-o", format));
        Assert.Contains(expected, host.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("gantry apply", host.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plan_of_the_present_desired_state_has_nothing_to_apply()
    {
        Plan($"POST {Cluster}/plan", Samples.Upgrade);
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Ok, await host.RunAsync("plan", "cluster", "demo"));
        Assert.Empty(_console.Changes);
        Assert.DoesNotContain("gantry apply", host.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plan_is_applied_by_its_hash()
    {
        _console.Answer("POST /v1/plans/3f9c/apply", $$"""{"uid":"{{FakeConsole.Uid}}"}""");
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Ok, await host.RunAsync("apply", "--plan", "3f9c", "-o", "json"));
        Assert.Equal(FakeConsole.Uid, (string?)JsonNode.Parse(host.Out)!["uid"]);
    }

    [Fact]
    public async Task An_applied_plan_is_waited_for()
    {
        _console.Answer("POST /v1/plans/3f9c/apply", $$"""{"uid":"{{FakeConsole.Uid}}"}""");
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Ok, await host.RunAsync("apply", "--plan", "3f9c", "--wait"));
        Assert.Contains("State:       Running, Healthy, 100%", host.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_outdated_plan_is_refused_with_the_differences_and_the_next_action()
    {
        _console.Answer(
            "POST /v1/plans/3f9c/apply",
            """
            {"code":"PlanOutdated","message":"node-07 was taken by cluster other since the plan was made.",
              "details":{"fields":[{"field":"hash","message":"77aa01"}]},"ref":"x"}
            """,
            409
        );
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Refused, await host.RunAsync("apply", "--plan", "3f9c"));
        Golden.Match(host.Error, "outdated.txt");
    }

    [Fact]
    public async Task Applying_a_plan_twice_reports_that_it_was_applied()
    {
        _console.Answer(
            "POST /v1/plans/3f9c/apply",
            """
            {"code":"PlanApplied",
              "message":"Plan 3f9c was applied already, to cluster 'demo' by ada@example.com at 2026-03-02 14:00:00Z.",
                "details":{"fields":[]}}
            """,
            404
        );
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Refused, await host.RunAsync("apply", "--plan", "3f9c"));
        Assert.Contains("was applied already, to cluster 'demo' by ada@example.com", host.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("does not exist", host.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plan_that_is_no_longer_stored_is_not_found()
    {
        _console.Answer(
            "POST /v1/plans/3f9c/apply",
            """{"code":"ResourceNotFound","message":"There is no plan '3f9c' in this scope.","details":{"fields":[]}}""",
            404
        );
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.NotFound, await host.RunAsync("apply", "--plan", "3f9c"));
        Assert.Contains("kept for an hour", host.Error, StringComparison.Ordinal);
    }

    private void Plan(string call, PlanAnswer plan) => _console.Answer(call, JsonSerializer.Serialize(plan, ApiJson.Options));
}
