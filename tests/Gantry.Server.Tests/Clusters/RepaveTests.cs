using System.Text.Json;
using Gantry.Clusters.Model;
using Gantry.Server.Tests.Hosting;

namespace Gantry.Server.Tests.Clusters;

public sealed class RepaveTests
{
    private static readonly RepaveNeed Need = new(
        "h1",
        [
            new RepaveReason("NodeTemplateChanged", "The console renders nodes differently now.", "template 1", "template 2"),
            new RepaveReason("CertificatesEnd", "They end on Friday."),
        ],
        ["node-1", "node-2"]
    );

    [Fact]
    public async Task A_repave_that_was_not_requested_waits_with_its_reasons_for_approval()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        Assert.Equal("Approved", (await StatusAsync(world, uid)).GetProperty("status").GetProperty("state").GetString());
        await world.Console.PatchAsync($"/v1/spectroclusters/{uid}/repave/approve", expected: 409);
        await ReportAsync(world, uid, Need);

        var waiting = await StatusAsync(world, uid);
        Assert.Equal("Pending", waiting.GetProperty("status").GetProperty("state").GetString());
        Assert.Equal(
            "2 machines wait to be replaced: node-1, node-2.",
            waiting.GetProperty("status").GetProperty("message").GetString()
        );
        var reasons = waiting.GetProperty("spec").GetProperty("reasons");
        Assert.Equal("NodeTemplateChanged", reasons[0].GetProperty("code").GetString());
        Assert.Equal(
            "kubernetes template 1 → template 2",
            string.Join(
                ' ',
                reasons[0].GetProperty("pack").GetProperty("current").GetProperty("name").GetString(),
                reasons[0].GetProperty("pack").GetProperty("current").GetProperty("version").GetString(),
                "→",
                reasons[0].GetProperty("pack").GetProperty("target").GetProperty("version").GetString()
            )
        );
        Assert.False(reasons[1].TryGetProperty("pack", out _));
        Assert.Equal("Pending", await StateAsync(world, uid));
        await world.Console.PatchAsync($"/v1/spectroclusters/{uid}/repave/approve?hash=other", expected: 409);

        await world.Console.PatchAsync($"/v1/spectroclusters/{uid}/repave/approve");
        await world.Console.PatchAsync($"/v1/spectroclusters/{uid}/repave/approve");

        Assert.Equal("Approved", await StateAsync(world, uid));
        var wanted = await world.WantedAsync(uid);
        Assert.Equal(("h1", 2L), (wanted.ApprovedRepave, wanted.Generation));

