using System.Globalization;
using System.Text.RegularExpressions;
using Gantry.Lab.Maas.Networks;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Machines;

/// <summary>The filters of a list and the constraints of an allocation: validated first, then applied to each machine.</summary>
internal sealed partial class Constraints
{
    /// <summary>Names both calls accept that select nothing.</summary>
    private static readonly HashSet<string> Ignored =
    [
        "op",
        "comment",
        "agent_name",
        "bridge_all",
        "bridge_type",
        "bridge_stp",
        "bridge_fd",
        "dry_run",
        "verbose",
        "format",
    ];

    private static readonly HashSet<string> Shared =
    [
        "arch",
        "not_arch",
        "cpu_count",
        "cpu_speed",
        "link_speed",
        "mem",
        "tags",
        "not_tags",
        "zone",
        "not_in_zone",
        "pool",
        "not_in_pool",
        "subnets",
        "not_subnets",
        "vlans",
        "not_vlans",
        "fabrics",
        "not_fabrics",
        "fabric_classes",
        "not_fabric_classes",
        "storage",
        "interfaces",
        "devices",
        "system_id",
        "owner",
        "not_owner",
        "power_state",
        "not_power_state",
        "deployment_target",
        "not_deployment_target",
        "pod",
        "not_pod",
        "pod_type",
        "not_pod_type",
        "status",
        "not_status",
        "simple_status",
        "not_simple_status",
    ];

    private static readonly HashSet<string> ListOnly =
    [
        "id",
        "not_id",
        "hostname",
        "not_hostname",
        "mac_address",
        "domain",
        "not_domain",
    ];

    private readonly List<(string Name, IReadOnlyList<string> Values, Func<MachineRow, bool> Fits)> _checks = [];
    private readonly List<(string, string[])> _faults = [];
    private readonly RegionState _state;
    private List<(string Label, double GB, string[] Tags)>? _disks;
    private List<(string Label, string Key, string Value)>? _nics;

    private Constraints(RegionState state) => _state = state;

    /// <summary>The constraints as given, for MAAS's message when no machine matches.</summary>
    public string Given =>
        string.Join(
            ", ",
            _checks.Select(check => $"('{check.Name}', [{string.Join(", ", check.Values.Select(value => $"'{value}'"))}])")
        );

    /// <summary>The constraints as resolved.</summary>
    public string Resolved => string.Join(' ', _checks.Select(check => $"{check.Name}={Resolve(check.Name, check.Values)}"));

    public bool None => _checks.Count == 0;

    public bool Fits(MachineRow machine) => _checks.TrueForAll(check => check.Fits(machine));

    public static Constraints ForList(RegionState state, Parameters values) => Read(state, values, list: true);

    public static Constraints ForAllocation(RegionState state, Parameters values) => Read(state, values, list: false);

    private static Constraints Read(RegionState state, Parameters values, bool list)
    {
        var constraints = new Constraints(state);
        foreach (var name in values.Fields.Select(field => field.Key).Distinct())
        {
            if (name == "agent_name" && list)
            {
                constraints.Add(name, values.All(name), machine => values.All(name).Contains(machine.AgentName));
            }
            else if (!Ignored.Contains(name))
            {
                constraints.Read(name, values.All(name), list);
            }
        }

        return constraints._faults.Count == 0 ? constraints : throw RegionFault.Fields([.. constraints._faults]);
    }

