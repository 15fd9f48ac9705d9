using System.Text.Json.Nodes;

namespace Gantry.Scenarios;

/// <summary>A tenth of the machines never finish a deployment.</summary>
public sealed class FailingMachinesTests
{
    [Fact]
    public async Task Clusters_are_created_despite_failing_machines_and_a_failed_machine_is_not_retried()
    {
        await using var gantry = await RunningGantry.StartAsync("--lab-machines", "60", "--lab-deploy-failures", "0.1");
        string[] clusters = ["one", "two", "three", "four"];
        foreach (var cluster in clusters)
        {
            await gantry.RunAsync("cluster", "create", cluster, "--control-plane", "3", "--workers", "8");
        }

        foreach (var cluster in clusters)
        {
            await gantry.RunAsync("cluster", "watch", cluster, "--timeout", "6m");
        }

        var record = (await gantry.LabAsync("record")).AsArray();
        var failed = record
            .Where(entry => (string?)entry!["what"] == "deployFailed")
            .Select(entry => (string)entry!["systemId"]!)
            .ToList();
        Assert.NotEmpty(failed);
        Assert.Equal(failed.Distinct(), failed);
        using var api = new ApiClient(gantry);
        var events = (
            await api.ExpectAsync(System.Net.HttpStatusCode.OK, HttpMethod.Get, "/v1/events/components?limit=0")
        )!.ToJsonString();
        foreach (var machine in failed)
        {
            var hostname = (string)record.First(entry => (string?)entry!["systemId"] == machine)!["hostname"]!;
            Assert.Matches($"{hostname}[^\"]*(quarantine|Installation failed)", events);
            Assert.Single(record, entry => (string?)entry!["systemId"] == machine && (string?)entry["what"] == "deploying");
        }
    }
}
