using System.Net.Http.Json;
using Gantry.Clusters.Model;
using Gantry.Protocol;
using Gantry.Server.Tests.Hosting;

namespace Gantry.Server.Tests.Clusters;

public sealed class RepairTests
{
    [Fact]
    public async Task Repair_is_on_by_default_and_the_clusters_setting_overrides_the_projects()
    {
        await using var world = await World.MakeAsync();
        var follows = await world.CreateClusterAsync("follows");
        var own = await world.CreateClusterAsync("own");
        Assert.True((await world.WantedAsync(follows)).AutoRepair);

        var project = $"/v1/projects/{world.Project}/autoRepair";
        Assert.True((await world.Console.GetAsync(project)).GetProperty("enabled").GetBoolean());

        await SetAsync(world, own, false);
        await world.Console.PutAsync($"/v1/projects/{world.Project}/autoRepair", new { enabled = false });
        Assert.False((await world.WantedAsync(follows)).AutoRepair);
        Assert.False((await world.Console.GetAsync(project)).GetProperty("enabled").GetBoolean());
        Assert.Equal("project", await SaidByAsync(follows));
        Assert.Equal("cluster", await SaidByAsync(own));
        Assert.Equal(2, (await world.WantedAsync(follows)).Generation);
        Assert.Equal(2, (await world.WantedAsync(own)).Generation);
        var later = await world.CreateClusterAsync("later");
        Assert.False((await world.WantedAsync(later)).AutoRepair);

        await SetAsync(world, own, true);
        Assert.True((await world.WantedAsync(own)).AutoRepair);
        Assert.True((await world.Console.GetAsync($"/v1/spectroclusters/{own}/progress")).GetProperty("autoRepair").GetBoolean());
        await SetAsync(world, own, null);
        Assert.False((await world.WantedAsync(own)).AutoRepair);
        await world.Console.PutAsync($"/v1/projects/{world.Project}/autoRepair", new { enabled = true });
        Assert.True((await world.WantedAsync(own)).AutoRepair);

        async Task<string?> SaidByAsync(string uid) =>
            (await world.Console.GetAsync($"/v1/spectroclusters/{uid}/progress")).GetProperty("autoRepairFrom").GetString();
    }

    [Fact]
    public async Task An_edit_keeps_other_settings_of_the_desired_state()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        await world.Gateway.ReportAsync(
            world.Gateway.Status(uid, ClusterPhase.Running, Health.Healthy, FakeGateway.Machine("abc123"))
        );
        await SetAsync(world, uid, false);
        await world.Console.PostAsync($"/v1/spectroclusters/{uid}/machines/abc123/replace", new { }, 204);
        await world.Console.PatchAsync($"/v1/spectroclusters/{uid}/k8certificates/renew");
        var before = await world.WantedAsync(uid);

        await world.Console.PutAsync(
            $"{await world.ConfigAsync(uid)}/machinePools/worker-pool",
            World.Pool("worker-pool", 3, false)
        );

