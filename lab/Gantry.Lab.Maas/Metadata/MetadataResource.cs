using Gantry.Lab.Maas.Machines;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Metadata;

/// <summary>
/// The metadata service: what a machine asks for and tells with credentials of its own. A deployment ends when the installed system
/// fetches its user-data.
/// </summary>
internal sealed class MetadataResource(RegionState state, MachineLife life)
{
    public const string Root = "/MAAS/metadata/";

    private static readonly string[] Statuses = ["OK", "FAILED", "WORKING", "COMMISSIONING", "TESTING", "INSTALLING", "TIMEDOUT"];

    public RegionAnswer Handle(RegionRequest request)
    {
        var machine =
            request.User is null ? throw new RegionFault(RegionAnswer.Plain(401, "Forbidden"))
            : request.User.SystemId is { } id ? state.Machines.Find(id) ?? throw RegionFault.Missing("Node")
            : throw RegionFault.Text(403, "Not authenticated as a known node.");
        var path = request.Path.TrimEnd('/').Split('/', 2) is [_, var rest] ? rest : "";
        return (request.Method, path, request.Operation) switch
        {
            ("GET", "", null) => RegionAnswer.Plain(200, "maas-commissioning-scripts\nmeta-data\nuser-data"),
            ("GET", "meta-data", _) => RegionAnswer.Plain(200, "instance-id\nlocal-hostname\npublic-keys\nvendor-data\nx509"),
            ("GET", "meta-data/local-hostname", _) => RegionAnswer.Plain(200, Fqdn(machine)),
            ("GET", "meta-data/instance-id", _) => RegionAnswer.Plain(200, machine.SystemId),
            ("GET", "meta-data/public-keys", _) => RegionAnswer.Plain(200, PublicKeys(machine)),
            ("GET", "user-data", _) => UserDataOf(machine),
            ("POST", "", "netboot_off") => Netboot(machine, false),
            ("POST", "", "netboot_on") => Netboot(machine, true),
            ("POST", "", "signal") => Signal(request, machine),
            _ => throw RegionFault.Text(404, "Unknown metadata item"),
        };
    }

    private RegionAnswer UserDataOf(MachineRow machine)
    {
        if (machine is { Status: MachineStatus.Deploying, Netboot: false })
        {
            life.Deployed(machine);
        }

        return state.UserData.Find(machine.SystemId) is { } kept
            ? RegionAnswer.Bytes("application/octet-stream", UserData.Served(kept.Text))
            : RegionAnswer.Plain(404, "No user data available for this node.");
    }

    private RegionAnswer Netboot(MachineRow machine, bool on)
    {
        state.Machines.Put(machine with { Netboot = on });
        return RegionAnswer.Plain(200, "OK");
    }

    private RegionAnswer Signal(RegionRequest request, MachineRow machine)
    {
        var status = request.Form.Mandatory("status");
        if (!Statuses.Contains(status))
        {
            throw RegionFault.Text(400, $"Unknown status: '{status}'");
        }

        switch (machine.Status, status)
        {
            case (MachineStatus.Deploying, "FAILED"):
                life.Fail(machine, "Installation failed (refer to the installation log for more information).");
                break;
            case (MachineStatus.Commissioning, "OK"):
                life.Commissioned(machine);
                break;
            case (MachineStatus.Commissioning, "FAILED"):
                state.Machines.Put(
                    life.Happened(machine, "Failed commissioning", "") with
                    {
                        Status = MachineStatus.FailedCommissioning,
                        CommissioningStatus = 3,
                        Due = null,
                    }
                );
                break;
            default:
                break;
        }

        return RegionAnswer.Plain(200, "OK");
    }

    private string PublicKeys(MachineRow machine) =>
        string.Concat(state.SshKeys.All.Where(key => key.Username == machine.Owner).Select(key => key.Key + "\n"));

    private string Fqdn(MachineRow machine) => $"{machine.Hostname}.{state.Domains.Find(machine.DomainId)!.Name}";
}
