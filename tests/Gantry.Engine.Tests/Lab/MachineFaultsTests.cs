using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using Gantry.Clusters.Model;
using Gantry.Engine.Ports;
using Gantry.Engine.Regions;
using Gantry.Lab.Maas;
using Gantry.Lab.Maas.Inventory;
using Gantry.Lab.Machines;
using Gantry.Lab.Store;
using Gantry.Maas;
using Gantry.Testing;

namespace Gantry.Engine.Tests.Lab;

/// <summary>Faults of power, set at the lab's control endpoint and seen through MAAS.</summary>
public sealed class MachineFaultsTests : IMachineHost, IAsyncLifetime
{
    private readonly ConcurrentQueue<string> _told = new();
    private readonly HttpClient _http = new();
    private LabRegionHost _lab = null!;
    private MaasClient _client = null!;
    private MaasRegion _region = null!;
    private SystemId _machine;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _lab = await LabRegionHost.StartAsync(
            new LabRegionOptions { Inventory = new GeneratedInventory(1, 12, "127.84.0.0/16", 0), Speed = 3000 },
            new MemoryLabStore(),
            this,
            TimeProvider.System,
            null,
            Stop
        );
        _client = new MaasClient(
            new MaasClientOptions(MaasEndpoint.Parse(_lab.Url.ToString()), MaasApiKey.Parse(_lab.KeyOf("admin"))),
            TimeProvider.System
        );
        _region = new MaasRegion(_client);
        _machine = (await _region.ListMachinesAsync(Stop)).First(one => one.Status is MaasStatus.Ready && !one.Locked).Id;
        await _region.AllocateAsync(_machine, "intent", "", Stop);
        await _region.DeployAsync(_machine, "custom/ubuntu-24.04-k8s-1.33.5", "#cloud-config\n", Stop);
        await StatusAsync(MaasStatus.Deployed);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        _client.Dispose();
        await _lab.DisposeAsync();
    }

    [Fact]
    public async Task Power_goes_off_and_on_at_the_machine_when_maas_is_asked()
    {
        Assert.Equal("on", await _region.QueryPowerAsync(_machine, Stop));

        await _region.PowerOffAsync(_machine, "test", Stop);
        Assert.Equal("off", await _region.QueryPowerAsync(_machine, Stop));
        await _region.PowerOnAsync(_machine, "test", Stop);
        Assert.Equal("on", await _region.QueryPowerAsync(_machine, Stop));

        Assert.Equal([$"off {_machine}", $"on {_machine}"], _told);
    }

    [Fact]
    public async Task A_machine_that_dies_is_shown_on_until_its_bmc_is_asked_and_starts_again_when_told_to()
    {
        await FaultAsync(new { dies = true });
        await ToldAsync($"off {_machine}");
        Assert.Equal("off", await _region.QueryPowerAsync(_machine, Stop));
        Assert.Equal("off", (await GetAsync()).PowerState);

        await _region.PowerOnAsync(_machine, "test", Stop);
        await ToldAsync($"on {_machine}");
        Assert.Equal("on", await _region.QueryPowerAsync(_machine, Stop));
    }

    [Fact]
    public async Task Maas_finds_a_dead_machine_by_itself_after_a_while()
    {
        await FaultAsync(new { dies = true });

        await Eventually.HoldsAsync(async () => Assert.Equal("off", (await GetAsync()).PowerState));
    }

    [Fact]
    public async Task A_bmc_that_does_not_know_leaves_the_machine_as_it_is_and_tells_the_truth_again_later()
    {
        await FaultAsync(new { bmc = "unknown" });
        Assert.Equal("unknown", await _region.QueryPowerAsync(_machine, Stop));
        Assert.Equal("unknown", (await GetAsync()).PowerState);

        await FaultAsync(new { bmc = "ok" });
        Assert.Equal("on", await _region.QueryPowerAsync(_machine, Stop));
        Assert.Empty(_told);
    }

    [Fact]
    public async Task A_broken_bmc_does_nothing_and_its_text_is_what_a_release_fails_with()
    {
        await FaultAsync(new { bmc = "error" });
        Assert.Equal("error", await _region.QueryPowerAsync(_machine, Stop));

        await FailsAsync(() => _region.PowerOffAsync(_machine, "test", Stop));
        await FailsAsync(() => _region.PowerOnAsync(_machine, "test", Stop));
        Assert.Contains(
            "Failed to power off node",
            string.Join('\n', await _region.ListEventsAsync(_machine, 5, Stop)),
            StringComparison.Ordinal
        );

        await FailsAsync(() => _region.ReleaseAsync(_machine, ErasePolicy.None, "test", Stop));
        Assert.Equal(MaasStatus.Deployed, (await GetAsync()).Status);
        Assert.Empty(await _region.FindByIntentAsync("intent", Stop));
        Assert.Empty(_told);

        await FaultAsync(new { bmc = "ok" });
        await _region.ReleaseAsync(_machine, ErasePolicy.None, "test", Stop);
        await StatusAsync(MaasStatus.Ready);
    }

    [Fact]
    public async Task A_kubelet_can_be_told_to_hang_and_a_fault_that_is_none_is_refused_with_what_to_write()
    {
        await FaultAsync(new { hangs = true });
        await ToldAsync($"hangs {_machine}");

        using var refusal = await PostAsync(_machine.Value, new { bmc = "maybe" });
        Assert.Equal(HttpStatusCode.BadRequest, refusal.StatusCode);
        Assert.Contains("write ok, unknown or error", await refusal.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        using var nobody = await PostAsync("zzzzzz", new { hangs = true });
        Assert.Equal(HttpStatusCode.NotFound, nobody.StatusCode);
    }

    void IMachineHost.Boot(InstalledMachine installed) { }

    void IMachineHost.PowerOn(string systemId) => _told.Enqueue($"on {systemId}");

    void IMachineHost.PowerOff(string systemId) => _told.Enqueue($"off {systemId}");

    void IMachineHost.Hang(string systemId, bool hangs) => _told.Enqueue($"{(hangs ? "hangs" : "reports")} {systemId}");

    void IMachineHost.Wipe(string systemId) { }

    private async Task FaultAsync(object fault)
    {
        using var answer = await PostAsync(_machine.Value, fault);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }

    private Task<HttpResponseMessage> PostAsync(string systemId, object fault) =>
        _http.PostAsJsonAsync(new Uri(_lab.Url, $"/lab/machines/{systemId}/faults"), fault, Stop);

    private async Task<RegionMachine> GetAsync() => (await _region.ListMachinesAsync(Stop)).Single(one => one.Id == _machine);

    private static async Task FailsAsync(Func<Task> call)
    {
        var failed = await Assert.ThrowsAsync<RegionException>(call);
        Assert.Equal(RegionFailure.MachineFailed, failed.Failure);
        Assert.StartsWith("MAAS: Could not contact node's BMC: ", failed.Message, StringComparison.Ordinal);
    }

    private Task StatusAsync(int status) => Eventually.HoldsAsync(async () => Assert.Equal(status, (await GetAsync()).Status));

    private Task ToldAsync(string what) =>
        Eventually.HoldsAsync(() =>
        {
            Assert.Contains(what, _told);
            return Task.CompletedTask;
        });
}
