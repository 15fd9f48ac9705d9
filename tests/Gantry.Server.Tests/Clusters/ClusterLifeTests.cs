using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Gantry.Clusters.Model;
using Gantry.Server.Tests.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Server.Tests.Clusters;

public sealed class ClusterLifeTests
{
    [Fact]
    public async Task A_cluster_goes_from_Pending_to_Running_and_to_Deleted_as_its_gateway_reports()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo", controlPlane: 3, workers: 2);
        Assert.Equal("Pending", await world.StateAsync(uid));

        await world.Gateway.PollAsync();
        var wanted = world.Gateway.Clusters[uid];
        Assert.Equal("demo", wanted.Name.Value);
        Assert.Equal(3, wanted.ControlPlane.Size);
        Assert.Equal(new EndpointChoice.MaasDns(DnsName.Parse("maas")), wanted.Endpoint);
        Assert.Equal(["rack-a", "rack-b"], wanted.ControlPlane.Placement.Zones);
        Assert.Equal(["ssh-ed25519 AAAA me"], wanted.Nodes.SshKeys);

        await world.Gateway.ReportAsync(world.Gateway.Status(uid, ClusterPhase.Provisioning));
        Assert.Equal("Provisioning", await world.StateAsync(uid));

        await world.Gateway.ReportAsync(world.Gateway.Status(uid, ClusterPhase.Running, Health.Healthy));
        Assert.Equal("Running", await world.StateAsync(uid));
        var overview = (await world.Console.GetAsync($"/v1/dashboard/spectroclusters/{uid}/overview")).GetProperty("status");
        Assert.Equal("Healthy", overview.GetProperty("health").GetProperty("state").GetString());
        Assert.Equal("Running", overview.GetProperty("state").GetString());

        await world.Console.DeleteAsync($"/v1/spectroclusters/{uid}");
        Assert.Equal("Deleting", await world.StateAsync(uid));
        await world.Console.DeleteAsync($"/v1/spectroclusters/{uid}");
        await world.Gateway.PollAsync();
        Assert.NotNull(world.Gateway.Clusters[uid].Deletion);
        Assert.Equal(2, world.Gateway.Clusters[uid].Generation);

