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
    private readonly ConcurrentQueue<string> told = new();
    private readonly HttpClient http = new();
    private LabRegionHost lab = null!;
    private MaasClient client = null!;
    private MaasRegion region = null!;
    private SystemId machine;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        lab = await LabRegionHost.StartAsync(
            new LabRegionOptions { Inventory = new GeneratedInventory(1, 12, "127.84.0.0/16", 0), Speed = 3000 },
            new MemoryLabStore(), this, TimeProvider.System, Stop);
        client = new MaasClient(new MaasClientOptions(MaasEndpoint.Parse(lab.Url.ToString()), MaasApiKey.Parse(lab.KeyOf("admin"))), TimeProvider.System);
        region = new MaasRegion(client);
        machine = (await region.ListMachinesAsync(Stop)).First(one => one.Status is MaasStatus.Ready && !one.Locked).Id;
        await region.AllocateAsync(machine, "intent", Stop);
        await region.DeployAsync(machine, "custom/ubuntu-24.04-k8s-1.33.5", "#cloud-config\n", Stop);
        await StatusAsync(MaasStatus.Deployed);
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        client.Dispose();
        await lab.DisposeAsync();
    }

    [Fact]
    public async Task Power_goes_off_and_on_at_the_machine_when_maas_is_asked()
    {
        Assert.Equal("on", await region.QueryPowerAsync(machine, Stop));

        await region.PowerOffAsync(machine, "test", Stop);
        Assert.Equal("off", await region.QueryPowerAsync(machine, Stop));
        await region.PowerOnAsync(machine, "test", Stop);
        Assert.Equal("on", await region.QueryPowerAsync(machine, Stop));

        Assert.Equal([$"off {machine}", $"on {machine}"], told);
    }

    [Fact]
    public async Task A_machine_that_dies_is_shown_on_until_its_bmc_is_asked_and_starts_again_when_told_to()
    {
        await FaultAsync(new { dies = true });
        await ToldAsync($"off {machine}");
        Assert.Equal("off", await region.QueryPowerAsync(machine, Stop));
        Assert.Equal("off", (await GetAsync()).PowerState);

        await region.PowerOnAsync(machine, "test", Stop);
        await ToldAsync($"on {machine}");
        Assert.Equal("on", await region.QueryPowerAsync(machine, Stop));
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
        Assert.Equal("unknown", await region.QueryPowerAsync(machine, Stop));
        Assert.Equal("unknown", (await GetAsync()).PowerState);

        await FaultAsync(new { bmc = "ok" });
        Assert.Equal("on", await region.QueryPowerAsync(machine, Stop));
        Assert.Empty(told);
    }

    [Fact]
    public async Task A_broken_bmc_does_nothing_and_even_a_release_fails()
    {
        await FaultAsync(new { bmc = "error" });
        Assert.Equal("error", await region.QueryPowerAsync(machine, Stop));

        await region.PowerOffAsync(machine, "test", Stop);
        Assert.Contains("Failed to power off node", string.Join('\n', await region.ListEventsAsync(machine, 5, Stop)), StringComparison.Ordinal);
        Assert.Empty(told);

        await region.ReleaseAsync(machine, ErasePolicy.None, "test", Stop);
        await StatusAsync(13);
        await FaultAsync(new { bmc = "ok" });
        await region.ReleaseAsync(machine, ErasePolicy.None, "test", Stop);
        await StatusAsync(MaasStatus.Ready);
    }

    [Fact]
    public async Task A_kubelet_can_be_told_to_hang_and_a_fault_that_is_none_is_refused_with_what_to_write()
    {
        await FaultAsync(new { hangs = true });
        await ToldAsync($"hangs {machine}");

        using var refusal = await PostAsync(machine.Value, new { bmc = "maybe" });
        Assert.Equal(HttpStatusCode.BadRequest, refusal.StatusCode);
        Assert.Contains("write ok, unknown or error", await refusal.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        using var nobody = await PostAsync("zzzzzz", new { hangs = true });
        Assert.Equal(HttpStatusCode.NotFound, nobody.StatusCode);
    }

    void IMachineHost.Boot(InstalledMachine installed)
    {
    }

    void IMachineHost.PowerOn(string systemId) => told.Enqueue($"on {systemId}");

    void IMachineHost.PowerOff(string systemId) => told.Enqueue($"off {systemId}");

    void IMachineHost.Hang(string systemId, bool hangs) => told.Enqueue($"{(hangs ? "hangs" : "reports")} {systemId}");

    void IMachineHost.Wipe(string systemId)
    {
    }

    private async Task FaultAsync(object fault)
    {
        using var answer = await PostAsync(machine.Value, fault);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }

    private Task<HttpResponseMessage> PostAsync(string systemId, object fault) =>
        http.PostAsJsonAsync(new Uri(lab.Url, $"/lab/machines/{systemId}/faults"), fault, Stop);

    private async Task<RegionMachine> GetAsync() => (await region.ListMachinesAsync(Stop)).Single(one => one.Id == machine);

    private Task StatusAsync(int status) => Eventually.HoldsAsync(async () => Assert.Equal(status, (await GetAsync()).Status));

    private Task ToldAsync(string what) => Eventually.HoldsAsync(() =>
    {
        Assert.Contains(what, told);
        return Task.CompletedTask;
    });
}
