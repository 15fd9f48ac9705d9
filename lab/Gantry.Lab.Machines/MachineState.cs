using System.Text;
using Gantry.Lab.Kubernetes;
using Gantry.Lab.Maas;
using Gantry.Lab.Machines.CloudInit;
using Gantry.Lab.Machines.Kubeadm;

namespace Gantry.Lab.Machines;

/// <summary>The running system of a machine: its disk and the kernel state a kubelet checks.</summary>
internal sealed class MachineState
{
    private const string Fstab = "/etc/fstab";

    public MachineState(InstalledMachine machine)
    {
        Machine = machine;
        Hostname = machine.Hostname;
        Kubernetes = KubeVersion.OfImage(machine.Image);
        Files.Write(Fstab, "/dev/disk/by-id/root / ext4 defaults 0 1\n/swap.img\tnone\tswap\tsw\t0\t0\n");
        Files.Write("/etc/hostname", machine.Hostname + "\n");
        Files.Write("/etc/hosts", $"127.0.0.1 localhost\n127.0.1.1 {machine.Fqdn} {machine.Hostname}\n");
        Files.Write("/etc/os-release", "PRETTY_NAME=\"Ubuntu 24.04.2 LTS\"\nID=ubuntu\nVERSION_ID=\"24.04\"\n");
        foreach (
            var folder in (ReadOnlySpan<string>)
                [
                    "/root",
                    "/tmp",
                    "/run",
                    "/var/log",
                    "/var/lib",
                    "/opt",
                    "/home",
                    "/usr/local/bin",
                    "/etc/sysctl.d",
                    "/etc/modules-load.d",
                    "/etc/systemd/system",
                    "/etc/apt/sources.list.d",
                    "/usr/local/share/ca-certificates",
                ]
        )
        {
            Files.MakeFolder(folder);
        }

        if (Kubernetes is not null)
        {
            Files.MakeFolder("/etc/kubernetes/manifests");
            Files.Write("/etc/containerd/config.toml", "version = 2\n");
            Files.MakeFolder("/var/lib/kubelet");
        }
    }

    /// <summary>The system after a boot from a disk that was written before: <c>/run</c> and <c>/tmp</c> are empty.</summary>
    public static MachineState Rebooted(InstalledMachine machine, MachineFiles disk)
    {
        var state = new MachineState(machine) { Files = disk };
        foreach (var folder in (ReadOnlySpan<string>)["/run", "/tmp"])
        {
            disk.Remove(folder);
            disk.MakeFolder(folder);
        }

        state.Hostname = disk.Find("/etc/hostname")?.Text.Trim() ?? machine.Hostname;
        state.SwapMasked = disk.Exists("/etc/systemd/system/swap.target");
        state.Swap = state.SwapAtNextStart;
        state.KubeletRuns = disk.Find("/etc/kubernetes/kubelet.conf") is not null;
        return state;
    }

    public InstalledMachine Machine { get; }

    public MachineFiles Files { get; private set; } = new();

    /// <summary>The version of kubeadm and kubelet in the image; null for an image without Kubernetes.</summary>
    public KubeVersion? Kubernetes { get; }

    public string Hostname { get; set; }

    /// <summary>The address on the way of the default route, which kubeadm and the kubelet take unless they are told another.</summary>
    public string DefaultAddress => Machine.Interfaces.FirstOrDefault(one => one.HasDefaultRoute)?.Ip ?? Machine.IpAddresses[0];

    /// <summary>The kubelet's process runs; it listens on its port.</summary>
    public bool KubeletRuns { get; set; }

    /// <summary>Swap is in use now.</summary>
    public bool Swap { get; set; } = true;

    public bool SwapMasked { get; set; }

    /// <summary>Whether the next boot turns swap on.</summary>
    public bool SwapAtNextStart =>
        !SwapMasked
        && Files
            .Find(Fstab)
            ?.Text.Split('\n')
            .Any(line =>
                !line.TrimStart().StartsWith('#')
                && line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries) is [_, _, "swap", ..]
            )
            is true;

    /// <summary>The last message of kubeadm or of a missing command, for the event that reports the failure.</summary>
    public string? LastProblem { get; set; }

    /// <summary>What services print.</summary>
    public StringBuilder Journal { get; } = new();

    public InstanceFacts Facts() =>
        new(Machine.SystemId, Machine.Hostname)
        {
            Machine = Machine.Architecture.StartsWith("arm64", StringComparison.Ordinal) ? "aarch64" : "x86_64",
        };
}
