using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Interfaces;

/// <summary>Changes to the interfaces of a machine.</summary>
internal static class MachineNics
{
    /// <summary>The machine with an interface in its new state, or added.</summary>
    public static MachineRow With(this MachineRow machine, NicRow nic) =>
        machine with
        {
            Nics = machine.Nics.Any(one => one.Id == nic.Id)
                ? [.. machine.Nics.Select(one => one.Id == nic.Id ? nic : one)]
                : [.. machine.Nics, nic],
        };

    public static bool IsInBond(this MachineRow machine, NicRow nic) =>
        machine.Nics.Any(other => other.Type == "bond" && other.Parents.Contains(nic.Id));

    /// <summary>
    /// The machine as its release leaves it: automatic links without address, and without the bridges made while it was allocated,
    /// whose links go back to what they stand on.
    /// </summary>
    public static MachineRow Freed(this MachineRow machine)
    {
        var bridges = machine.Nics.Where(nic => nic.IsAcquired).ToList();
        return machine with
        {
            Nics =
            [
                .. machine
                    .Nics.Where(nic => !nic.IsAcquired)
                    .Select(nic =>
                        bridges.Find(bridge => bridge.Parents.Contains(nic.Id)) is { } over
                            ? nic with
                            {
                                Links = [.. over.Links],
                            }
                            : nic
                    )
                    .Select(nic => nic with { Links = [.. nic.Links.Select(WithoutAddress)] }),
            ],
        };
    }

    private static LinkRow WithoutAddress(LinkRow link) => link.Mode == LinkMode.Auto ? link with { Ip = null } : link;
}