        await world.Gateway.ReportAsync(world.Gateway.Status(uid, ClusterPhase.Deleted));
        Assert.Equal("Deleted", await world.StateAsync(uid));
        await world.Console.DeleteAsync($"/v1/spectroclusters/{uid}", 404);
        await world.Gateway.PollAsync();
        Assert.Empty(world.Gateway.Clusters);
    }

    [Fact]
    public async Task A_deleted_cluster_can_be_read_for_three_days_and_gives_its_name_back_at_once()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var world = await World.MakeAsync(time);
        var uid = await world.CreateClusterAsync("demo");
        await world.Console.DeleteAsync($"/v1/spectroclusters/{uid}");
        await world.Console.PostAsync("/v1/spectroclusters/maas", world.Body("demo"), 409);
        await world.Gateway.ReportAsync(world.Gateway.Status(uid, ClusterPhase.Deleted));

        var second = await world.CreateClusterAsync("demo");
        Assert.NotEqual(uid, second);
        time.Advance(TimeSpan.FromHours(71));
        Assert.Equal("Deleted", await world.StateAsync(uid));
        time.Advance(TimeSpan.FromHours(2));
        await TestConsole.ReadAsync(await world.Console.Client.GetAsync($"/v1/spectroclusters/{uid}"), 404);
        Assert.Equal("Pending", await world.StateAsync(second));
    }

    [Fact]
    public async Task Events_of_a_deleted_cluster_are_listed_for_as_long_as_the_cluster_can_be_read()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var world = await World.MakeAsync(time);
        var uid = await world.CreateClusterAsync("demo");
        var other = await world.CreateClusterAsync("other");
        await world.Gateway.ReportAsync(
            world.Gateway.Event(uid, "Deploy", "of demo"),
            world.Gateway.Event(other, "Deploy", "of other")
        );
        await world.Console.DeleteAsync($"/v1/spectroclusters/{uid}");
        await world.Gateway.ReportAsync(world.Gateway.Status(uid, ClusterPhase.Deleted));

        time.Advance(TimeSpan.FromHours(71));
        Assert.Equal(["of other", "of demo"], await MessagesAsync());
        time.Advance(TimeSpan.FromHours(2));
        Assert.Equal(["of other"], await MessagesAsync());

        async Task<IEnumerable<string?>> MessagesAsync() =>
            (await world.Console.GetAsync("/v1/events/components"))
                .GetProperty("items")
                .EnumerateArray()
                .Select(one => one.GetProperty("message").GetString())
                .ToList();
    }

    [Fact]
    public async Task The_whole_read_that_Terraform_makes_after_a_create_succeeds()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        await world.Gateway.PollAsync();
        await world.Gateway.ReportAsync(world.Gateway.Status(uid, ClusterPhase.Running, Health.Healthy, Machine("worker-pool")));

        var cluster = await world.Console.GetAsync($"/v1/spectroclusters/{uid}");
        Assert.Equal("maas", cluster.GetProperty("spec").GetProperty("cloudType").GetString());
        Assert.False(cluster.GetProperty("status").TryGetProperty("location", out _));
        Assert.Equal("""{"team":"blue"}""", cluster.GetProperty("metadata").GetProperty("labels").GetRawText());
        Assert.True(cluster.GetProperty("status").GetProperty("spcApply").GetProperty("canBeApplied").GetBoolean());
        foreach (var asset in new[] { "kubeconfigclient", "adminKubeconfig", "kubeconfig" })
        {
            using var download = await world.Gateway.WhileServingAsync(
                world.Console.Client.GetAsync($"/v1/spectroclusters/{uid}/assets/{asset}")
            );
            Assert.Equal("application/octet-stream", download.Content.Headers.ContentType?.MediaType);
            Assert.True(Kubeconfig.TryParse(await download.Content.ReadAsStringAsync(), out var kubeconfig));
            Assert.Equal(("demo", "admin@gantry.local"), (kubeconfig.Cluster, kubeconfig.User));
        }

        Assert.Equal("BackupNotConfigured", await CodeAsync(world, $"/v1/spectroclusters/{uid}/features/backup", 404));
        Assert.Equal("ResourceNotFound", await CodeAsync(world, $"/v1/spectroclusters/{uid}/features/complianceScan", 404));
        Assert.Equal(
            "[]",
            (await world.Console.GetAsync($"/v1/spectroclusters/{uid}/config/rbacs")).GetProperty("items").GetRawText()
        );
        Assert.Equal(
            "[]",
            (await world.Console.GetAsync($"/v1/spectroclusters/{uid}/config/namespaces")).GetProperty("items").GetRawText()
        );
        Assert.Equal(1, (await world.Console.GetAsync($"/v1/spectroclusters/{uid}/variables")).GetArrayLength());

        var configUid = cluster.GetProperty("spec").GetProperty("cloudConfigRef").GetProperty("uid").GetString();
        var config = await world.Console.GetAsync($"/v1/cloudconfigs/maas/{configUid}");
        Assert.Equal("maas", config.GetProperty("kind").GetString());
        var pool = config.GetProperty("spec").GetProperty("machinePoolConfig")[1];
        Assert.Equal("worker-pool", pool.GetProperty("name").GetString());
        Assert.Equal(0, pool.GetProperty("minSize").GetInt32());
        Assert.Equal(8192, pool.GetProperty("instanceType").GetProperty("minMemInMB").GetInt32());
        var machines = await world.Console.GetAsync($"/v1/cloudconfigs/maas/{configUid}/machinePools/worker-pool/machines");
        var machine = machines.GetProperty("items")[0];
        Assert.Equal("Running", machine.GetProperty("status").GetProperty("instanceState").GetString());
        Assert.True(machine.GetProperty("status").TryGetProperty("maintenanceStatus", out _));
        Assert.Equal(
            "abc123",
            (await world.Console.GetAsync($"/v1/cloudconfigs/maas/{configUid}/machinePools/worker-pool/machines/abc123"))
                .GetProperty("metadata")
                .GetProperty("uid")
                .GetString()
        );
    }

    [Fact]
    public async Task A_kubeconfig_of_a_cluster_that_has_no_API_server_is_not_found_without_asking_anybody()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");

        Assert.Equal("ResourceNotFound", await CodeAsync(world, $"/v1/spectroclusters/{uid}/assets/adminKubeconfig", 404));
    }

    [Fact]
    public async Task Scaling_a_pool_makes_a_new_generation_and_keeps_everything_else()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        await world.Gateway.PollAsync();
        var before = world.Gateway.Clusters[uid];
        var config = $"/v1/cloudconfigs/maas/{await ConfigUidAsync(world, uid)}";

        await world.Console.PutAsync($"{config}/machinePools/worker-pool", World.Pool("worker-pool", 4, false));
        await world.Gateway.PollAsync();
        var after = world.Gateway.Clusters[uid];
        Assert.Equal(2, after.Generation);
        Assert.Equal(4, after.Workers.Single().Size);
        Assert.Equal(before.Endpoint, after.Endpoint);
        Assert.Equal(before.CreatedAt, after.CreatedAt);

        await world.Console.PutAsync($"{config}/machinePools/worker-pool", World.Pool("worker-pool", 4, false));
        Assert.Equal(world.Gateway.Revision, (await world.Gateway.PollAsync()).Revision);

        await world.Console.PostAsync($"{config}/machinePools", World.Pool("gpu", 1, false));
        await world.Console.PostAsync($"{config}/machinePools", World.Pool("gpu", 1, false), 409);
        await world.Gateway.PollAsync();
        Assert.Equal(["worker-pool", "gpu"], world.Gateway.Clusters[uid].Workers.Select(pool => pool.Name.Value));

        await world.Console.DeleteAsync($"{config}/machinePools/gpu");
        await world.Console.DeleteAsync($"{config}/machinePools/gpu", 404);
        await world.Console.DeleteAsync($"{config}/machinePools/control-plane-pool", 409);
        await world.Gateway.PollAsync();
        Assert.Equal(4, world.Gateway.Clusters[uid].Generation);
    }

    [Fact]
    public async Task Of_many_requests_for_one_name_at_once_one_is_granted_and_changes_at_once_get_revisions_in_order()
    {
        await using var world = await World.MakeAsync();
        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 12)
                .Select(number =>
                    world.Console.Client.PostAsJsonAsync(
                        "/v1/spectroclusters/maas",
                        world.Body(number < 6 ? "same" : $"other-{number}")
                    )
                )
        );

        Assert.Equal(7, answers.Count(answer => (int)answer.StatusCode is 201));
        Assert.Equal(5, answers.Count(answer => (int)answer.StatusCode is 409));
        var before = world.Gateway.Revision;
        var state = await world.Gateway.PollAsync();
        Assert.Equal(7, state.Clusters.Count);
        Assert.True(state.Revision >= before + 7, $"{before} then {state.Revision}");
        foreach (var answer in answers)
        {
            answer.Dispose();
        }
    }

    [Fact]
    public async Task A_report_sent_twice_or_late_changes_nothing_and_events_are_kept_once()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        var early = world.Gateway.Status(uid, ClusterPhase.Provisioning);
        var late = world.Gateway.Status(uid, ClusterPhase.Running, Health.Healthy) with
        {
            ReportedAt = early.ReportedAt.AddSeconds(1),
        };
        await world.Gateway.ReportAsync(late);
        await world.Gateway.ReportAsync(late);
        await world.Gateway.ReportAsync(early);
        Assert.Equal("Running", await world.StateAsync(uid));

        var first = world.Gateway.Event(uid, "Deploy", "node-1 is being deployed");
        var second = world.Gateway.Event(uid, "Ready", "node-1 is ready");
        await world.Gateway.ReportAsync(first);
        await world.Gateway.ReportAsync(first, second);
        var events = await world.Console.GetAsync($"/v1/events/components/spectrocluster/{uid}");
        Assert.Equal(
            ["Ready", "Deploy"],
            events.GetProperty("items").EnumerateArray().Select(one => one.GetProperty("reason").GetString())
        );
    }

    [Fact]
    public async Task An_event_that_counts_takes_the_place_of_the_one_before_it()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        var first = world.Gateway.Event(uid, "ReleaseFailed", "node-1: MAAS was asked 2 times to release it");
        var second = first with { Message = "node-1: MAAS was asked 3 times to release it", At = first.At.AddMinutes(1) };

        await world.Gateway.ReportAsync(first, second);
        await world.Gateway.ReportAsync(second with { Message = "asked 4 times", At = second.At.AddMinutes(2) });
        await world.Gateway.ReportAsync(first);
        await world.Gateway.ReportAsync(
            second with
            {
                Reason = "Deploy",
                Message = "another story",
                At = second.At.AddMinutes(3),
            }
        );

        var events = await world.Console.GetAsync($"/v1/events/components/spectrocluster/{uid}");
        var only = Assert.Single(events.GetProperty("items").EnumerateArray());
        Assert.Equal(
            ("ReleaseFailed", "asked 4 times"),
            (only.GetProperty("reason").GetString(), only.GetProperty("message").GetString())
        );
    }

    [Fact]
    public async Task Every_change_is_in_the_audit_with_user_change_and_source_address()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        await world.Console.DeleteAsync($"/v1/spectroclusters/{uid}");
        await world.Gateway.ReportAsync(world.Gateway.Status(uid, ClusterPhase.Deleted));

        var audits = (await world.Console.GetAsync($"/v1/audits?resourceUid={uid}"))
            .GetProperty("items")
            .EnumerateArray()
            .ToList();

        Assert.Equal(
            ["delete", "delete", "create"],
            audits.Select(one => one.GetProperty("spec").GetProperty("actionType").GetString())
        );
        Assert.Equal(
            ["service", "user", "user"],
            audits.Select(one => one.GetProperty("spec").GetProperty("actor").GetProperty("actorType").GetString())
        );
        Assert.Contains("127.0.0.1", audits[2].GetProperty("spec").GetProperty("actor").GetProperty("remoteAddress").GetString());
    }

    [Fact]
    public async Task A_plan_comes_from_the_gateway_for_a_new_cluster_and_for_an_existing_one()
    {
        await using var world = await World.MakeAsync();

        var fresh = await TestConsole.ReadAsync(
            await world.Gateway.WhileServingAsync(
                world.Console.Client.PostAsJsonAsync("/v1/spectroclusters/maas/plan", world.Body("demo"))
            ),
            200
        );
        Assert.Equal("Deploy", fresh.GetProperty("steps")[0].GetProperty("action").GetString());

        var uid = await world.CreateClusterAsync("demo");
        var existing = await TestConsole.ReadAsync(
            await world.Gateway.WhileServingAsync(world.Console.Client.PostAsync($"/v1/spectroclusters/{uid}/plan", null)),
            200
        );
        Assert.Equal("control-plane-pool", existing.GetProperty("steps")[0].GetProperty("pool").GetString());
    }

    [Fact]
    public async Task Progress_carries_the_status_as_the_gateway_wrote_it()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        Assert.False((await world.Console.GetAsync($"/v1/spectroclusters/{uid}/progress")).TryGetProperty("status", out _));

        await world.Gateway.ReportAsync(
            world.Gateway.Status(uid, ClusterPhase.Provisioning, Health.Unknown, Machine("worker-pool"))
        );
        var progress = await world.Console.GetAsync($"/v1/spectroclusters/{uid}/progress");
        Assert.Equal("demo", progress.GetProperty("name").GetString());
        Assert.Equal("Provisioning", progress.GetProperty("status").GetProperty("phase").GetString());
        Assert.Equal("abc123", progress.GetProperty("status").GetProperty("machines")[0].GetProperty("systemId").GetString());
    }

    [Fact]
    public async Task A_cluster_is_found_by_the_search_that_Terraform_sends()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        await world.CreateClusterAsync("other");

        var found = await world.Console.PostAsync(
            "/v1/dashboard/spectroclusters/search",
            JsonNode.Parse(
                """
                {"filter":{"conjunction":"and","filterGroups":[
                  {"conjunction":"and","filters":[
                    {"property":"environment","type":"string","condition":{"string":{"operator":"eq","negation":true,
                      "ignoreCase":false,"match":{"conjunction":"or","values":["nested"]}}}},
                    {"property":"isDeleted","type":"bool","condition":{"bool":{"value":false}}}]},
                  {"conjunction":"and","filters":[
                    {"property":"clusterName","type":"string","condition":{"string":{"operator":"eq","negation":false,
                      "match":{"conjunction":"or","values":["demo"]}}}}]}]},
                 "sort":[{"field":"clusterName","order":"asc"}]}
                """
            )!,
            200
        );

        var only = Assert.Single(found.GetProperty("items").EnumerateArray());
        Assert.Equal(uid, only.GetProperty("metadata").GetProperty("uid").GetString());
        Assert.Equal("", found.GetProperty("listmeta").GetProperty("continue").GetString());
        Assert.Equal(
            2,
            (await world.Console.PostAsync("/v1/dashboard/spectroclusters/search", new { }, 200))
                .GetProperty("items")
                .GetArrayLength()
        );
    }

    private static MachineStatus Machine(string pool) =>
        new()
        {
            SystemId = new SystemId("abc123"),
            Hostname = "node-1",
            Pool = DnsLabel.Parse(pool),
            Role = PoolRole.Worker,
            State = "Ready",
            NodeReady = true,
            Addresses = ["10.0.0.11"],
        };

    private static async Task<string> ConfigUidAsync(World world, string uid) =>
        (await world.Console.GetAsync($"/v1/spectroclusters/{uid}"))
            .GetProperty("spec")
            .GetProperty("cloudConfigRef")
            .GetProperty("uid")
            .GetString()!;

    private static async Task<string?> CodeAsync(World world, string path, int status) =>
        (await TestConsole.ReadAsync(await world.Console.Client.GetAsync(path), status)).GetProperty("code").GetString();
}
