using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;
using Gantry.Engine.Regions;
using Gantry.Lab.Maas;
using Gantry.Lab.Maas.Inventory;
using Gantry.Lab.Store;
using Gantry.Maas;
using Gantry.Testing;

namespace Gantry.Engine.Tests.Regions;

/// <summary>The region port over HTTP against the lab's MAAS.</summary>
public sealed class MaasRegionTests : IAsyncLifetime
{
    private LabRegionHost _lab = null!;
    private MaasClient _client = null!;
    private MaasRegion _region = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _lab = await LabRegionHost.StartAsync(
            new LabRegionOptions
            {
                Inventory = new GeneratedInventory(1, 12, "127.83.0.0/16", 0) { Keys = new LabKeys(null, "alices:own:key") },
                Speed = 3000,
            },
            new MemoryLabStore(),
            null,
            TimeProvider.System,
            null,
            Stop
        );
        _client = new MaasClient(
            new MaasClientOptions(MaasEndpoint.Parse(_lab.Url.ToString()), MaasApiKey.Parse(_lab.KeyOf("admin"))),
            TimeProvider.System
        );
        _region = new MaasRegion(_client);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _lab.DisposeAsync();
    }

    [Theory]
    [InlineData("127.83.0.1", "dns-server gateway-ip")]
    [InlineData("127.83.0.9", "reserved")]
    [InlineData("127.83.251.9", "dynamic")]
    [InlineData("127.83.1.1", "assigned-ip")]
    [InlineData("127.83.200.9", "")]
    public async Task What_MAAS_uses_an_address_for_is_read_before_it_is_asked_for(string address, string purpose)
    {
        var site = await _region.DescribeEndpointAsync(new EndpointChoice.VirtualIp(Address: IpAddress.Parse(address)), Stop);

        Assert.Equal(new SiteSubnet(Cidr.Parse("127.83.0.0/16"), "machines"), site.Subnet.ValueOrDefault);
        Assert.Equal(purpose, string.Join(' ', site.Purposes));
    }

    [Fact]
    public async Task Subnets_and_domains_that_MAAS_lacks_are_told_from_those_that_it_has()
    {
        var nowhere = await DescribeAsync(new EndpointChoice.VirtualIp(Address: IpAddress.Parse("192.0.2.1")));
        var unknown = await DescribeAsync(new EndpointChoice.VirtualIp("prdo"));
        var known = await DescribeAsync(new EndpointChoice.VirtualIp("machines"));
        var domain = await DescribeAsync(new EndpointChoice.MaasDns(DnsName.Parse("maas")));
        var missing = await DescribeAsync(new EndpointChoice.MaasDns(DnsName.Parse("dc1.example")));

        Assert.Equal((true, true, false), (nowhere.Subnet.IsAbsent, unknown.Subnet.IsAbsent, known.Subnet.IsAbsent));
        Assert.Equal((true, true), (domain.Domain.IsPresent, domain.MayRecordDns));
        Assert.True(missing.Domain.IsAbsent);
        Assert.Equal(["maas"], missing.Domains);

        Task<EndpointSite> DescribeAsync(EndpointChoice choice) => _region.DescribeEndpointAsync(choice, Stop);
    }

    [Fact]
    public async Task A_machine_goes_from_free_to_deployed_and_back()
    {
        var free = await FreeAsync();
        Assert.NotNull(free.Subnet);
        Assert.Equal([new NetworkLink(Cidr.Parse("127.83.0.0/16"), "machines", "lab", [])], free.Networks);
        Assert.NotEmpty(free.Disks);
        var mark = new MachineMark(new ClusterId("id-demo"), "demo", "pool-1", "intent-1", Address: "10.0.0.9");

        var taken = await _region.AllocateAsync(free.Id, "intent-1", mark.ToComment(), Stop);
        Assert.Equal((MaasStatus.Allocated, true), (taken.Status, taken.IsOurs));
        Assert.Equal(free.Id, Assert.Single(await _region.FindByIntentAsync("intent-1", Stop)).Id);
        Assert.Empty(await _region.FindByIntentAsync("intent-2", Stop));
        Assert.Equal(mark, await _region.FindAllocationAsync(free.Id, Stop));
        await _region.AnnotateAsync(free.Id, new Dictionary<string, string> { ["gantry-cluster"] = "demo" }, Stop);

        var deploying = await _region.DeployAsync(free.Id, "ubuntu/noble", "#cloud-config\n", Stop);
        Assert.Equal(MaasStatus.Deploying, deploying.Status);
        await Eventually.HoldsAsync(async () => Assert.Equal(MaasStatus.Deployed, (await GetAsync(free.Id)).Status));
        Assert.NotEmpty((await GetAsync(free.Id)).Addresses);
        Assert.NotEmpty(await _region.ListEventsAsync(free.Id, 5, Stop));

        await _region.ReleaseAsync(free.Id, ErasePolicy.None, "test", Stop);
        await Eventually.HoldsAsync(async () =>
            Assert.IsType<Observation<MaasFacts>.Absent>(MaasStatus.Observe(await GetAsync(free.Id)))
        );
    }

    [Fact]
    public async Task A_machine_that_MAAS_does_not_show_is_told_from_one_that_it_does_not_have()
    {
        var taken = await FreeAsync();
        await _region.AllocateAsync(taken.Id, "intent", "", Stop);
        using var client = new MaasClient(
            new MaasClientOptions(MaasEndpoint.Parse(_lab.Url.ToString()), MaasApiKey.Parse(_lab.KeyOf("alice"))),
            TimeProvider.System
        );
        var alice = new MaasRegion(client);

        Assert.IsType<Observation<RegionMachine>.Unknown>(await alice.FindAsync(taken.Id, Stop));
        Assert.IsType<Observation<RegionMachine>.Absent>(await alice.FindAsync(new SystemId("zzzzzz"), Stop));
        Assert.Equal(taken.Id, (await _region.FindAsync(taken.Id, Stop)).ValueOrDefault?.Id);
    }

    [Fact]
    public async Task Refusals_of_MAAS_are_distinguished()
    {
        var free = await FreeAsync();
        await _region.AllocateAsync(free.Id, "intent", "", Stop);

        Assert.Equal(RegionFailure.Conflict, await FailureAsync(() => _region.AllocateAsync(free.Id, "other", "", Stop)));
        Assert.Equal(
            RegionFailure.ImageMissing,
            await FailureAsync(() => _region.DeployAsync(free.Id, "custom/no-such", "x", Stop))
        );
        Assert.Equal(
            RegionFailure.NotFound,
            await FailureAsync(() => _region.ReleaseAsync(new SystemId("zzzzzz"), ErasePolicy.None, "", Stop))
        );

        using var stranger = new MaasClient(
            new MaasClientOptions(MaasEndpoint.Parse(_lab.Url.ToString()), MaasApiKey.Parse("a:b:c")),
            TimeProvider.System
        );
        Assert.Equal(
            RegionFailure.CredentialsRejected,
            await FailureAsync(() => new MaasRegion(stranger).ListMachinesAsync(Stop))
        );
        using var nobody = new MaasClient(
            new MaasClientOptions(MaasEndpoint.Parse("http://127.0.0.1:9/MAAS"), MaasApiKey.Parse("a:b:c")) { ReadAttempts = 1 },
            TimeProvider.System
        );
        Assert.Equal(RegionFailure.Unreachable, await FailureAsync(() => new MaasRegion(nobody).ListMachinesAsync(Stop)));
    }

    [Fact]
    public async Task An_address_is_found_reserved_and_given_back()
    {
        var subnet = (await FreeAsync()).Subnet!;
        var first = await _region.FindFreeAddressAsync(subnet, new HashSet<string>(), Stop);
        var address = await _region.FindFreeAddressAsync(subnet, new HashSet<string> { first }, Stop);
        Assert.NotEqual(first, address);
        Assert.False(await _region.IsReservedAsync(address, Stop));

        await _region.ReserveAsync(address, Stop);
        Assert.True(await _region.IsReservedAsync(address, Stop));
        Assert.Contains(address, await _region.ListReservedAsync(Stop));
        Assert.Equal(
            RegionFailure.Conflict,
            await FailureAsync(async () =>
            {
                await _region.ReserveAsync(address, Stop);
                return 0;
            })
        );

        await _region.ReleaseAddressAsync(address, Stop);
        Assert.False(await _region.IsReservedAsync(address, Stop));
        Assert.DoesNotContain(address, await _region.ListReservedAsync(Stop));
    }

    [Fact]
    public async Task A_dns_record_is_made_changed_and_removed()
    {
        var domain = Assert.Single(await _client.Domains.ListAsync(Stop), domain => domain.IsDefault).Name;
        var name = $"demo-api.{domain}";
        var free = await FreeAsync();
        await _region.AllocateAsync(free.Id, "intent", "", Stop);
        var address = (await _region.DeployAsync(free.Id, "ubuntu/noble", "#cloud-config\n", Stop)).Addresses[0];
        Assert.Null(await _region.FindDnsAsync(name, Stop));
        Assert.Null(await _region.FindDnsAsync("demo.no.such.domain", Stop));

        await _region.RecordDnsAsync(name, [], Stop);
        Assert.Empty((await _region.FindDnsAsync(name, Stop))!);
        Assert.Empty((await _region.ListDnsAsync(Stop))[name]);
        await _region.RecordDnsAsync(name, [address], Stop);
        Assert.Equal([address], await _region.FindDnsAsync(name, Stop));
        Assert.Equal([address], (await _region.ListDnsAsync(Stop))[name]);

        await _region.RemoveDnsAsync(name, Stop);
        await _region.RemoveDnsAsync(name, Stop);
        Assert.Null(await _region.FindDnsAsync(name, Stop));
    }

    [Fact]
    public async Task Images_are_listed_by_the_name_that_a_deployment_takes() =>
        Assert.Contains(new RegionImage("ubuntu/noble", "amd64"), await _region.ListImagesAsync(Stop));

    private static async Task<RegionFailure> FailureAsync<T>(Func<Task<T>> call) =>
        (await Assert.ThrowsAsync<RegionException>(call)).Failure;

    private async Task<RegionMachine> FreeAsync() =>
        (await _region.ListMachinesAsync(Stop)).First(machine => machine.Status is MaasStatus.Ready && !machine.Locked);

    private async Task<RegionMachine> GetAsync(SystemId id) =>
        (await _region.ListMachinesAsync(Stop)).Single(machine => machine.Id == id);
}
