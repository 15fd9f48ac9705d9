using System.Net.Http.Json;
using System.Text.Json;
using Gantry.Api;
using Gantry.Clusters.Model;
using Gantry.Server.Clusters;
using Gantry.Server.Tests.Hosting;

namespace Gantry.Server.Tests.Clusters;

public sealed class HistoryTests
{
    [Fact]
    public async Task Every_desired_state_is_one_item_with_actor_request_and_events()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        var changed = World.Pool("worker-pool", 4, false);
        changed["poolConfig"]!["additionalLabels"]!["tier"] = "gold";
        await world.Console.PutAsync($"{await world.ConfigAsync(uid)}/machinePools/worker-pool", changed);
        await world.Console.PatchAsync($"/v1/spectroclusters/{uid}/clusterConfig/timezone", new { timezone = "Europe/Berlin" });
        await world.Gateway.ReportAsync(
            world.Gateway.Event(uid, "Plan", "3 machines are taken") with
            {
                Generation = 2,
                Kind = EventKind.Planned,
            },
            world.Gateway.Event(uid, "Deploy", "node-1 is deployed") with
            {
                Generation = 2,
                Kind = EventKind.Completed,
                Machine = new SystemId("abc123"),
            },
            world.Gateway.Event(uid, "AsItShouldBe", "4 workers are ready") with
            {
                Generation = 2,
                Kind = EventKind.Result,
            },
            world.Gateway.Event(uid, "Plan", "2 machines are taken") with
            {
                Generation = 1,
                Kind = EventKind.Planned,
            }
        );

        var history = await world.Console.GetAsync($"/v1/spectroclusters/{uid}/history");

