using System.Text.Json.Nodes;
using Gantry.Cli;
using Gantry.Testing;

namespace Gantry.Scenarios;

/// <summary>Clusters that cannot be built now: plan, status, why-not and explain agree.</summary>
public sealed class WaitingForMachinesTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task A_small_cluster_is_built_while_a_large_one_waits_and_later_ones_name_the_cluster_ahead()
    {
        // At speed 60 a minute takes a second, and machines are kept for the large cluster after half a minute of real time. One
        // of the nine machines belongs to another user.
        await using var gantry = await RunningGantry.StartAsync("--lab-machines", "9", "--lab-speed", "60");
        await gantry.RunAsync("cluster", "create", "x", "--control-plane", "5", "--wait", "--timeout", "5m");
        await gantry.RunAsync("cluster", "create", "a", "--control-plane", "5");
        var lacks = await ConditionAsync(gantry, "a", "TooFewMachines");
        Assert.Contains("needs 5 machines and 3 free ones fit", lacks, StringComparison.Ordinal);

        Assert.Contains(
            "Plan: 1 to add",
            await gantry.RunAsync("plan", "create", "b", "--control-plane", "1"),
            StringComparison.Ordinal
        );
        await gantry.RunAsync("cluster", "create", "b", "--control-plane", "1", "--wait", "--timeout", "3m");
        Assert.Equal("Pending", await PhaseAsync(gantry, "a"));

        await gantry.RunAsync("cluster", "delete", "b", "--wait", "--timeout", "3m");
        await Eventually.HoldsAsync(
            async () =>
                Assert.Contains(
                    "3 free ones are kept for this cluster until",
                    await ConditionAsync(gantry, "a", "TooFewMachines"),
                    StringComparison.Ordinal
                ),
            Patience
        );
        await gantry.RunAsync("cluster", "create", "c", "--control-plane", "1");
        var waits = await ConditionAsync(gantry, "c", "WaitsForTurn");
        Assert.Contains("behind a", waits, StringComparison.Ordinal);

        Assert.Equal([waits], Texts(await JsonAsync(gantry, "plan", "cluster", "c"), "pending"));
        Assert.Contains("kept for a", await CliAsync(gantry, "why-not", "c"), StringComparison.Ordinal);
        Assert.Contains("behind a", await CliAsync(gantry, "explain", "cluster", "c"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_three_failed_installations_plan_and_status_name_the_same_blocker()
    {
        await using var gantry = await RunningGantry.StartAsync("--lab-machines", "8", "--lab-deploy-failures", "1");
        await gantry.RunAsync("cluster", "create", "unlucky", "--control-plane", "1");
        var told = await ConditionAsync(gantry, "unlucky", "InstallationFails");

        var plan = await JsonAsync(gantry, "plan", "cluster", "unlucky");

        Assert.Equal(
            ["InstallationFails"],
            plan["blockers"]!.AsArray().Where(blocker => (string?)blocker!["message"] == told).Select(b => (string?)b!["reason"])
        );
        Assert.DoesNotContain(plan["steps"]!.AsArray(), step => (string?)step!["action"] is "Allocate" or "Deploy");
        Assert.Equal(3, (await gantry.LabAsync("record")).AsArray().Count(entry => (string?)entry!["what"] == "deployFailed"));
    }

    private static async Task<JsonNode> JsonAsync(RunningGantry gantry, params string[] arguments) =>
        JsonNode.Parse(await CliAsync(gantry, [.. arguments, "-o", "json"]))!;

    /// <summary>Runs a command whose exit code may say that the cluster is not in its desired state.</summary>
    private static async Task<string> CliAsync(RunningGantry gantry, params string[] arguments)
    {
        var (code, output, error) = await gantry.CliAsync(arguments);
        Assert.True(code is ExitCode.Ok or ExitCode.Refused, $"{string.Join(' ', arguments)}: {code} {error}");
        return output;
    }

    private static IEnumerable<string?> Texts(JsonNode node, string list) => node[list]!.AsArray().Select(text => (string?)text);

    private static async Task<string?> PhaseAsync(RunningGantry gantry, string cluster) =>
        (string?)(await JsonAsync(gantry, "cluster", "get", cluster))["status"]?["phase"];

    private static async Task<string> ConditionAsync(RunningGantry gantry, string cluster, string reason)
    {
        var message = "";
        await Eventually.HoldsAsync(
            async () =>
            {
                var status = (await JsonAsync(gantry, "cluster", "get", cluster))["status"];
                var found = status?["conditions"]?.AsArray().FirstOrDefault(condition => (string?)condition!["reason"] == reason);
                Assert.True(found is not null, $"no condition {reason} yet: {status?.ToJsonString()}");
                message = (string)found["message"]!;
            },
            TimeSpan.FromMinutes(1)
        );
        return message;
    }
}
