using Gantry.Lab.Maas.Machines;
using Gantry.Lab.Maas.Networks;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Inventory;

/// <summary>What an inventory's file says.</summary>
internal sealed record InventoryContent
{
    /// <summary>The network of the first interface, which clusters use.</summary>
    public const string MainNetwork = "machines";

    public IReadOnlyList<string> Zones { get; init; } = [];

    public IReadOnlyList<string> Pools { get; init; } = [];

    public string Network { get; init; } = "127.90.0.0/16";

    /// <summary>Networks beside the main one, which is called <c>machines</c>.</summary>
    public IReadOnlyList<NetworkEntry> Networks { get; init; } = [];

    /// <summary>Each may end with the architecture that it is for: <c>ubuntu/noble@arm64</c>.</summary>
    public IReadOnlyList<string> Images { get; init; } =
    ["ubuntu/noble", .. GeneratedInventory.KubernetesVersions.Select(version => $"custom/ubuntu-24.04-k8s-{version}")];

    public required IReadOnlyList<MachineEntry> Machines { get; init; }

    /// <exception cref="FormatException">Names the invalid entry of the file.</exception>
    public void Check(string file)
    {
        if (!AddressPlan.IsCidr(Network))
        {
            throw new FormatException($"{file}: network: '{Network}' is not one; write it as 127.90.0.0/16");
        }

        foreach (var (network, index) in Networks.Select((network, index) => (network, index)))
        {
            network.Check($"{file}: networks[{index}] ({network.Name})");
        }

        foreach (var (machine, index) in Machines.Select((machine, index) => (machine, index)))
        {
            machine.Check(this, $"{file}: machines[{index}] ({machine.Hostname})");
        }

        if (Machines.GroupBy(machine => machine.Hostname).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new FormatException($"{file}: two machines are named '{twice.Key}'");
        }
    }

    public sealed record NetworkEntry
    {
        public required string Name { get; init; }

        public required string Cidr { get; init; }

        /// <summary>The VLAN's tag; 0 puts the network into the main one's VLAN.</summary>
        public int Vid { get; init; }

        public string? Space { get; init; }

        public string? Gateway { get; init; }

        public void Check(string at)
        {
            if (!AddressPlan.IsCidr(Cidr))
            {
                throw new FormatException($"{at}: cidr: '{Cidr}' is not one; write it as 10.40.0.0/24");
            }

            if (Vid is < 0 or > 4094 || Name == MainNetwork)
            {
                throw new FormatException($"{at}: a vid is 0 to 4094, and '{MainNetwork}' is the main network's name");
            }
        }
    }

    public sealed record MachineEntry
    {
        public required string Hostname { get; init; }

        public int Cpu { get; init; } = 8;

        public int MemoryGiB { get; init; } = 32;

        public IReadOnlyList<int> DisksGB { get; init; } = [480];

        public string Zone { get; init; } = "default";

        public string Pool { get; init; } = "default";

        public IReadOnlyList<string> Tags { get; init; } = [];

        public string Status { get; init; } = "Ready";

        /// <summary>With the sub-architecture: <c>arm64/generic</c>.</summary>
        public string Architecture { get; init; } = "amd64/generic";

        /// <summary>As MAAS names it; MAAS neither switches nor asks a <c>manual</c> machine.</summary>
        public string PowerType { get; init; } = "ipmi";

        /// <summary>The first is the one that the machine boots from.</summary>
        public IReadOnlyList<InterfaceEntry> Interfaces { get; init; } =
        [new InterfaceEntry { Name = "eno1", Network = MainNetwork }];

        public int StatusNumber => MachineStatus.Parse(Status.ToLowerInvariant().Replace(' ', '_'));

        public void Check(InventoryContent content, string at)
        {
            if (Zone != "default" && !content.Zones.Contains(Zone))
            {
                throw new FormatException($"{at}: zone '{Zone}' is not among zones");
            }

            if (Pool != "default" && !content.Pools.Contains(Pool))
            {
                throw new FormatException($"{at}: pool '{Pool}' is not among pools");
            }

            if (StatusNumber < 0)
            {
                throw new FormatException($"{at}: status '{Status}' is none; write Ready, Broken, New, Deployed, …");
            }

            if (!PowerTypes.All.Contains(PowerType))
            {
                throw new FormatException($"{at}: powerType '{PowerType}' is none of MAAS's; write ipmi, redfish, manual, …");
            }

            if (Architecture.Split('/') is not [{ Length: > 0 }, { Length: > 0 }])
            {
                throw new FormatException($"{at}: architecture '{Architecture}' is none; write it as arm64/generic");
            }

            for (var index = 0; index < Interfaces.Count; index++)
            {
                Interfaces[index].Check(content, [.. Interfaces.Take(index)], $"{at}: interfaces[{index}]");
            }
        }
    }

    public sealed record InterfaceEntry
    {
        public required string Name { get; init; }

        /// <summary><c>physical</c>, <c>bond</c>, <c>bridge</c> or <c>vlan</c>.</summary>
        public string Type { get; init; } = "physical";

        /// <summary>Interfaces above this one in the file, of which it is made.</summary>
        public IReadOnlyList<string> Parents { get; init; } = [];

        /// <summary>The network in which MAAS gives it an address; none without one.</summary>
        public string? Network { get; init; }

        public int Speed { get; init; } = 10000;

        public void Check(InventoryContent content, IReadOnlyList<InterfaceEntry> above, string at)
        {
            if (Name.Length is 0 or > 15 || above.Any(other => other.Name == Name))
            {
                throw new FormatException($"{at}: name '{Name}' is empty, longer than 15 characters or another interface's");
            }

            if (Type is not ("physical" or "bond" or "bridge" or "vlan"))
            {
                throw new FormatException($"{at}: type '{Type}' is none; write physical, bond, bridge or vlan");
            }

            var needed = Type switch
            {
                "physical" => Parents.Count is 0,
                "bond" => Parents.Count > 0,
                _ => Parents.Count is 1,
            };
            if (!needed || Parents.Any(parent => above.All(other => other.Name != parent)))
            {
                throw new FormatException(
                    $"{at}: a bond has parents, a bridge or VLAN has one, and each is an interface above it in the file"
                );
            }

            if (Network is not (null or MainNetwork) && content.Networks.All(network => network.Name != Network))
            {
                throw new FormatException($"{at}: network '{Network}' is not among networks");
            }

            if (Type is "vlan" && content.Networks.All(network => network.Name != Network || network.Vid == 0))
            {
                throw new FormatException($"{at}: a VLAN interface has a network with a vid");
            }
        }
    }
}
