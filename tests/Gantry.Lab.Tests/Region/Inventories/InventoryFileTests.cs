using Gantry.Lab.Maas;
using Gantry.Lab.Maas.Inventory;
using Gantry.Lab.Store;
using Gantry.Lab.Tests.Region.Sessions;

namespace Gantry.Lab.Tests.Region.Inventories;

/// <summary>What an inventory's file says is what the region shows.</summary>
public sealed class InventoryFileTests : IDisposable
{
    private const string Varied = """
        {
          "networks": [{ "name": "storage", "cidr": "10.40.0.0/24", "vid": 40, "space": "storage", "gateway": "10.40.0.1" }],
          "images": ["ubuntu/noble", "ubuntu/noble@arm64"],
          "machines": [
            { "hostname": "plain" },
            { "hostname": "arm", "architecture": "arm64/generic", "powerType": "manual" },
            { "hostname": "wide", "powerType": "redfish", "interfaces": [
              { "name": "eno1" }, { "name": "eno2", "speed": 25000 },
              { "name": "bond0", "type": "bond", "parents": ["eno1", "eno2"], "network": "machines" },
              { "name": "bond0.40", "type": "vlan", "parents": ["bond0"], "network": "storage" }] }
          ]
        }
        """;

    private readonly string _file = Path.Combine(Path.GetTempPath(), $"gantry-inventory-{Guid.NewGuid():N}.json");

    public void Dispose() => File.Delete(_file);

    [Fact]
    public async Task Architectures_power_types_and_interfaces_are_shown_as_MAAS_shows_them()
    {
        await using var lab = await StartAsync(Varied);
        using var api = await DescribedApi.ConnectAsync(lab.Url, lab.KeyOf("admin"));

        var machines = (await api.CallAsync("Machines", "read", []))!.AsArray();

        Assert.Equal(
            [("plain", "amd64/generic", "ipmi"), ("arm", "arm64/generic", "manual"), ("wide", "amd64/generic", "redfish")],
            machines.Select(machine =>
                ((string)machine!["hostname"]!, (string)machine["architecture"]!, (string)machine["power_type"]!)
            )
        );
        var nics = machines[2]!["interface_set"]!.AsArray();
        Assert.Equal(["eno1", "eno2", "bond0", "bond0.40"], nics.Select(nic => (string)nic!["name"]!));
        Assert.Equal(["physical", "physical", "bond", "vlan"], nics.Select(nic => (string)nic!["type"]!));
        Assert.Equal(["eno1", "eno2"], nics[2]!["parents"]!.AsArray().Select(name => (string)name!).Order());
        Assert.Equal("10.40.0.0/24", (string)nics[3]!["links"]![0]!["subnet"]!["cidr"]!);
        Assert.Equal("storage", (string)nics[3]!["vlan"]!["space"]!);
        Assert.Equal(25000, (int)nics[1]!["link_speed"]!);
    }

    [Fact]
    public async Task A_machine_is_taken_by_architecture_and_by_space_and_deployed_with_an_image_for_it()
    {
        await using var lab = await StartAsync(Varied);
        using var api = await DescribedApi.ConnectAsync(lab.Url, lab.KeyOf("admin"));

        var arm = await api.CallAsync("Machines", "allocate", [], ("arch", "arm64"));
        var wide = await api.CallAsync("Machines", "allocate", [], ("interfaces", "any:space=storage"));
        Assert.Equal(("arm", "wide"), ((string)arm!["hostname"]!, (string)wide!["hostname"]!));

        await api.CallAsync("Machine", "deploy", [(string)wide["system_id"]!]);
        var deploying = await api.CallAsync("Machine", "read", [(string)wide["system_id"]!]);
        Assert.Equal(2, deploying!["ip_addresses"]!.AsArray().Count);
        var power = await api.CallAsync("Machine", "query_power_state", [(string)arm["system_id"]!]);
        Assert.Equal("unknown", (string)power!["state"]!);
    }

    [Theory]
    [InlineData("""{ "hostname": "a", "powerType": "steam" }""", "write ipmi, redfish, manual")]
    [InlineData("""{ "hostname": "a", "architecture": "arm64" }""", "write it as arm64/generic")]
    [InlineData("""{ "hostname": "a", "interfaces": [{ "name": "e", "type": "tunnel" }] }""", "write physical, bond")]
    [InlineData("""{ "hostname": "a", "interfaces": [{ "name": "b", "type": "bond", "parents": ["e"] }] }""", "above it")]
    [InlineData("""{ "hostname": "a", "interfaces": [{ "name": "e", "network": "far" }] }""", "not among networks")]
    [InlineData(
        """{ "hostname": "a", "interfaces": [{ "name": "e" }, { "name": "v", "type": "vlan", "parents": ["e"] }] }""",
        "a network with a vid"
    )]
    public void An_entry_that_MAAS_could_not_have_is_refused_with_what_to_write(string machine, string says)
    {
        File.WriteAllText(_file, $$"""{ "machines": [{{machine}}] }""");

        var refused = Assert.Throws<FormatException>(() => InventoryFile.Read(_file, new LabKeys(null, null)));

        Assert.Contains("machines[0] (a)", refused.Message, StringComparison.Ordinal);
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
    }

    private async Task<LabRegionHost> StartAsync(string inventory)
    {
        await File.WriteAllTextAsync(_file, inventory, TestContext.Current.CancellationToken);
        return await LabRegionHost.StartAsync(
            new LabRegionOptions { Inventory = InventoryFile.Read(_file, new LabKeys(null, null)), Speed = 3000 },
            new MemoryLabStore(),
            null,
            TimeProvider.System,
            null,
            TestContext.Current.CancellationToken
        );
    }
}
