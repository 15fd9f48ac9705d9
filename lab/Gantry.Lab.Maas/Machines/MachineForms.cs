using System.Globalization;
using Gantry.Lab.Maas.Places;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Machines;

/// <summary>Creates and updates machines, with MAAS's checks of each field.</summary>
internal sealed class MachineForms(RegionState state)
{
    private const string Required = "This field is required.";

    /// <summary>A new machine as the form says. It has an interface for each MAC address, and is New.</summary>
    public MachineRow Create(Parameters form)
    {
        var faults = new FormFaults();
        var power = form.Filled("power_type") ?? "";
        if (form.Filled("architecture") is not { } architecture)
        {
            // Over IPMI the machine can be asked for it.
            if (power is not "ipmi")
            {
                faults.Add("architecture", Required);
            }
        }
        else if (Architectures.Refusal(state, architecture) is { } refusal)
        {
            faults.Add("architecture", refusal);
        }

        var parameters = PowerTypes.Parameters(form);
        if (MacProblem(form, power) is { } problem)
        {
            faults.Add("mac_addresses", problem);
        }

        if (PowerProblem(power, parameters, hasNics: MacProblem(form, power) is null) is { } wrong)
        {
            faults.Add(wrong.Field, wrong.Message);
        }

        var hostname = faults.Of(() => Hostname(form, null));
        faults.Of(() =>
            Placed(
                new MachineRow
                {
                    Id = 0,
                    SystemId = "",
                    Hostname = "",
                },
                form
            )
        );
        faults.ThrowIfAny();

        var (name, domain) = hostname ?? (NodeIds.NextHostname(state), null);
        var number = state.Next("machine");
        var macs = form.All("mac_addresses").Where(mac => mac.Length > 0).ToList();
        return Placed(
            new MachineRow
            {
                Id = number,
                SystemId = NodeIds.Next(state),
                Hostname = name,
                DomainId = domain ?? state.DefaultDomain.Id,
                Architecture = form.Filled("architecture") ?? "",
                Status = MachineStatus.New,
                Commissioned = false,
                PowerType = power,
                PowerParameters = parameters,
                PowerState = "unknown",
                HardwareInfo = Unknown(),
                IsDpu = form.Tick("is_dpu"),
                Nics =
                [
                    .. macs.Select(
                        (mac, index) =>
                            new NicRow(state.Next("interface"), $"eth{index}", mac.ToLowerInvariant(), null) { IsProbed = false }
                    ),
                ],
            },
            form
        );
    }

    public MachineRow Update(MachineRow machine, Parameters form)
    {
        var faults = new FormFaults();
        var hostname = faults.Of(() => Hostname(form, machine.SystemId));
        var placed = faults.Of(() => Placed(machine, form)) ?? machine;
        if (form.Filled("architecture") is { } architecture && Architectures.Refusal(state, architecture) is { } refusal)
        {
            faults.Add("architecture", refusal);
        }

        var power = form.Filled("power_type") ?? machine.PowerType;
        var parameters = PowerTypes.Parameters(form);
        if (
            (form.Has("power_type") || parameters.Count > 0)
            && PowerProblem(power, power == machine.PowerType ? Merged(machine, parameters) : parameters, machine.Nics.Count > 0)
                is { } wrong
        )
        {
            faults.Add(wrong.Field, wrong.Message);
        }

        faults.ThrowIfAny();

        return placed with
        {
            Hostname = hostname?.Hostname ?? placed.Hostname,
            DomainId = hostname?.DomainId ?? placed.DomainId,
            Architecture = form.Filled("architecture") ?? placed.Architecture,
            PowerType = power,
            PowerParameters =
                power != machine.PowerType ? parameters
                : parameters.Count > 0 ? Merged(machine, parameters)
                : machine.PowerParameters,
            CpuCount = form.Integer("cpu_count") ?? placed.CpuCount,
            Memory = form.Integer("memory") ?? placed.Memory,
            IsDpu = form.Tick("is_dpu", placed.IsDpu),
        };
    }