        // The approval of one repave does not cover the next.
        await ReportAsync(world, uid, Need with { Hash = "h2" });
        Assert.Equal("Pending", await StateAsync(world, uid));
        await world.Console.PatchAsync($"/v1/spectroclusters/{uid}/repave/approve");
        Assert.Equal("h1+h2", (await world.WantedAsync(uid)).ApprovedRepave);
        await ReportAsync(world, uid, Need with { Hash = "h2" });
        Assert.Equal("Approved", await StateAsync(world, uid));
        await ReportAsync(world, uid, null);
        Assert.Equal("Approved", await StateAsync(world, uid));
    }

    [Fact]
    public async Task Clusters_are_listed_by_the_state_of_their_repave()
    {
        await using var world = await World.MakeAsync();
        var waits = await world.CreateClusterAsync("waits");
        await world.CreateClusterAsync("other");
        await ReportAsync(world, waits, Need);

        Assert.Equal(["waits"], await ListAsync(world, ""));
        Assert.Equal(["waits"], await ListAsync(world, "?repaveState=Pending&limit=10"));
        Assert.Equal(["other"], await ListAsync(world, "?repaveState=Approved"));
        Assert.Empty(await ListAsync(world, "?repaveState=Reverted"));
        await TestConsole.ReadAsync(
            await world.Console.Client.GetAsync("/v1/dashboard/spectroclusters/repaveStatus?repaveState=Never"),
            400
        );
        await world.Console.PatchAsync($"/v1/spectroclusters/{waits}/repave/approve");
        Assert.Empty(await ListAsync(world, ""));
    }

    [Fact]
    public async Task A_change_of_packs_says_beforehand_whether_it_replaces_machines()
    {
        await using var world = await World.MakeAsync();
        var old = await world.CreateProfileAsync("base", "1.0.0", "1.33.5");
        var newer = await world.CreateProfileAsync("base", "1.1.0", "1.34.1");
        var uid = await world.CreateClusterAsync("demo", profile: old);

        var none = await ValidateAsync(world, uid, new { uid = old });
        Assert.Equal(
            (false, "[]"),
            (none.GetProperty("isRepaveRequired").GetBoolean(), none.GetProperty("reasons").GetRawText())
        );

        var upgrade = await ValidateAsync(world, uid, new { uid = newer });
        Assert.True(upgrade.GetProperty("isRepaveRequired").GetBoolean());
        Assert.Equal(
            ["KubernetesVersion", "Image"],
            upgrade.GetProperty("reasons").EnumerateArray().Select(one => one.GetProperty("code").GetString())
        );
        var pack = upgrade.GetProperty("reasons")[0].GetProperty("pack");
        Assert.Equal(
            ("1.33.5", "1.34.1"),
            (
                pack.GetProperty("current").GetProperty("version").GetString(),
                pack.GetProperty("target").GetProperty("version").GetString()
            )
        );

        var settings = await ValidateAsync(
            world,
            uid,
            new
            {
                uid = old,
                packValues = new[]
                {
                    new { name = "kubernetes", values = "kubeadmconfig: { kubeletExtraArgs: { max-pods: 200 } }" },
                },
            }
        );
        var reason = Assert.Single(settings.GetProperty("reasons").EnumerateArray());
        Assert.Equal("NodeSettings", reason.GetProperty("code").GetString());
        Assert.Contains(
            "kubeadmconfig.kubeletExtraArgs.max-pods",
            reason.GetProperty("pack").GetProperty("diffConfigKeys").EnumerateArray().Select(one => one.GetString())
        );
        Assert.Equal(1, (await world.WantedAsync(uid)).Generation);
        await world.Console.PostAsync(
            $"/v1/spectroclusters/{uid}/validate/repave",
            new { profiles = new[] { new { uid = "nothing" } } },
            400
        );
        Assert.False(
            (await world.Console.PostAsync($"/v1/spectroclusters/{uid}/validate/repave", new { }, 200))
                .GetProperty("isRepaveRequired")
                .GetBoolean()
        );
    }

    [Fact]
    public async Task The_expiry_of_certificates_is_shown_and_they_are_renewed_on_request()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        Assert.Equal("[]", (await CertificatesAsync(world, uid)).GetRawText());
        var until = DateTimeOffset.Parse("2030-01-31T12:00:00Z");
        await world.Gateway.ReportAsync(
            world.Gateway.Status(
                uid,
                ClusterPhase.Running,
                Health.Healthy,
                FakeGateway.Machine("abc123", "control-plane-pool") with
                {
                    CertificatesUntil = until,
                },
                FakeGateway.Machine("def456")
            )
        );

        var machine = Assert.Single((await CertificatesAsync(world, uid)).EnumerateArray());
        Assert.Equal("node-abc123", machine.GetProperty("name").GetString());
        Assert.Equal(
            "2030-01-31T12:00:00.000Z",
            machine.GetProperty("certificateAuthorities")[0].GetProperty("certificates")[0].GetProperty("expiry").GetString()
        );

        var asked = TimeProvider.System.GetUtcNow();
        await world.Console.PatchAsync($"/v1/spectroclusters/{uid}/k8certificates/renew");
        Assert.Equal(asked, (await world.WantedAsync(uid)).RenewCertificatesOlderThan!.Value, TimeSpan.FromMinutes(1));
        await world.Console.DeleteAsync($"/v1/spectroclusters/{uid}");
        await world.Console.PatchAsync($"/v1/spectroclusters/{uid}/k8certificates/renew", expected: 409);
    }

    private static Task ReportAsync(World world, string uid, RepaveNeed? need) =>
        world.Gateway.ReportAsync(world.Gateway.Status(uid, ClusterPhase.Running, Health.Healthy) with { Repave = need });

    private static Task<JsonElement> StatusAsync(World world, string uid) =>
        world.Console.GetAsync($"/v1/spectroclusters/{uid}/repave/status");

    private static async Task<string?> StateAsync(World world, string uid) =>
        (await world.Console.GetAsync($"/v1/spectroclusters/{uid}"))
            .GetProperty("status")
            .GetProperty("repave")
            .GetProperty("state")
            .GetString();

    private static async Task<IEnumerable<string?>> ListAsync(World world, string query) =>
        (await world.Console.GetAsync($"/v1/dashboard/spectroclusters/repaveStatus{query}"))
            .GetProperty("items")
            .EnumerateArray()
            .Select(one => one.GetProperty("metadata").GetProperty("name").GetString());

    private static Task<JsonElement> ValidateAsync(World world, string uid, object profile) =>
        world.Console.PostAsync($"/v1/spectroclusters/{uid}/validate/repave", new { profiles = new[] { profile } }, 200);

    private static async Task<JsonElement> CertificatesAsync(World world, string uid) =>
        (await world.Console.GetAsync($"/v1/spectroclusters/{uid}/k8certificates")).GetProperty("machineCertificates");
}