    private void Read(string name, IReadOnlyList<string> values, bool list)
    {
        if (!Shared.Contains(name) && !(list ? ListOnly.Contains(name) : name is "name"))
        {
            Fault(name, "No such constraint.");
            return;
        }

        switch (name)
        {
            case "id" or "system_id":
                Add(name, values, machine => values.Contains(machine.SystemId));
                break;
            case "not_id":
                Add(name, values, machine => !values.Contains(machine.SystemId));
                break;
            case "hostname":
                Add(name, values, machine => values.Contains(machine.Hostname));
                break;
            case "not_hostname":
                Add(name, values, machine => !values.Contains(machine.Hostname));
                break;
            case "name":
                Add(name, values, machine => values.Contains(machine.Hostname) || values.Contains(Fqdn(machine)));
                break;
            case "domain":
                Add(name, values, machine => values.Contains(DomainOf(machine)));
                break;
            case "not_domain":
                Add(name, values, machine => !values.Contains(DomainOf(machine)));
                break;
            case "mac_address":
                ReadMacs(name, values);
                break;
            case "arch" or "not_arch":
                ReadArchitecture(name, values);
                break;
            case "cpu_count":
                ReadNumber(name, values, "Invalid CPU count: number required.", machine => machine.CpuCount);
                break;
            case "mem":
                ReadNumber(name, values, "Invalid memory: number of MiB required.", machine => machine.Memory);
                break;
            case "cpu_speed":
                ReadNumber(name, values, "Invalid CPU speed: number required.", machine => machine.CpuSpeed);
                break;
            case "link_speed":
                ReadNumber(name, values, "Invalid link speed: number required.", machine => machine.Nics.Max(nic => nic.Speed));
                break;
            case "tags" or "not_tags":
                ReadTags(name, values);
                break;
            case "zone" or "not_in_zone":
                ReadZones(name, values);
                break;
            case "pool" or "not_in_pool":
                ReadPools(name, values);
                break;
            case "owner" or "not_owner":
                ReadOwners(name, values);
                break;
            case "power_state":
                Add(name, values, machine => values.Contains(machine.PowerState));
                break;
            case "not_power_state":
                Add(name, values, machine => !values.Contains(machine.PowerState));
                break;
            case "status" or "not_status":
                ReadStatus(name, values);
                break;
            case "simple_status":
                Add(name, values, machine => values.Contains(SimpleStatus(machine)));
                break;
            case "not_simple_status":
                Add(name, values, machine => !values.Contains(SimpleStatus(machine)));
                break;
            case "subnets" or "not_subnets":
                ReadSubnets(name, values);
                break;
            case "vlans" or "not_vlans":
                ReadVlans(name, values);
                break;
            case "fabrics" or "not_fabrics":
                ReadFabrics(name, values);
                break;
            case "fabric_classes":
                Add(name, values, _ => false);
                break;
            case "storage":
                ReadStorage(name, values);
                break;
            case "interfaces":
                ReadInterfaces(name, values);
                break;
            case "pod" or "pod_type":
                Add(name, values, _ => false);
                break;
            case "deployment_target":
                Add(name, values, machine => values.Contains(machine.EphemeralDeploy ? "memory" : "disk"));
                break;
            case "not_deployment_target":
                Add(name, values, machine => !values.Contains(machine.EphemeralDeploy ? "memory" : "disk"));
                break;
            default:
                Add(name, values, _ => true);
                break;
        }
    }

    private void Add(string name, IReadOnlyList<string> values, Func<MachineRow, bool> fits) => _checks.Add((name, values, fits));

    private void Fault(string name, params string[] messages) => _faults.Add((name, messages));

    private string DomainOf(MachineRow machine) => _state.Domains.Find(machine.DomainId)!.Name;

    private string Fqdn(MachineRow machine) => $"{machine.Hostname}.{DomainOf(machine)}";

    private void ReadMacs(string name, IReadOnlyList<string> values)
    {
        if (values.FirstOrDefault(value => !Mac().IsMatch(value)) is { } wrong)
        {
            Fault(name, $"'{wrong}' is not a valid MAC address.");
            return;
        }

        Add(name, values, machine => machine.Nics.Any(nic => values.Contains(nic.Mac, StringComparer.OrdinalIgnoreCase)));
    }

    private void ReadArchitecture(string name, IReadOnlyList<string> values)
    {
        var known = _state.Machines.All.Select(machine => machine.Architecture).Append("amd64/generic").Distinct().ToList();
        if (!values.All(value => known.Exists(arch => arch == value || arch.Split('/')[0] == value)))
        {
            Fault(name, "Architecture not recognised.");
            return;
        }

        var wanted = name == "arch";
        Add(
            name,
            values,
            machine => values.Any(value => machine.Architecture == value || machine.Architecture.Split('/')[0] == value) == wanted
        );
    }

    private void ReadNumber(string name, IReadOnlyList<string> values, string wrong, Func<MachineRow, double> has)
    {
        if (!Parameters.TryNumber(values[^1], out var least))
        {
            Fault(name, wrong);
            return;
        }

        Add(name, values, machine => has(machine) >= least);
    }

