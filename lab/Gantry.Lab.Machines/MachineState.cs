using System.Text;
using Gantry.Lab.Kubernetes;
using Gantry.Lab.Maas;
using Gantry.Lab.Machines.CloudInit;
using Gantry.Lab.Machines.Kubeadm;
using Gantry.Lab.Machines.Packages;

namespace Gantry.Lab.Machines;

/// <summary>The running system of a machine: its disk and the kernel state a kubelet checks.</summary>
internal sealed class MachineState
{
    private const string Fstab = "/etc/fstab";
    private const string ContainerdConfig = "/etc/containerd/config.toml";

    public MachineState(InstalledMachine machine)
    {
        Machine = machine;
        Hostname = machine.Hostname;
        Release = UbuntuRelease.Of(machine.Image);
        Packages = new InstalledPackages(() => Files);
        Files.Write(Fstab, "/dev/disk/by-id/root / ext4 defaults 0 1\n/swap.img\tnone\tswap\tsw\t0\t0\n");
        Files.Write("/etc/hostname", machine.Hostname + "\n");
        Files.Write("/etc/hosts", $"127.0.0.1 localhost\n127.0.1.1 {machine.Fqdn} {machine.Hostname}\n");
        Files.Write(
            "/etc/os-release",
            $"PRETTY_NAME=\"Ubuntu {Release.Version} LTS\"\nID=ubuntu\nVERSION_ID=\"{Release.Version}\"\n"
                + $"VERSION_CODENAME={Release.Series}\n"
        );
        Files.Write(
            "/etc/apt/sources.list.d/ubuntu.sources",
            $"Types: deb\nURIs: {PackageArchive.DefaultSource}\nSuites: {Release.Series} {Release.Series}-updates\n"
                + "Components: main universe\nSigned-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg\n"
        );
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

        if (KubeVersion.OfImage(machine.Image) is { } prepared)
        {
            Prepare(prepared);
        }

        Settle();
        Boots();
    }

    // A prepared image holds the packages and the settings that Kubernetes needs.
    private void Prepare(KubeVersion version)
    {
        foreach (var (name, has) in Release.Packages)
        {
            Packages.Put(name, has);
        }

        foreach (var name in (ReadOnlySpan<string>)["kubelet", "kubeadm", "kubectl"])
        {
            Packages.Put(name, $"{version.ToString()[1..]}-1.1", held: true);
        }

        Packages.Put("cri-tools", "1.36.0-1.1");
        Packages.Put("kubernetes-cni", "1.8.0-1.1");
        Files.Write(
            ContainerdConfig,
            "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".registry]\n  config_path = \"/etc/containerd/certs.d\"\n"
                + "[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runc.options]\n  SystemdCgroup = true\n"
        );
        Files.Write("/etc/modules-load.d/image.conf", "overlay\nbr_netfilter\n");
        Files.Write("/etc/sysctl.d/90-image.conf", "net.ipv4.ip_forward = 1\n");
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
        state.Boots();
        state.KubeletRuns = disk.Find("/etc/kubernetes/kubelet.conf") is not null;
        return state;
    }

    public InstalledMachine Machine { get; }

    public MachineFiles Files { get; private set; } = new();

    public UbuntuRelease Release { get; }

    public InstalledPackages Packages { get; }

    /// <summary>The version of kubeadm and kubelet; null while the machine has no Kubernetes.</summary>
    public KubeVersion? Kubernetes => KubeVersion.TryParse(Packages.Find("kubeadm"));

    public HashSet<string> Modules { get; } = [];

    /// <summary>The kernel forwards packets.</summary>
    public bool IpForward { get; set; }

    /// <summary>The configuration that the running containerd has read; null while it does not run.</summary>
    public string? ContainerdRuns { get; set; }

    public void StartContainerd() =>
        ContainerdRuns = Packages.Has("containerd") ? Files.Find(ContainerdConfig)?.Text ?? "" : null;

    /// <summary>What the scripts of packages do when they have been installed: folders appear, and containerd runs.</summary>
    public void Settle()
    {
        if (Packages.Has("containerd") && ContainerdRuns is null)
        {
            StartContainerd();
        }

        if (Packages.Has("kubelet"))
        {
            Files.MakeFolder("/etc/kubernetes/manifests");
            Files.MakeFolder("/var/lib/kubelet");
        }
    }

    /// <summary>Applies a file of kernel settings.</summary>
    /// <returns>The first setting that the kernel does not have; null when it has all.</returns>
    public string? ApplySysctl(string text)
    {
        string? missing = null;
        foreach (var line in text.Split('\n').Where(line => line.Contains('=', StringComparison.Ordinal)))
        {
            var (name, value) = (line.Split('=')[0].Trim(), line.Split('=')[1].Trim());
            if (name.StartsWith("net.bridge.", StringComparison.Ordinal) && !Modules.Contains("br_netfilter"))
            {
                missing ??= name;
            }
            else if (name is "net.ipv4.ip_forward")
            {
                IpForward = value is "1";
            }
        }

        return missing;
    }

    // systemd loads modules and applies settings from the disk; enabled services start.
    private void Boots()
    {
        foreach (var path in Files.Below("/etc/modules-load.d"))
        {
            Modules.UnionWith(Files.Find(path)!.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }

        foreach (var path in Files.Below("/etc/sysctl.d"))
        {
            ApplySysctl(Files.Find(path)!.Text);
        }

        StartContainerd();
    }

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
