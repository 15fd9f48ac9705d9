using System.Text;
using Gantry.Clusters.Model;
using Gantry.Protocol;
using Gantry.Server.Security;
using Gantry.Server.Store;
using Gantry.Server.Tests.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Server.Tests.Clusters;

/// <summary>The kubeconfig that a person gets again, and what clients read while the gateway that issues it is away.</summary>
public sealed class KubeconfigTests
{
    private static readonly string[] Assets = ["kubeconfigclient", "adminKubeconfig", "kubeconfig"];

    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private int _issued;

    [Fact]
    public async Task A_person_gets_the_same_one_until_half_of_its_life_is_over_and_the_audit_has_it_once()
    {
        await using var world = await MakeAsync();
        var uid = await RunningAsync(world);

        var first = await ReadAsync(world, uid, Assets[0]);
        foreach (var asset in Assets)
        {
            Assert.Equal(first, await ReadAsync(world, uid, asset));
        }

        await LaterAsync(world, TimeSpan.FromHours(12) - TimeSpan.FromSeconds(1));
        Assert.Equal(first, await ReadAsync(world, uid, Assets[0]));
        Assert.Equal((1, 1), (_issued, await AuditsAsync(world, uid)));

        await LaterAsync(world, TimeSpan.FromSeconds(1));
        Assert.NotEqual(first, await ReadAsync(world, uid, Assets[0]));
        Assert.Equal((2, 2), (_issued, await AuditsAsync(world, uid)));
    }

    [Fact]
    public async Task Another_person_and_another_cluster_get_their_own()
    {
        await using var world = await MakeAsync();
        var (uid, other) = (await RunningAsync(world), await RunningAsync(world, "other"));
        var mine = await ReadAsync(world, uid, Assets[0]);

        using var colleague = await ColleagueAsync(world);
        var theirs = await ReadAsync(world, uid, Assets[0], colleague);

        Assert.True(Kubeconfig.TryParse(theirs, out var kubeconfig));
        Assert.Equal("ada@example.com", kubeconfig.User);
        Assert.Equal(3, new HashSet<string> { mine, theirs, await ReadAsync(world, other, Assets[0]) }.Count);
        Assert.Equal(mine, await ReadAsync(world, uid, Assets[0]));
    }

    [Fact]
    public async Task A_console_that_starts_again_gives_the_same_one_and_its_store_alone_opens_none()
    {
        await using var world = await MakeAsync();
        var uid = await RunningAsync(world);
        var before = await ReadAsync(world, uid, Assets[0]);
        await world.Console.Host.DisposeAsync();

        await using var again = await ConsoleHost.StartAsync(
            new ConsoleOptions { DataFolder = world.Console.Folder, Port = 0 },
            _time,
            TestContext.Current.CancellationToken
        );
        using var client = TestConsole.NewClient(again);
        client.DefaultRequestHeaders.Add("ApiKey", world.Console.ApiKey);
        Assert.Equal(before, await client.GetStringAsync($"/v1/spectroclusters/{uid}/assets/{Assets[0]}"));

        await using var store = world.Console.OpenStore();
        var row = await store.Kubeconfigs.SingleAsync(TestContext.Current.CancellationToken);
        var key = SessionKey.Ensure(SessionKey.FileIn(world.Console.Folder));
        Assert.Equal(before, new KubeconfigSeal(key).Open(row.Sealed, (uid, row.UserUid)));
        Assert.Null(new KubeconfigSeal(key).Open(row.Sealed, (uid, "somebody else")));
        Assert.Null(new KubeconfigSeal(new byte[32]).Open(row.Sealed, (uid, row.UserUid)));
        Assert.DoesNotContain("kind: Config", Encoding.UTF8.GetString(Convert.FromBase64String(row.Sealed)));
    }

    [Fact]
    public async Task While_the_gateway_is_away_a_valid_one_is_given_and_then_none_at_once()
    {
        await using var world = await MakeAsync();
        var uid = await RunningAsync(world);
        var first = await ReadAsync(world, uid, Assets[0]);

        _time.Advance(TimeSpan.FromHours(24) - TimeSpan.FromSeconds(1));
        Assert.Equal(first, await AtOnce(world.Console.Client.GetStringAsync($"/v1/spectroclusters/{uid}/assets/{Assets[0]}")));

        _time.Advance(TimeSpan.FromSeconds(1));
        var refused = await TestConsole.ReadAsync(
            await AtOnce(world.Console.Client.GetAsync($"/v1/spectroclusters/{uid}/assets/{Assets[0]}")),
            404
        );
        Assert.Equal("ResourceNotFound", refused.GetProperty("code").GetString());
        Assert.Contains("The gateway System Private Gateway is offline since", TestConsole.Message(refused));
        Assert.Equal(1, await AuditsAsync(world, uid));
    }

    [Fact]
    public async Task A_request_to_a_gateway_that_is_known_to_be_away_is_refused_at_once()
    {
        await using var world = await MakeAsync();
        var uid = await RunningAsync(world);
        _time.Advance(TimeSpan.FromMinutes(3));

        foreach (var path in (string[])[$"/v1/spectroclusters/{uid}/plan", $"/v1/spectroclusters/{uid}/whyNot"])
        {
            var refused = await TestConsole.ReadAsync(
                await AtOnce(world.Console.Client.PostAsync(path, new StringContent("{}", Encoding.UTF8, "application/json"))),
                424
            );
            Assert.Equal("GatewayOffline", refused.GetProperty("code").GetString());
        }
    }