    private void ReadTags(string name, IReadOnlyList<string> values)
    {
        var tags = Split(values);
        if (name == "not_tags")
        {
            Add(name, values, machine => !tags.Intersect(machine.Tags).Any());
            return;
        }

        var unknown = tags.Where(tag => !_state.Tags.Has(tag)).Select(tag => $"'{tag}'").ToList();
        if (unknown.Count > 0)
        {
            Fault(name, $"No such tag(s): {string.Join(", ", unknown)}.");
            return;
        }

        Add(name, values, machine => tags.TrueForAll(tag => machine.Tags.Contains(tag)));
    }

    private void ReadZones(string name, IReadOnlyList<string> values)
    {
        var unknown = values.Where(zone => !_state.Zones.Has(zone)).ToList();
        if (unknown.Count > 0)
        {
            Fault(name, $"No such zone(s): {string.Join(", ", unknown)}.");
            return;
        }

        var ids = values.Select(zone => _state.Zones.Find(zone)!.Id).ToHashSet();
        var wanted = name == "zone";
        Add(name, values, machine => ids.Contains(machine.ZoneId) == wanted);
    }

    private void ReadPools(string name, IReadOnlyList<string> values)
    {
        var unknown = values.Where(pool => _state.Pools.All.All(one => one.Name != pool)).ToList();
        if (unknown.Count > 0)
        {
            Fault(name, $"No such pool(s): {string.Join(", ", unknown)}.");
            return;
        }

        var ids = _state.Pools.All.Where(pool => values.Contains(pool.Name)).Select(pool => pool.Id).ToHashSet();
        var wanted = name == "pool";
        Add(name, values, machine => ids.Contains(machine.PoolId) == wanted);
    }

    private void ReadOwners(string name, IReadOnlyList<string> values)
    {
        if (values.FirstOrDefault(owner => !_state.Users.Has(owner)) is { } unknown)
        {
            Fault(name, $"No such owner: '{unknown}'.");
            return;
        }

        var wanted = name == "owner";
        Add(name, values, machine => values.Contains(machine.Owner ?? "") == wanted);
    }

    private void ReadStatus(string name, IReadOnlyList<string> values)
    {
        if (values.FirstOrDefault(status => MachineStatus.Parse(status) < 0) is { } unknown)
        {
            Fault(name, $"Select a valid choice. {unknown} is not one of the available choices.");
            return;
        }

        var statuses = values.Select(MachineStatus.Parse).ToHashSet();
        var wanted = name == "status";
        Add(name, values, machine => statuses.Contains(machine.Status) == wanted);
    }

    private void ReadSubnets(string name, IReadOnlyList<string> values)
    {
        if (values.All(value => SubnetsOf(value).Count == 0))
        {
            Fault(name, "No matching subnets found.");
            return;
        }

        var wanted = name == "subnets";
        Add(
            name,
            values,
            machine =>
            {
                var on = machine
                    .Nics.SelectMany(nic => nic.Links)
                    .Where(link => link.SubnetId is not null)
                    .Select(link => _state.Subnets.Find(link.SubnetId!.Value)!)
                    .ToList();
                var matching = values.Count(value => on.Exists(subnet => SubnetsOf(value).Contains(subnet.Id)));
                return wanted ? matching == values.Count : matching == 0;
            }
        );
    }

    private HashSet<int> SubnetsOf(string specifier)
    {
        if (specifier.StartsWith("space:", StringComparison.Ordinal))
        {
            var space = _state.Spaces.All.FirstOrDefault(one => one.Name == specifier["space:".Length..]);
            return
            [
                .. _state
                    .Subnets.All.Where(subnet => _state.Vlans.Find(subnet.VlanId)!.SpaceId == (space?.Id ?? -2))
                    .Select(subnet => subnet.Id),
            ];
        }

        return AddressPlan.Find(_state, specifier) is { } found ? [found.Id] : [];
    }

    private void ReadVlans(string name, IReadOnlyList<string> values)
    {
        var known = _state.Vlans.All.Any(vlan => values.Any(value => IsVlan(vlan, value)));
        if (!known)
        {
            Fault(name, "No matching VLANs found.");
            return;
        }

        var wanted = name == "vlans";
        Add(
            name,
            values,
            machine =>
                machine.Nics.Any(nic =>
                    nic.VlanId is { } id && _state.Vlans.Find(id) is { } vlan && values.Any(value => IsVlan(vlan, value))
                ) == wanted
        );
    }

