using Gantry.Clusters.Model;
using Gantry.Engine.Ports;
using Gantry.Gateway.Limits;
using Gantry.Gateway.Sync;
using Gantry.Gateway.Tests.Doubles;
using Gantry.Simulator.Ports;
using Gantry.Simulator.Time;
using Gantry.Simulator.World;
using Gantry.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gantry.Gateway.Tests;

public sealed class LimitTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gantry-limits-").FullName;
    private readonly WorldDataCentre _place = new(machines: 3);
    private readonly ProcessContext _process = new(new OneThread());
    private readonly ProcessClock _clock;
    private readonly LimitNotes _notes;
    private DesiredStore _store;

    public LimitTests()
    {
        _place.Add(1, pool: "databases");
        _place.Script.IsInstant = true;
        _clock = new ProcessClock(_place.Time, _process);
        _notes = new LimitNotes(_clock, NullLogger.Instance);
        _store = DesiredStore.Open(_folder);
    }

    public void Dispose()
    {
        _store.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Free_machines_of_other_pools_are_not_offered_and_not_taken()
    {
        var region = Region(new GatewayLimits { ResourcePools = ["default"] });

        var offered = await region.ListMachinesAsync(CancellationToken.None);
        var refused = await Assert.ThrowsAsync<RegionException>(() =>
            region.AllocateAsync(new SystemId("m04"), "i", "", CancellationToken.None)
        );

        Assert.Equal(["m01", "m02", "m03"], offered.Select(machine => machine.Id.Value));
        Assert.Equal(RegionFailure.Forbidden, refused.Failure);
        Assert.Contains(
            "'databases', and resourcePools in gateway.limits.json has only default",
            refused.Message,
            StringComparison.Ordinal
        );
        Assert.Empty(_place.Held);
    }

    [Fact]
    public async Task A_protected_machine_is_neither_installed_nor_released()
    {
        await Region(new GatewayLimits()).AllocateAsync(new SystemId("m01"), "i", "", CancellationToken.None);
        var region = Region(new GatewayLimits { ProtectedMachines = ["HOST-m01"] });

        await Assert.ThrowsAsync<RegionException>(() =>
            region.DeployAsync(new SystemId("m01"), "ubuntu/noble", "", CancellationToken.None)
        );
        await Assert.ThrowsAsync<RegionException>(() => ReleaseAsync(region, "m01"));

        Assert.Equal(MaasStatus.Allocated, _place["m01"].Status);
    }

    [Fact]
    public async Task No_more_machines_are_released_within_an_hour_than_allowed_also_after_a_restart()
    {
        var limits = new GatewayLimits { ReleasesPerHour = 2 };
        foreach (var machine in new[] { "m01", "m02", "m03" })
        {
            await Region(limits).AllocateAsync(new SystemId(machine), "i", "", CancellationToken.None);
        }

        await ReleaseAsync(Region(limits), "m01");
        await ReleaseAsync(Region(limits), "m02");
        _store.Dispose();
        _store = DesiredStore.Open(_folder);

        await ReleaseAsync(Region(limits), "m02");
        var refused = await Assert.ThrowsAsync<RegionException>(() => ReleaseAsync(Region(limits), "m03"));
        Assert.Contains("2 other machines were released within the last hour", refused.Message, StringComparison.Ordinal);
        _place.Pass(TimeSpan.FromMinutes(61));
        await ReleaseAsync(Region(limits), "m03");
    }

    [Fact]
    public async Task A_cluster_that_lacks_machines_is_told_which_limit_hides_them()
    {
        await using var console = await ConsoleDouble.StartAsync();
        await using var gateway = new TestGateway(console);
        await File.WriteAllTextAsync(
            Path.Combine(gateway.Folder, "gateway.limits.json"),
            """{ "resourcePools": ["kubernetes"] } // ours"""
        );
        await gateway.StartAsync();
        var cluster = TestGateway.Cluster();
        console.Give(console.Seal("lab", "http://maas.test/MAAS", "a:b:c"));
        console.Want(cluster);

        await Eventually.HoldsAsync(() =>
            Assert.Contains(
                console.Statuses[cluster.Id].Conditions,
                condition =>
                    condition is { Type: "WithinGatewayLimits", Status: ConditionStatus.False, Reason: "GatewayLimits" }
                    && condition.Message.StartsWith("4 free machines are not offered", StringComparison.Ordinal)
            )
        );
        Assert.Empty(gateway.Place.Held);
    }

    [Fact]
    public async Task A_key_is_not_sent_to_an_address_that_the_limits_do_not_name()
    {
        await using var console = await ConsoleDouble.StartAsync();
        await using var gateway = new TestGateway(console);
        await File.WriteAllTextAsync(
            Path.Combine(gateway.Folder, "gateway.limits.json"),
            """{ "maasEndpoints": ["http://maas.test:5240"] }"""
        );
        await gateway.StartAsync();
        console.Put(
            new Protocol.GatewayRequest.ValidateAccount("good", console.Seal("lab", "http://maas.test:5240/MAAS/", "a:b:c"))
        );
        console.Put(
            new Protocol.GatewayRequest.ValidateAccount("evil", console.Seal("lab", "http://thief.test:5240/MAAS/", "a:b:c"))
        );

        await Eventually.HoldsAsync(() => Assert.Equal(2, console.Answers.Count));

        Assert.Null(console.Answers.Single(answer => answer.RequestId is "good").Error);
        Assert.Contains(
            "maasEndpoints in gateway.limits.json",
            console.Answers.Single(answer => answer.RequestId is "evil").Error!.Message,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain(gateway.Http.Asked, url => url.Host is "thief.test");
    }

    [Theory]
    [InlineData("""{ "protectedMachine": ["m01"] }""", "protectedMachine")]
    [InlineData("""{ "releasesPerHour": -1 }""", "releasesPerHour is -1; write 0 or more")]
    [InlineData("""{ "tags": null }""", "tags")]
    [InlineData("""{ "maasEndpoints": ["maas"] }""", "http://maas.example:5240/MAAS")]
    [InlineData("""{ "tags": """, "LineNumber")]
    public void A_limit_that_is_not_understood_stops_the_start(string content, string named)
    {
        File.WriteAllText(Path.Combine(_folder, "gateway.limits.json"), content);

        var refused = Assert.Throws<GatewayException>(() => GatewayLimits.Read(_folder));

        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
        Assert.Contains("docs/gateway.md", refused.Message, StringComparison.Ordinal);
    }

    private LimitedRegion Region(GatewayLimits limits)
    {
        var transport = new ScriptedTransport(_place.Time, _process, _place.Script);
        return new LimitedRegion(new AccountId("lab"), () => _place.Open(transport), limits, _store, _notes, _clock);
    }

    private static Task ReleaseAsync(LimitedRegion region, string machine) =>
        region.ReleaseAsync(new SystemId(machine), ErasePolicy.None, "test", CancellationToken.None);
}
