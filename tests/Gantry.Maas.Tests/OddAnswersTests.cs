using System.Collections;
using System.Net;
using System.Reflection;
using System.Text.Json;
using Gantry.Lab.Maas;
using Gantry.Lab.Maas.Inventory;
using Gantry.Lab.Store;
using Gantry.Maas.Http;
using Gantry.Maas.Machines;
using Gantry.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Maas.Tests;

/// <summary>
/// Whatever one value of an answer is, null, missing, of another type or another text: the rest is read, and what cannot be read is
/// named and not taken for something else.
/// </summary>
public sealed class OddAnswersTests
{
    // MAAS writes null here, or nothing, where there is none.
    private static readonly HashSet<string> MayBeMissing = new(StringComparer.Ordinal)
    {
        "boot_interface",
        "ip_address",
        "subnet",
        "vlan",
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_machine_of_a_real_region_is_read_or_named_whatever_one_value_of_it_is()
    {
        var machines = Exchange
            .Recorded()
            .Where(exchange => exchange is { Method: "GET", Path: "machines/" })
            .Where(exchange => exchange.Response.TryGetProperty("json", out var list) && list.ValueKind is JsonValueKind.Array)
            .SelectMany(exchange => exchange.Response.GetProperty("json").EnumerateArray())
            .DistinctBy(machine => machine.GetProperty("status").GetInt32())
            .Select(machine => machine.GetRawText())
            .ToList();
        Assert.True(machines.Count > 3, $"only {machines.Count} recorded machines in different states");

        foreach (var machine in machines)
        {
            await TryAllAsync(machine);
        }
    }

    [Fact]
    public async Task A_machine_of_the_lab_is_read_or_named_whatever_one_value_of_it_is()
    {
        await using var lab = await LabRegionHost.StartAsync(
            new LabRegionOptions { Inventory = new GeneratedInventory(1, 12, "127.84.0.0/16", 0) },
            new MemoryLabStore(),
            null,
            TimeProvider.System,
            null,
            Cancel
        );
        using var seen = new Witness();
        using var client = new MaasClient(
            new MaasClientOptions(MaasEndpoint.Parse(lab.Url.ToString()), MaasApiKey.Parse(lab.KeyOf("admin"))),
            TimeProvider.System,
            seen
        );
        var free = (await client.Machines.ListAsync(Cancel)).First(machine => machine.Status is MachineStatus.Ready);
        await client.Machines.AllocateAsync(new AllocateRequest { SystemId = free.SystemId }, Cancel);
        await client.Machines.ListAsync(Cancel);

        using var answer = JsonDocument.Parse(seen.Last);
        var machines = answer
            .RootElement.EnumerateArray()
            .DistinctBy(machine => machine.GetProperty("status").GetInt32())
            .Select(machine => machine.GetRawText())
            .ToList();
        Assert.True(machines.Count > 1);
        foreach (var machine in machines)
        {
            await TryAllAsync(machine);
        }
    }

    [Fact]
    public async Task Two_machines_with_one_id_are_one_that_cannot_be_read()
    {
        var machines = await ListAsync(
            $"[{MachineText.Of("a", "one")},{MachineText.Of("b", "two")},{MachineText.Of("a", "three")}]"
        );

        Assert.Equal(["a", "b"], machines.Select(machine => machine.SystemId));
        Assert.Contains("system_id", machines[0].Unreadable, StringComparison.Ordinal);
        Assert.Null(machines[1].Unreadable);
    }

    [Fact]
    public void An_entry_of_every_recorded_list_is_read_or_named_whatever_one_value_of_it_is()
    {
        var tried = new HashSet<Type>();
        foreach (var (name, method, path, _, response) in Exchange.Recorded())
        {
            if (
                response.GetProperty("status").GetInt32() is 200
                && response.TryGetProperty("json", out var list)
                && list.ValueKind is JsonValueKind.Array
                && RecordingsTests.TypeOf(method, path, list) is { } type
                && type != typeof(MaasList<Machine>)
                && typeof(IEnumerable).IsAssignableFrom(type)
                && type.GetGenericTypeDefinition() == typeof(MaasList<>)
                && list.GetArrayLength() > 0
                && tried.Add(type)
            )
            {
                var entry = list[0].GetRawText();
                foreach (var odd in OddJson.Of(entry))
                {
                    var read = JsonSerializer.Deserialize($"[{entry},{odd.Json},{entry}]", type, MaasJson.Options)!;
                    var unreadable = UnreadableIn(read);
                    Assert.True(3 == ((IEnumerable)read).Cast<object>().Count() + unreadable.Count, $"{name}: {odd}");
                    Assert.All(unreadable, part => Assert.StartsWith($"$[1].{odd.Path[0]}", part, StringComparison.Ordinal));
                    Assert.True(FindNull(read) is null, $"{name}: {odd}: {FindNull(read)} is null");
                }
            }
        }

        Assert.True(tried.Count > 12, $"only {tried.Count} lists");
    }

    public static TheoryData<string, string> WholeAnswers =>
        new(
            from call in Calls.All
            where call.Request.StartsWith("GET ", StringComparison.Ordinal)
            where !call.Request.Contains("op=get_curtin_config", StringComparison.Ordinal)
            from body in new[] { "", "<html><body>Sign in</body></html>", "[{\"id\":1", "null", "7", "{\"a\":\"\\ud800\"}" }
            where
                body is not ("null" or "7" or "{\"a\":\"\\ud800\"}") || !call.Name.StartsWith("Config.", StringComparison.Ordinal)
            where
                body[..Math.Min(1, body.Length)] is not "{"
                || !call.Request.Contains("op=power_parameters", StringComparison.Ordinal)
            select (call.Request, body)
        );

    [Theory]
    [MemberData(nameof(WholeAnswers))]
    public async Task An_answer_that_is_not_one_of_MAAS_is_said_to_be_none(string request, string body)
    {
        var call = Calls.All.First(known => known.Request == request);
        using var maas = new StubTransport();
        maas.Answer(HttpStatusCode.OK, body, "text/html");
        using var client = Client(maas);

        var failure = await Assert.ThrowsAsync<MaasUnexpectedException>(() => call.Send(client, Cancel));

        Assert.Contains(request["GET ".Length..].Split('?')[0], failure.Message, StringComparison.Ordinal);
    }

    /// <summary>What a list leaves out, and the machines of it that cannot be read.</summary>
    internal static IReadOnlyList<string> UnreadableIn(object answer) =>
        answer is MaasList<Machine> machines
            ? [.. machines.Unreadable, .. machines.Select(machine => machine.Unreadable).OfType<string>()]
            : (IReadOnlyList<string>?)answer.GetType().GetProperty(nameof(MaasList<>.Unreadable))?.GetValue(answer)
                as IReadOnlyList<string>
                ?? [];

    private static async Task TryAllAsync(string text)
    {
        var before = Assert.Single(await ListAsync($"[{text}]"));
        Assert.Null(before.Unreadable);
        foreach (var odd in OddJson.Of(text))
        {
            var machines = await ListAsync($"[{MachineText.Of("a", "one")},{odd.Json},{MachineText.Of("b", "two")}]");

            Assert.True(machines is [{ SystemId: "a", Unreadable: null }, _, { SystemId: "b", Unreadable: null }], $"{odd}");
            Assert.Empty(machines.Unreadable);
            Assert.Null(FindNull(machines));
            var machine = machines[1];
            if (machine.Unreadable is { } part)
            {
                Assert.StartsWith($"$.{odd.Path[0]}", part, StringComparison.Ordinal);
                Assert.DoesNotContain(OddJson.Text, part, StringComparison.Ordinal);
                Assert.Equal((before.SystemId, MachineStatus.New, null), (machine.SystemId, machine.Status, machine.Owner));
                Assert.NotEqual("beside a new field", odd.What);
            }
            else if (!odd.IsOfItsKind && !MayBeMissing.Contains(odd.Path[^1]) && !IsPeoples(odd, before))
            {
                Assert.True(Decisive(before) == Decisive(machine), $"{odd}: {Decisive(before)} is read as {Decisive(machine)}");
            }
        }
    }

    // What is annotated, and in some states whose a machine is, people may have changed.
    private static bool IsPeoples(OddJson odd, Machine before) =>
        odd switch
        {
            { Path: ["owner_data", _] } => odd.What is "beside a new field" or "missing",
            { Path: ["owner"] } => odd.What is "null" && !before.Status.HasOwner(),
            _ => false,
        };

    // By which callers choose a machine, and what may be done with it.
    private static string Decisive(Machine machine) =>
        JsonSerializer.Serialize(
            new
            {
                machine.SystemId,
                machine.Hostname,
                machine.Status,
                machine.Owner,
                machine.OwnerData,
                machine.Locked,
                machine.Architecture,
                machine.CpuCount,
                machine.Memory,
                machine.PowerType,
                machine.PowerState,
                machine.TagNames,
                machine.IpAddresses,
                Zone = machine.Zone?.Name,
                Pool = machine.Pool?.Name,
                Boot = machine.BootInterface?.Links.Select(Decisive),
                Networks = machine.InterfaceSet.Select(port => (port.Enabled, port.Tags, port.Links.Select(Decisive))),
                Disks = machine.PhysicalBlockDevices.Select(disk => disk.Size),
            },
            Tuples
        );

    private static string Decisive(InterfaceLink link) => $"{link.Mode} {link.IpAddress} {link.Subnet?.Cidr} {link.Subnet?.Name}";

    private static readonly JsonSerializerOptions Tuples = new() { IncludeFields = true };

    private static async Task<MaasList<Machine>> ListAsync(string answer)
    {
        using var maas = new StubTransport();
        maas.Answer(HttpStatusCode.OK, answer);
        using var client = Client(maas);
        return await client.Machines.ListAsync(Cancel);
    }

    private static MaasClient Client(StubTransport maas) =>
        new(
            new MaasClientOptions(MaasEndpoint.Parse("http://maas:5240/MAAS"), MaasApiKey.Parse("consumer:token:secret")),
            new FakeTimeProvider(),
            maas
        );

    /// <summary>A property of the client's types that is null and promises not to be.</summary>
    private static string? FindNull(object? value)
    {
        if (value is null or string || value.GetType().IsPrimitive || value.GetType().IsEnum)
        {
            return null;
        }

        if (value is IEnumerable entries)
        {
            return entries
                .Cast<object?>()
                .Select(entry => entry is null ? "an entry" : FindNull(entry))
                .FirstOrDefault(found => found is not null);
        }

        return value.GetType().Namespace?.StartsWith("Gantry.Maas", StringComparison.Ordinal) is not true
            ? null
            : value
                .GetType()
                .GetProperties()
                .Select(property =>
                    property.GetValue(value) is { } inner ? FindNull(inner)
                    : IsPromised(property) ? $"{property.DeclaringType!.Name}.{property.Name}"
                    : null
                )
                .FirstOrDefault(found => found is not null);
    }

    private static readonly Dictionary<PropertyInfo, bool> Promised = [];

    private static bool IsPromised(PropertyInfo property) =>
        Promised.TryGetValue(property, out var known)
            ? known
            : Promised[property] = new NullabilityInfoContext().Create(property).ReadState is NullabilityState.NotNull;

    /// <summary>Keeps the last answer.</summary>
    private sealed class Witness() : DelegatingHandler(new SocketsHttpHandler())
    {
        public string Last { get; private set; } = "";

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            var answer = await base.SendAsync(request, cancellationToken);
            Last = await answer.Content.ReadAsStringAsync(cancellationToken);
            return answer;
        }
    }
}