    private bool IsVlan(VlanRow vlan, string value) =>
        value == $"vid:{vlan.Vid}"
        || value == $"id:{vlan.Id}"
        || value == $"name:{vlan.Name}"
        || value == vlan.Id.ToString(CultureInfo.InvariantCulture)
        || value == vlan.Vid.ToString(CultureInfo.InvariantCulture)
        || value == vlan.Name
        || (
            value.StartsWith("space:", StringComparison.Ordinal)
            && vlan.SpaceId is { } id
            && _state.Spaces.Find(id)!.Name == value["space:".Length..]
        )
        || (
            value.StartsWith("fabric:", StringComparison.Ordinal)
            && _state.Fabrics.Find(vlan.FabricId)!.Name == value["fabric:".Length..]
        );

    private void ReadFabrics(string name, IReadOnlyList<string> values)
    {
        var wanted = name == "fabrics";
        Add(
            name,
            values,
            machine =>
                machine.Nics.Any(nic =>
                    nic.VlanId is { } id
                    && _state.Fabrics.Find(_state.Vlans.Find(id)!.FabricId) is { } fabric
                    && values.Any(value => value == fabric.Name || value == fabric.Id.ToString(CultureInfo.InvariantCulture))
                ) == wanted
        );
    }

    private void ReadStorage(string name, IReadOnlyList<string> values)
    {
        var wants = new List<(string Label, double GB, string[] Tags)>();
        foreach (var item in DiskItems().Split(values[^1]).Where(item => item.Length > 0))
        {
            if (
                StorageItem().Match(item) is not { Success: true } match
                || !Parameters.TryNumber(match.Groups["size"].Value, out var size)
            )
            {
                Fault(name, $"Malformed storage constraint, \"{values[^1]}\".");
                return;
            }

            wants.Add(
                (
                    match.Groups["label"].Value,
                    size,
                    match.Groups["tags"].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                )
            );
        }

        _disks = wants;
        Add(name, values, machine => Chosen(machine, wants) is not null);
    }

    /// <summary>The disk of each labelled constraint on a machine; null when the machine does not meet them.</summary>
    public IReadOnlyDictionary<string, int>? DisksOf(MachineRow machine) =>
        _disks is { } wants && Chosen(machine, wants) is { } chosen
            ? wants
                .Zip(chosen)
                .Where(pair => pair.First.Label.Length > 0)
                .ToDictionary(pair => pair.First.Label, pair => pair.Second.Id)
            : null;

    /// <summary>The interfaces that meet each labelled constraint of a machine; null when one meets none.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<int>>? NicsOf(MachineRow machine)
    {
        if (_nics is not { } wants)
        {
            return null;
        }

        var found = wants
            .GroupBy(want => want.Label)
            .ToDictionary(
                group => group.Key,
                group =>
                    (IReadOnlyList<int>)
                        [
                            .. machine
                                .Nics.Where(nic => group.All(want => NicFits(nic, want.Key, want.Value)))
                                .Select(nic => nic.Id),
                        ]
            );
        return found.Values.All(ids => ids.Count > 0) ? found : null;
    }

    /// <summary>
    /// The first constraint applies to the disk of <c>/</c>; each further one takes the smallest unused disk that fits.
    /// </summary>
    private static List<DiskRow>? Chosen(MachineRow machine, List<(string Label, double GB, string[] Tags)> wants)
    {
        var free = machine.Disks.ToList();
        var all = new List<DiskRow>();
        if (!Storage.StorageLayout.HasRoot(machine))
        {
            return null;
        }

        foreach (var (_, gigabytes, tags) in wants)
        {
            var candidates = free.Count == machine.Disks.Count ? free.Take(1) : free.OrderBy(disk => disk.Size);
            var chosen = candidates.FirstOrDefault(disk =>
                disk.Size >= gigabytes * 1_000_000_000
                && Array.TrueForAll(tags, tag => tag == "partition" || disk.Tags.Contains(tag))
            );
            if (chosen is null)
            {
                return null;
            }

            free.Remove(chosen);
            all.Add(chosen);
        }

        return all;
    }