        var after = await world.WantedAsync(uid);
        Assert.Equal(
            (false, before.RenewCertificatesOlderThan, 3),
            (after.AutoRepair, after.RenewCertificatesOlderThan, after.Workers.Single().Size)
        );
        Assert.NotNull(after.RenewCertificatesOlderThan);
        Assert.Equal([new SystemId("abc123")], after.Replace);
    }

    [Fact]
    public async Task A_machine_is_replaced_on_request_and_the_request_is_dropped_once_it_is_gone()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        await world.Console.PostAsync($"/v1/spectroclusters/{uid}/machines/abc123/replace", new { }, 404);
        await world.Gateway.ReportAsync(
            world.Gateway.Status(
                uid,
                ClusterPhase.Running,
                Health.Healthy,
                FakeGateway.Machine("abc123"),
                FakeGateway.Machine("def456")
            )
        );

        await world.Console.PostAsync($"/v1/spectroclusters/{uid}/machines/abc123/replace", new { }, 204);
        await world.Console.PostAsync($"/v1/spectroclusters/{uid}/machines/abc123/replace", new { }, 204);
        Assert.Equal((2L, 1), ((await world.WantedAsync(uid)).Generation, (await world.WantedAsync(uid)).Replace.Count));

        await world.Gateway.ReportAsync(
            world.Gateway.Status(uid, ClusterPhase.Running, Health.Healthy, FakeGateway.Machine("def456"))
        );
        await world.Console.PostAsync($"/v1/spectroclusters/{uid}/machines/def456/replace", new { }, 204);
        Assert.Equal([new SystemId("def456")], (await world.WantedAsync(uid)).Replace);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_replaced_machine_is_in_quarantine_before_its_replacement_is_wanted(bool planned)
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        await world.Gateway.ReportAsync(
            world.Gateway.Status(uid, ClusterPhase.Running, Health.Healthy, FakeGateway.Machine("abc123"))
        );
        List<(string Account, string Machine, string Reason, int Wanted)> asked = [];
        world.Gateway.Answers = request =>
        {
            if (request is not GatewayRequest.AddQuarantine add)
            {
                return request is GatewayRequest.PlanCluster ? new PlanDocument("a", [], [], []) : null;
            }

            asked.Add((add.Account.Value, add.Machine, add.Reason, world.Gateway.Clusters[uid].Replace.Count));
            return new QuarantineEntry(
                new SystemId("abc123"),
                "host",
                new ClusterId(uid),
                add.Reason,
                [],
                DateTimeOffset.UnixEpoch
            );
        };

        await world.Gateway.PollAsync();
        if (planned)
        {
            var change = new { replaceMachines = (string[])["abc123"], quarantineReplaced = true };
            var plan = await world.Gateway.WhileServingAsync(
                world.Console.PostAsync($"/v1/spectroclusters/{uid}/plan", change, 200)
            );
            var hash = plan.GetProperty("hash").GetString();
            Assert.Empty(asked);
            await world.Gateway.WhileServingAsync(world.Console.PostAsync($"/v1/plans/{hash}/apply", new { }, 200));
        }
        else
        {
            await world.Gateway.WhileServingAsync(
                world.Console.PostAsync($"/v1/spectroclusters/{uid}/machines/abc123/replace?quarantine=true", new { }, 204)
            );
        }

        var one = Assert.Single(asked);
        Assert.Equal((world.Account, "abc123", 0), (one.Account, one.Machine, one.Wanted));
        Assert.EndsWith(" had it replaced in demo", one.Reason, StringComparison.Ordinal);
        Assert.Equal([new SystemId("abc123")], (await world.WantedAsync(uid)).Replace);
    }

    [Fact]
    public async Task Invalid_repair_requests_are_refused()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");

        Assert.Equal(
            ["enabled"],
            TestConsole.Fields(await world.Console.PutAsync($"/v1/projects/{world.Project}/autoRepair", new { }, 400))
        );
        await world.Console.PutAsync($"/v1/spectroclusters/{uid}/autoRepair", new { enabled = "yes" }, 400);
        await world.Console.PutAsync("/v1/spectroclusters/nothing/autoRepair", new { enabled = true }, 404);
        await world.Console.PutAsync("/v1/projects/nothing/autoRepair", new { enabled = true }, 404);
        await world.Console.DeleteAsync($"/v1/spectroclusters/{uid}");
        await world.Console.PutAsync($"/v1/spectroclusters/{uid}/autoRepair", new { enabled = false }, 409);
    }

    [Fact]
    public async Task A_switch_of_the_project_and_edits_of_its_clusters_at_once_lose_nothing()
    {
        await using var world = await World.MakeAsync();
        var uids = new[] { await world.CreateClusterAsync("one"), await world.CreateClusterAsync("two") };
        var configs = new[] { await world.ConfigAsync(uids[0]), await world.ConfigAsync(uids[1]) };

        var answers = await Task.WhenAll(
            world.Console.Client.PutAsJsonAsync($"/v1/projects/{world.Project}/autoRepair", new { enabled = false }),
            world.Console.Client.PutAsJsonAsync($"{configs[0]}/machinePools/worker-pool", World.Pool("worker-pool", 5, false)),
            world.Console.Client.PutAsJsonAsync($"{configs[1]}/machinePools/worker-pool", World.Pool("worker-pool", 5, false))
        );

        Assert.All(answers, answer => Assert.Equal(204, (int)answer.StatusCode));
        foreach (var uid in uids)
        {
            var wanted = await world.WantedAsync(uid);
            Assert.Equal((false, 5, 3L), (wanted.AutoRepair, wanted.Workers.Single().Size, wanted.Generation));
        }

        foreach (var answer in answers)
        {
            answer.Dispose();
        }
    }

    private static Task SetAsync(World world, string uid, bool? enabled) =>
        world.Console.PutAsync($"/v1/spectroclusters/{uid}/autoRepair", new { enabled });
}