    /// <summary>The provider takes these codes for a part that is not there, and every other failure for one of the refresh.</summary>
    [Fact]
    public async Task A_refresh_of_Terraform_reads_clusters_behind_a_gateway_that_is_away()
    {
        await using var world = await MakeAsync();
        var uid = await RunningAsync(world);
        var config = await world.ConfigAsync(uid);
        _time.Advance(TimeSpan.FromDays(2));

        var absent = new List<string>();
        foreach (
            var path in (string[])
                [
                    $"/v1/overlords/{world.Gateway.Uid}",
                    $"/v1/cloudaccounts/maas/{world.Account}",
                    $"/v1/clusterprofiles/{world.Profile}",
                    $"/v1/spectroclusters/{uid}",
                    $"/v1/dashboard/spectroclusters/{uid}/overview",
                    $"/v1/spectroclusters/{uid}/assets/kubeconfigclient",
                    $"/v1/spectroclusters/{uid}/assets/adminKubeconfig",
                    $"/v1/spectroclusters/{uid}/features/backup",
                    $"/v1/spectroclusters/{uid}/features/complianceScan",
                    $"/v1/spectroclusters/{uid}/config/rbacs",
                    $"/v1/spectroclusters/{uid}/config/namespaces",
                    $"/v1/spectroclusters/{uid}/variables",
                    config,
                    $"{config}/machinePools/worker-pool/machines",
                ]
        )
        {
            using var answer = await AtOnce(world.Console.Client.GetAsync(path));
            if (!answer.IsSuccessStatusCode)
            {
                var code = (await TestConsole.ReadAsync(answer, 404)).GetProperty("code").GetString()!;
                Assert.Contains(code, (string[])["ResourceNotFound", "BackupNotConfigured"]);
                absent.Add(path.Split('/')[^1]);
            }
        }

        Assert.Equal(["kubeconfigclient", "adminKubeconfig", "backup", "complianceScan"], absent);
    }

    [Fact]
    public async Task One_for_a_given_time_is_issued_for_that_time_and_not_kept()
    {
        await using var world = await MakeAsync();
        var uid = await RunningAsync(world);
        var kept = await ReadAsync(world, uid, Assets[0]);
        var answers = world.Gateway.Answers;
        List<TimeSpan> asked = [];
        world.Gateway.Answers = request =>
        {
            asked.AddRange(request is GatewayRequest.IssueKubeconfig issue ? [issue.Validity] : []);
            return answers(request);
        };

        Assert.NotEqual(kept, await ReadAsync(world, uid, $"{Assets[0]}?duration=3600"));
        Assert.Equal(kept, await ReadAsync(world, uid, Assets[0]));

        Assert.Equal([TimeSpan.FromHours(1)], asked);
        Assert.Equal(2, await AuditsAsync(world, uid));
        await TestConsole.ReadAsync(
            await world.Console.Client.GetAsync($"/v1/spectroclusters/{uid}/assets/{Assets[0]}?duration=5"),
            400
        );
    }

    // The console's clock stands still: what waits for it never ends.
    private static Task<T> AtOnce<T>(Task<T> request) => request.WaitAsync(TimeSpan.FromMinutes(1));

    private async Task<World> MakeAsync()
    {
        var world = await World.MakeAsync(_time);
        var answers = world.Gateway.Answers;
        world.Gateway.Answers = request =>
        {
            _issued += request is GatewayRequest.IssueKubeconfig ? 1 : 0;
            return answers(request);
        };
        return world;
    }

    private static async Task<string> RunningAsync(World world, string name = "demo")
    {
        var uid = await world.CreateClusterAsync(name);
        await world.Gateway.PollAsync();
        await world.Gateway.ReportAsync(world.Gateway.Status(uid, ClusterPhase.Running, Health.Healthy));
        return uid;
    }

    private async Task LaterAsync(World world, TimeSpan time)
    {
        _time.Advance(time);
        await world.Gateway.PollAsync();
    }

    private static async Task<string> ReadAsync(World world, string uid, string asset, HttpClient? client = null) =>
        await world.Gateway.WhileServingAsync(
            (client ?? world.Console.Client).GetStringAsync($"/v1/spectroclusters/{uid}/assets/{asset}")
        );

    private static async Task<int> AuditsAsync(World world, string uid) =>
        (await world.Console.GetAsync($"/v1/audits?resourceUid={uid}"))
            .GetProperty("items")
            .EnumerateArray()
            .Count(audit => audit.GetProperty("spec").GetRawText().Contains("kubeconfig", StringComparison.Ordinal));

    private async Task<HttpClient> ColleagueAsync(World world)
    {
        await using var db = world.Console.OpenStore();
        var admin = await db.Users.SingleAsync();
        db.Users.Add(
            new UserRow
            {
                Uid = "ada",
                Email = "ada@example.com",
                TenantUid = admin.TenantUid,
                PasswordHash = admin.PasswordHash,
            }
        );
        var (row, key) = FirstStart.NewKey("ada", "ada", _time.GetUtcNow());
        row.TenantUid = admin.TenantUid;
        db.ApiKeys.Add(row);
        await db.SaveChangesAsync();
        var client = world.Console.NewClient();
        client.DefaultRequestHeaders.Add("ApiKey", key);
        return client;
    }
}