    private void ReadInterfaces(string name, IReadOnlyList<string> values)
    {
        var wants = new List<(string Label, string Key, string Value)>();
        foreach (var item in values[^1].Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            if (item.Split(':', 2) is not [var label, var pairs] || !pairs.Contains('=', StringComparison.Ordinal))
            {
                Fault(name, $"Malformed constraint: '{item}' (required format: '<label>:<key>=<value>[,<key2>=<value2>[,...]]')");
                return;
            }

            foreach (var pair in pairs.Split(',').Select(pair => pair.Split('=', 2)))
            {
                if (!InterfaceKeys().IsMatch(pair[0]))
                {
                    Fault(name, $"Unknown interfaces constraint: '{pair[0]}");
                    return;
                }

                if (pair[0] == "space" && _state.Spaces.All.All(space => space.Name != pair[1]))
                {
                    throw RegionFault.Missing("Space");
                }

                wants.Add((label, pair[0], pair.Length > 1 ? pair[1] : ""));
            }
        }

        _nics = wants;
        Add(name, values, machine => NicsOf(machine) is not null);
    }

    private bool NicFits(NicRow nic, string key, string value)
    {
        var link = nic.Links.FirstOrDefault(one => one.SubnetId is not null);
        var subnet = link?.SubnetId is { } id ? _state.Subnets.Find(id) : null;
        return key switch
        {
            "name" => nic.Name == value,
            "subnet_cidr" => subnet?.Cidr == value,
            "subnet" => subnet is not null && AddressPlan.Find(_state, value)?.Id == subnet.Id,
            "space" => subnet is not null && SubnetsOf("space:" + value).Contains(subnet.Id),
            "ip" => subnet is not null && AddressPlan.Contains(subnet.Cidr, value),
            "mode" => value == "unconfigured" ? nic.Links.Count == 0 : nic.Links.Any(one => one.Mode == value),
            "id" => nic.Id.ToString(CultureInfo.InvariantCulture) == value,
            "type" => nic.Type == value,
            "tag" => nic.Tags.Contains(value),
            "not_name" => nic.Name != value,
            "not_subnet_cidr" => subnet?.Cidr != value,
            "fabric" => nic.VlanId is { } vlan && _state.Fabrics.Find(_state.Vlans.Find(vlan)!.FabricId)!.Name == value,
            "vid" => nic.VlanId is { } on && _state.Vlans.Find(on)!.Vid.ToString(CultureInfo.InvariantCulture) == value,
            _ => true,
        };
    }

    private string Resolve(string name, IReadOnlyList<string> values) =>
        name switch
        {
            "cpu_count" or "mem" or "cpu_speed" or "link_speed" => Parameters.TryNumber(values[^1], out var number)
            && number == Math.Floor(number)
                ? number.ToString("0.0", CultureInfo.InvariantCulture)
                : values[^1],
            "tags" or "not_tags" => string.Join(',', Split(values).Order(StringComparer.Ordinal)),
            "subnets" or "not_subnets" => string.Join(',', values.SelectMany(SubnetsOf).Order()),
            _ => string.Join(',', values),
        };

    private static List<string> Split(IReadOnlyList<string> values) =>
        [.. values.SelectMany(value => value.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries)).Distinct()];

    private static string SimpleStatus(MachineRow machine) =>
        machine.Status switch
        {
            MachineStatus.FailedCommissioning
            or MachineStatus.FailedDeployment
            or MachineStatus.ReleasingFailed
            or MachineStatus.FailedTesting
            or MachineStatus.FailedDiskErasing => "failed",
            MachineStatus.RescueMode or MachineStatus.EnteringRescueMode or MachineStatus.ExitingRescueMode => "rescue_mode",
            _ => MachineStatus.Label(machine.Status).ToLowerInvariant(),
        };

    [GeneratedRegex("^([0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Mac();

    [GeneratedRegex(@"^(?:(?<label>[a-zA-Z0-9]+):)?(?<size>[0-9.]+)(?:\((?<tags>[^)]*)\))?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex StorageItem();

    /// <summary>Commas outside of brackets.</summary>
    [GeneratedRegex(@",(?![^(]*\))", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex DiskItems();

    [GeneratedRegex(
        "^(not_)?(id|fabric|fabric_class|ip|mode|name|hostname|subnet|space|subnet_cidr|type|vlan|vid|tag|link_speed)$",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex InterfaceKeys();
}