        var items = history.GetProperty("items").EnumerateArray().ToList();
        Assert.Equal([2, 1], items.Select(item => item.GetProperty("generation").GetInt64()));
        Assert.Equal("worker-pool: size 1 → 4; label tier=gold added", items[0].GetProperty("request").GetString());
        Assert.Equal(
            "admin@gantry.local user",
            $"{items[0].GetProperty("actor").GetProperty("name")} {items[0].GetProperty("actor").GetProperty("type")}"
        );
        Assert.Equal("update", items[0].GetProperty("action").GetString());
        Assert.Equal(
            1,
            items[0]
                .GetProperty("before")
                .GetProperty("machinepoolconfig")[1]
                .GetProperty("poolConfig")
                .GetProperty("size")
                .GetInt32()
        );
        Assert.Equal(
            4,
            items[0]
                .GetProperty("after")
                .GetProperty("machinepoolconfig")[1]
                .GetProperty("poolConfig")
                .GetProperty("size")
                .GetInt32()
        );
        Assert.Equal(["Planned", "Completed", "Result"], Texts(items[0], "kind"));
        Assert.Equal("abc123", items[0].GetProperty("events")[1].GetProperty("machine").GetString());
        Assert.StartsWith("cluster demo with Kubernetes ", items[1].GetProperty("request").GetString(), StringComparison.Ordinal);
        Assert.Equal(["2 machines are taken"], Texts(items[1], "message"));
        Assert.Equal("", history.GetProperty("listmeta").GetProperty("continue").GetString());
    }

    [Fact]
    public async Task The_history_is_read_in_pages()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        var config = await world.ConfigAsync(uid);
        foreach (var size in new[] { 2, 3, 4, 5 })
        {
            await world.Console.PutAsync($"{config}/machinePools/worker-pool", World.Pool("worker-pool", size, false));
        }

        List<long> seen = [];
        var more = "";
        do
        {
            var page = await world.Console.GetAsync($"/v1/spectroclusters/{uid}/history?limit=2&continue={more}");
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("generation").GetInt64()));
            more = page.GetProperty("listmeta").GetProperty("continue").GetString();
        } while (more is { Length: > 0 });

        Assert.Equal([5, 4, 3, 2, 1], seen);
        Assert.Equal(
            5,
            (await world.Console.GetAsync($"/v1/spectroclusters/{uid}/history?limit=0")).GetProperty("items").GetArrayLength()
        );
        foreach (var query in new[] { "limit=-1", "limit=x", "continue=x", "continue=-4" })
        {
            await TestConsole.ReadAsync(await world.Console.Client.GetAsync($"/v1/spectroclusters/{uid}/history?{query}"), 400);
        }

        await TestConsole.ReadAsync(await world.Console.Client.GetAsync("/v1/spectroclusters/nothing/history"), 404);
    }

    [Fact]
    public async Task An_event_of_a_generation_that_no_audit_knows_is_shown_without_an_actor()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        await world.Gateway.ReportAsync(
            world.Gateway.Event(uid, "Deploy", "node-1") with
            {
                Generation = 7,
            },
            world.Gateway.Event(uid, "Old", "without a generation")
        );

        var items = (await world.Console.GetAsync($"/v1/spectroclusters/{uid}/history"))
            .GetProperty("items")
            .EnumerateArray()
            .ToList();

        Assert.Equal([7, 1], items.Select(item => item.GetProperty("generation").GetInt64()));
        Assert.False(items[0].TryGetProperty("actor", out _));
    }

    [Fact]
    public async Task Deletion_and_switches_are_part_of_the_chain()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        await world.Console.PutAsync($"/v1/spectroclusters/{uid}/autoRepair", new { enabled = false });
        await world.Console.PatchAsync($"/v1/spectroclusters/{uid}/k8certificates/renew");
        await world.Console.DeleteAsync($"/v1/spectroclusters/{uid}?drain=true");

        var items = (await world.Console.GetAsync($"/v1/spectroclusters/{uid}/history")).GetProperty("items").EnumerateArray();

        Assert.Equal(
            ["deletion, nodes drained first", "certificates renewed", "automatic repair on → off"],
            items.Take(3).Select(item => item.GetProperty("request").GetString())
        );
    }

    [Fact]
    public void A_sentence_names_every_field_of_the_desired_state_that_changed()
    {
        var pool = new MachinePool
        {
            Name = DnsLabel.Parse("w"),
            Role = PoolRole.Worker,
            Size = 1,
        };
        var before = Wish(pool);

        Assert.Equal(
            "w: size 1 → 3; label a=1 added; taint k=v:NoSchedule added; minimum CPU 0 → 4; resource pool any → big; "
                + "zone z1 added; unwanted tag old added; "
                + "rolling update expand first → contract first; repave interval 0 s → 60 s; erase none → quick",
            ChangeSentence.Of(
                before,
                Wish(
                    pool with
                    {
                        Size = 3,
                        Labels = [new(LabelKey.Parse("a"), LabelValue.Parse("1"))],
                        Taints = [Taint.Parse("k=v:NoSchedule")],
                        Placement = new PoolPlacement
                        {
                            MinCpu = 4,
                            ResourcePool = "big",
                            Zones = ["z1"],
                            NotTags = ["old"],
                        },
                        RollingUpdate = RollingUpdate.ContractFirst,
                        RepaveInterval = TimeSpan.FromMinutes(1),
                        Erase = ErasePolicy.Quick,
                    }
                )
            )
        );
        Assert.Equal(
            "pool w removed; pool x of 1 added",
            ChangeSentence.Of(before, Wish(pool with { Name = DnsLabel.Parse("x") }))
        );
        Assert.Equal(
            "SSH key me@home added; worker pools in parallel off → on; machine m1 replaced; repave h approved",
            ChangeSentence.Of(
                before,
                before with
                {
                    Spec = before.Spec with
                    {
                        Nodes = new NodeEnvironment { SshKeys = ["ssh-ed25519 AAAA me@home"] },
                        UpdateWorkerPoolsInParallel = true,
                        Replace = [new SystemId("m1")],
                        ApprovedRepave = "h",
                    },
                }
            )
        );
    }

    private static DesiredCluster Wish(MachinePool pool) =>
        new(
            new ClusterInput(),
            [],
            new ClusterSpec
            {
                Id = new ClusterId("c"),
                Name = DnsLabel.Parse("demo"),
                Account = new AccountId("a"),
                KubernetesVersion = KubernetesVersion.Parse("1.33.5"),
                Image = ImageName.Parse("ubuntu/noble"),
                Endpoint = new EndpointChoice.VirtualIp(),
                Pools = [pool],
            }
        );

    private static IEnumerable<string?> Texts(JsonElement item, string field) =>
        item.GetProperty("events").EnumerateArray().Select(one => one.GetProperty(field).GetString());
}
