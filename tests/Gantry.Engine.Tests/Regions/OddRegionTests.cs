using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
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

/// <summary>
/// Whatever one value of MAAS's answers is, null, missing, of another type or another text: a machine never looks free, off, released,
/// ours or another's by it, nothing that MAAS has looks as if it were not there, and the rest of the region goes on.
/// </summary>
public sealed class OddRegionTests : IAsyncLifetime
{
    private const string Domain = "maas";
    private const string Address = "127.85.200.9";
    private static readonly MachineMark Mark = new(new ClusterId("id-demo"), "demo", "pool-1", "intent-1", Address: "10.0.0.9");

    // MAAS writes null here, or nothing, where there is none.
    private static readonly HashSet<string> MayBeMissing = new(StringComparer.Ordinal)
    {
        "boot_interface",
        "ip_address",
        "subnet",
    };

    private readonly Answers _answers = new();
    private LabRegionHost _lab = null!;
    private MaasClient _client = null!;
    private MaasRegion _region = null!;
    private SystemId _free;
    private SystemId _taken;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _lab = await LabRegionHost.StartAsync(
            new LabRegionOptions { Inventory = new GeneratedInventory(1, 3, "127.85.0.0/16", 0), Speed = 3000 },
            new MemoryLabStore(),
            null,
            TimeProvider.System,
            null,
            Stop
        );
        _client = new MaasClient(
            new MaasClientOptions(MaasEndpoint.Parse(_lab.Url.ToString()), MaasApiKey.Parse(_lab.KeyOf("admin"))),
            TimeProvider.System,
            _answers
        );
        _region = new MaasRegion(_client);
        var free = (await _region.ListMachinesAsync(Stop)).Where(machine => machine.Status is MaasStatus.Ready).ToList();
        (_free, _taken) = (free[0].Id, free[1].Id);
        await _region.AllocateAsync(_taken, Mark.Intent, Mark.ToComment(), Stop);
        await _region.DeployAsync(_taken, "ubuntu/noble", "#cloud-config\n", Stop);
        await Eventually.HoldsAsync(async () =>
            Assert.Equal(MaasStatus.Deployed, (await _region.FindAsync(_taken, Stop)).ValueOrDefault?.Status)
        );
        await _region.AnnotateAsync(_taken, Mark.ToAnnotations(), Stop);
        await _region.ReserveAsync(Address, Stop);
        await _region.RecordDnsAsync($"demo.{Domain}", ["10.9.9.9"], Stop);
        _answers.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _lab.DisposeAsync();
    }

    [Fact]
    public async Task A_free_machine_that_is_odd_is_as_it_was_or_unknown() => await TryMachineAsync(_free, _taken);

    [Fact]
    public async Task A_machine_of_a_cluster_that_is_odd_is_as_it_was_or_unknown() => await TryMachineAsync(_taken, _free);

    private async Task TryMachineAsync(SystemId odd, SystemId other)
    {
        var before = await _region.ListMachinesAsync(Stop);
        var all = JsonDocument.Parse(_answers["machines/"]).RootElement.EnumerateArray().ToList();
        var rest = string.Join(',', all.Where(one => IdOf(one) != odd.Value).Select(one => one.GetRawText()));
        var (well, kept) = (Of(before, odd), Of(before, other));
        foreach (var one in OddJson.Of(all.First(one => IdOf(one) == odd.Value).GetRawText()))
        {
            _answers.Replace("machines/", $"[{rest},{one.Json}]");
            var machines = await _region.ListMachinesAsync(Stop);

            Assert.True(Alike(kept, Of(machines, other)), $"{one} changes {kept.Hostname}");
            Assert.Equal(before.Count, machines.Count);
            var now = machines[^1];
            if (now.Unreadable is not null)
            {
                Assert.IsType<Observation<MaasFacts>.Unknown>(MaasStatus.Observe(now));
                Assert.NotEqual(MaasStatus.Ready, now.Status);
                Assert.Contains(one.Path[0], now.StatusName, StringComparison.Ordinal);
            }
            else if (!one.IsOfItsKind && !IsAnswer(one))
            {
                Assert.True(Alike(well, now), $"{one}: {well} is read as {now}");
            }
            else if (one.Path[0] is not ("status" or "owner"))
            {
                Assert.Equal((well.Status, well.IsOurs, well.Owner), (now.Status, now.IsOurs, now.Owner));
            }
        }

        string? IdOf(JsonElement machine) => machine.GetProperty("system_id").GetString();
    }

    public static TheoryData<string> Questions => new(Asked.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Questions))]
    public async Task What_MAAS_has_does_not_look_as_if_it_were_not_there(string question)
    {
        var ask = Asked[question];
        var before = await ask(new MaasRegion(_client), _taken);
        Assert.NotEqual("null", before);
        var answers = _answers.All.ToList();
        Assert.NotEmpty(answers);
        var (known, unknown) = (0, 0);
        foreach (var (path, answer) in answers)
        {
            foreach (var one in OddJson.Of(answer))
            {
                _answers.Replace(path, one.Json);
                try
                {
                    // Each with a region that has not asked for its user yet.
                    var now = await ask(new MaasRegion(_client), _taken);
                    known++;
                    if (!one.IsOfItsKind && !IsAnswer(one))
                    {
                        Assert.True(before == now, $"{path}: {one}: {before} is read as {now}");
                    }
                }
                catch (RegionException odd)
                {
                    unknown++;
                    Assert.DoesNotContain(OddJson.Text, odd.Message, StringComparison.Ordinal);
                }
            }

            _answers.Replace(path, answer);
        }

        Assert.True(known > 0 && unknown > 0, $"{known} are known and {unknown} are not");
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html>Sign in</html>")]
    [InlineData("[{")]
    public async Task An_answer_that_is_none_of_MAAS_is_a_region_that_cannot_be_reached(string answer)
    {
        foreach (var ask in Asked.Values)
        {
            _answers.Clear();
            await ask(new MaasRegion(_client), _taken);
            foreach (var (path, whole) in _answers.All.ToList())
            {
                _answers.Replace(path, answer);
                var failure = await Assert.ThrowsAsync<RegionException>(() => ask(new MaasRegion(_client), _taken));
                Assert.Equal(RegionFailure.Unreachable, failure.Failure);
                _answers.Replace(path, whole);
            }
        }
    }

    // What the engine concludes something from; the answer is null where MAAS has nothing.
    private static Dictionary<string, Func<MaasRegion, SystemId, Task<string>>> Asked { get; } =
        new(StringComparer.Ordinal)
        {
            ["identity"] = async (region, _) => $"{await region.GetIdentityAsync(Stop)}",
            ["machine"] = async (region, machine) =>
                await region.FindAsync(machine, Stop) is var found
                && found is Observation<RegionMachine>.Unknown { Reason: var why }
                    ? throw new RegionException(RegionFailure.Unreadable, why)
                    : Show(found.ValueOrDefault),
            ["intent"] = async (region, machine) =>
                (await region.FindByIntentAsync(Mark.Intent, Stop)).FirstOrDefault() is { } found
                    ? found.Id == machine
                        ? "taken"
                        : "another"
                    : "null",
            ["allocation"] = async (region, machine) => Show(await region.FindAllocationAsync(machine, Stop)),
            ["power"] = (region, machine) => region.QueryPowerAsync(machine, Stop),
            ["address"] = async (region, _) =>
                Show(await region.DescribeEndpointAsync(new EndpointChoice.VirtualIp(Address: IpAddress.Parse(Address)), Stop)),
            ["subnet"] = async (region, _) =>
                Show(await region.DescribeEndpointAsync(new EndpointChoice.VirtualIp("machines"), Stop)),
            ["domain"] = async (region, _) =>
                Show(await region.DescribeEndpointAsync(new EndpointChoice.MaasDns(DnsName.Parse(Domain)), Stop)),
            ["reservation"] = async (region, _) => await region.IsReservedAsync(Address, Stop) ? "reserved" : "null",
            ["reservations"] = async (region, _) => Show((await region.ListReservedAsync(Stop)).Order(StringComparer.Ordinal)),
            ["record"] = async (region, _) => Show(await region.FindDnsAsync($"demo.{Domain}", Stop)),
            ["records"] = async (region, _) => Show((await region.ListDnsAsync(Stop)).GetValueOrDefault($"demo.{Domain}")),
            ["image"] = async (region, _) =>
                (await region.ListImagesAsync(Stop)) is var images && images.Any(image => image.Unreadable is not null)
                    ? throw new RegionException(RegionFailure.Unreadable, "one of them")
                    : Show(images.Select(image => $"{image}").Order(StringComparer.Ordinal)),
        };

    private static string Show(EndpointSite site) =>
        site.Subnet.IsAbsent || site.Domain.IsAbsent
            ? "null"
            : $"{site.Subnet.ValueOrDefault} {site.Domain.ValueOrDefault} {site.MayRecordDns} {string.Join(' ', site.Purposes)}";

    private static string Show<T>(T value) =>
        value is IEnumerable<string> texts ? string.Join(' ', texts) : value?.ToString() ?? "null";

    private static string Show(RegionMachine? machine) =>
        machine is null ? "null" : $"{Bare(machine)} {string.Join(' ', machine.Disks)}";

    // An annotation that is missing was taken away by a person, and so was the content of an image.
    private static bool IsAnswer(OddJson one) =>
        MayBeMissing.Contains(one.Path[^1]) || one is { Path: ["owner_data" or "sets", _], What: "missing" };

    private static RegionMachine Of(IReadOnlyList<RegionMachine> machines, SystemId id) => machines.Single(one => one.Id == id);

    private static bool Alike(RegionMachine one, RegionMachine other) =>
        Bare(one) == Bare(other) && one.Disks.SequenceEqual(other.Disks);

    // Texts for people decide nothing.
    private static RegionMachine Bare(RegionMachine machine) =>
        machine with
        {
            Disks = [],
            StatusName = "",
            StatusMessage = "",
            ErrorDescription = "",
            ReportsFailure = false,
        };

    /// <summary>Passes calls on to the lab and keeps its answers to reads, which may be replaced.</summary>
    private sealed class Answers() : DelegatingHandler(new SocketsHttpHandler())
    {
        private readonly ConcurrentDictionary<string, string> _kept = new(StringComparer.Ordinal);
        private bool _replaced;

        public IReadOnlyDictionary<string, string> All => _kept;

        public string this[string path] => _kept[path];

        public void Clear()
        {
            _kept.Clear();
            _replaced = false;
        }

        public void Replace(string path, string answer)
        {
            _kept[path] = answer;
            _replaced = true;
        }

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            var path = request.RequestUri!.PathAndQuery.Split("/api/2.0/")[1];
            if (request.Method != HttpMethod.Get)
            {
                return await base.SendAsync(request, cancellationToken);
            }

            if (_replaced && _kept.TryGetValue(path, out var kept))
            {
                return new HttpResponseMessage(HttpStatusCode.OK)
                {
                    Content = new StringContent(kept, Encoding.UTF8, "application/json"),
                };
            }

            var answer = await base.SendAsync(request, cancellationToken);
            _kept[path] = await answer.Content.ReadAsStringAsync(cancellationToken);
            return answer;
        }
    }
}