    /// <summary>The fields that creation and update have in common.</summary>
    private MachineRow Placed(MachineRow machine, Parameters form) =>
        machine with
        {
            Description = form["description"] ?? machine.Description,
            ZoneId = form.Filled("zone") is { } zone
                ? state.Zones.Find(zone)?.Id ?? throw RegionFault.Field("zone", Naming.NotAmongChoices)
                : machine.ZoneId,
            PoolId = form.Filled("pool") is { } pool
                ? state.Pools.All.FirstOrDefault(one => one.Name == pool)?.Id
                    ?? throw RegionFault.Field("pool", Naming.NotAmongChoices)
                : machine.PoolId,
            DomainId = form.Filled("domain") is { } domain ? Dns.DomainChoice.Read(state, domain) : machine.DomainId,
            MinHweKernel = MinKernel(form) ?? machine.MinHweKernel,
            SwapSize = form.Has("swap_size") ? Swap(form["swap_size"]!) : machine.SwapSize,
        };

    private string? MinKernel(Parameters form) =>
        form["min_hwe_kernel"] is not { } kernel ? null
        : kernel.Length == 0 || Images.Series.IsKernel(state, kernel) ? kernel
        : throw RegionFault.Field("min_hwe_kernel", $"{kernel} is not a usable kernel.");

    /// <summary>Bytes, or a number with K, M, G or T for powers of a thousand; empty for MAAS's own choice.</summary>
    private static long? Swap(string text)
    {
        if (text.Length == 0)
        {
            return null;
        }

        var power = "KMGT".IndexOf(text[^1], StringComparison.Ordinal);
        var digits = power < 0 ? text : text[..^1];
        return long.TryParse(digits, CultureInfo.InvariantCulture, out var number) ? number * (long)Math.Pow(1000, power + 1)
            // Behind a unit MAAS reads the number without a check.
            : power >= 0 ? throw RegionFault.Text(500, $"invalid literal for int() with base 10: '{digits}'")
            : throw RegionFault.Field("swap_size", $"Invalid size for swap: {text}");
    }

    private (string Hostname, int? DomainId)? Hostname(Parameters form, string? itself) =>
        form.Filled("hostname") is { } given ? Hostnames.Read(state, given, itself) : null;

    private string? MacProblem(Parameters form, string power)
    {
        var macs = form.All("mac_addresses").Where(mac => mac.Length > 0).ToList();
        return macs.Count == 0 ? (power is "ipmi" ? null : Required)
            : macs.Find(mac => !Macs.IsValid(mac)) is { } wrong ? Macs.Refusal(wrong)
            : macs.Find(mac => Macs.HolderOf(state, mac) is not null) is { } taken
                ? $"MAC address {taken} already in use on {Macs.HolderOf(state, taken)}."
            : null;
    }

    private static (string Field, string Message)? PowerProblem(
        string power,
        IReadOnlyDictionary<string, string> parameters,
        bool hasNics
    ) =>
        power.Length > 0 && !PowerTypes.All.Contains(power)
            ? ("power_type", $"Select a valid choice. {power} is not one of the available choices.")
        : power is not ("" or "ipmi") && !hasNics ? ("power_type", $"Can't set power type to {power} without network interfaces")
        : PowerTypes.NeedsAddress(power) && !parameters.ContainsKey("power_address") ? ("power_parameters", Required)
        : null;

    private static Dictionary<string, string> Merged(MachineRow machine, IReadOnlyDictionary<string, string> changed)
    {
        var merged = PowerTypes.Of(machine).ToDictionary(pair => pair.Key, pair => pair.Value);
        foreach (var (name, value) in changed)
        {
            merged[name] = value;
        }

        return merged;
    }

    private static Dictionary<string, string> Unknown() =>
        Inventory.RecordingsSeed.Hardware.ToDictionary(name => name, _ => "Unknown");
}
