using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Engine.Ports;
using Gantry.Simulator.Time;

namespace Gantry.Simulator.World;

/// <summary>The state of the system on the hardware, independent of MAAS.</summary>
public enum SystemState
{
    /// <summary>No installed system, or no power.</summary>
    Off,
    Booting,
    Running,

    /// <summary>Power is on, but the system hangs; a power cycle helps.</summary>
    Hung,
}

/// <summary>A server: its record in MAAS, and its true state.</summary>
public sealed class WorldMachine
{
    private (string Account, RegionMachine Machine)? _shown;

    public required int Index { get; init; }

    public required SystemId Id { get; init; }

    public required string Hostname { get; init; }

    public required string Address { get; init; }

    public required string Zone { get; set; }

    public required string Pool { get; set; }

    public required ValueList<string> Tags { get; set; }

    public required int Cpu { get; init; }

    public required int MemoryMiB { get; init; }

    public required long Disk { get; init; }

    public string Architecture { get; init; } = "amd64";

    public int Status { get; set; } = MaasStatus.Ready;

    public string? Owner { get; set; }

    public string Agent { get; set; } = "";

    /// <summary>The comment of the last allocation, which stays in the log of the machine's events.</summary>
    public string AllocationComment { get; set; } = "";

    /// <summary>MAAS's workload annotations.</summary>
    public Dictionary<string, string> Annotations { get; } = new(StringComparer.Ordinal);

    public bool Locked { get; set; }

    public string Power { get; set; } = "off";

    /// <summary>The newest event, as MAAS's <c>status_message</c> shows it.</summary>
    public string Message { get; set; } = "";

    public string ErrorDescription { get; set; } = "";

    /// <summary>Its power type in MAAS is manual.</summary>
    public bool IsSwitchedByHand { get; set; }

    public bool HasAddress { get; set; }

    /// <summary>Whether the machine has a network and a disk layout: commissioning takes them away, and gives new ones at its end.</summary>
    public bool IsConfigured { get; set; } = true;

    /// <summary>The last deployed image.</summary>
    public string? Image { get; set; }

    /// <summary>The user-data of the current deployment.</summary>
    public string? UserData { get; set; }

    public ErasePolicy Erase { get; set; }

    /// <summary>The number of deployments, which seeds the durations of each.</summary>
    public int Deployments { get; set; }

    /// <summary>The scheduled end of the current MAAS transition.</summary>
    public VirtualTime.Due? Due { get; set; }

    // Faults.

    public bool FailsToDeploy { get; set; }

    public bool HangsOnDeploy { get; set; }

    /// <summary>MAAS lacks the files of every image for this machine, whatever its list of images says.</summary>
    public bool RefusesImages { get; set; }

    /// <summary>MAAS shows the machine as deployed, but its system never boots.</summary>
    public bool NeverBoots { get; set; }

    /// <summary>The hardware failed permanently; a power cycle does not help.</summary>
    public bool Dead { get; set; }

    /// <summary>The number of releases that will still fail in MAAS.</summary>
    public int FailingReleases { get; set; }

    /// <summary>The BMC's answer instead of the true power state; null for the truth.</summary>
    public string? PowerAnswer { get; set; }

    public ValueList<string> Subnets { get; set; } = [WorldRegion.Subnet];

    /// <summary>Which part of MAAS's list about the machine cannot be read; <c>null</c> when all of it can.</summary>
    public string? Unreadable { get; set; }

    /// <summary>What kubeadm says when it refuses this machine; <c>null</c> when it does not.</summary>
    public string? KubeadmRefuses { get; set; }

    /// <summary>Why no repository gives this machine its packages; <c>null</c> when one does.</summary>
    public string? PackagesRefused { get; set; }

    /// <summary>Why <c>kubeadm join</c> fails and is tried again on this machine; <c>null</c> while it does not.</summary>
    public string? KubeadmRetries { get; set; }

    /// <summary>Which image kubeadm cannot pull, and tries again; <c>null</c> while it has all of them.</summary>
    public string? PullFailure { get; set; }

    /// <summary>What MAAS was told of the failure of the system's script; <c>null</c> when it has not failed.</summary>
    public string? ScriptFailure { get; set; }

    /// <summary>What MAAS's events hold of the system's script.</summary>
    public NodeReport? NodeReport =>
        ScriptFailure is { } failed ? new NodeReport(IsFinal: true, failed) { LacksPackages = failed == PackagesRefused }
        : (KubeadmRetries ?? PullFailure) is { } retried ? new NodeReport(IsFinal: false, retried)
        : null;

    /// <summary>A failed part of cloud-init that kubeadm does not need.</summary>
    public string? OtherFailure { get; set; }

    /// <summary>The kubelet reports its node as not Ready.</summary>
    public bool Sick { get; set; }

    /// <summary>The kubelet has stopped; the etcd member and the API server it started run on.</summary>
    public bool KubeletStopped { get; set; }

    /// <summary>Its kube-vip has stopped, and the kubelet cannot start it again.</summary>
    public bool KubeVipStopped { get; set; }

    /// <summary>The disk is full or too slow for etcd.</summary>
    public bool EtcdSick { get; set; }

    // The running system.

    public SystemState System { get; set; }

    /// <summary>Incremented when the disk is installed or erased.</summary>
    public int Life { get; set; }

    /// <summary>Incremented when the system stops, which ends all its pending work.</summary>
    public int Session { get; set; }

    public bool Installed { get; set; }

    /// <summary>
    /// The cluster that kubeadm joined; <see cref="Incarnation"/> holds the cluster's incarnation at that time.
    /// </summary>
    public WorldCluster? Cluster { get; set; }

    public int Incarnation { get; set; }

    /// <summary>The arguments with which its control plane runs, as kubeadm read them when it joined.</summary>
    public ValueMap<string, ValueList<ExtraArg>> Arguments { get; set; } = [];

    /// <summary>What the components of its control plane see of the machine.</summary>
    public ValueMap<string, ValueList<ComponentVolume>> Volumes { get; set; } = [];

    public NodeDocument? Document { get; set; }

    /// <summary>The machine has or had a fault, unlike a machine removed by a plan.</summary>
    public bool HasFault =>
        FailsToDeploy
        || HangsOnDeploy
        || NeverBoots
        || KubeadmRefuses is not null
        || PackagesRefused is not null
        || Dead
        || Sick
        || KubeletStopped
        || EtcdSick
        || System is SystemState.Hung
        || PowerAnswer is not null;

    public bool Runs => System is SystemState.Running;

    public void Touch() => _shown = null;

    public RegionMachine Show(string account)
    {
        if (_shown is not { } shown || shown.Account != account)
        {
            _shown = shown = (account, Describe(account));
        }

        return shown.Machine;
    }

    private RegionMachine Describe(string account) =>
        Unreadable is { } part
            ? new()
            {
                Id = Id,
                Hostname = Hostname,
                Status = MaasStatus.Unreadable,
                StatusName = $"unreadable ({part})",
                Unreadable = part,
            }
            : DescribeAll(account);

    private RegionMachine DescribeAll(string account) =>
        new()
        {
            Id = Id,
            Hostname = Hostname,
            Status = Status,
            StatusName = StatusText.Of(Status),
            StatusMessage =
                NodeReport is { IsFinal: false, Text: var retried } && System is SystemState.Running ? retried : Message,
            ReportsFailure =
                OtherFailure is not null
                || NodeReport is { IsFinal: true }
                || (NodeReport is not null && System is SystemState.Running),
            ErrorDescription = ErrorDescription,
            IsSwitchedByHand = IsSwitchedByHand,
            IsOurs = Owner == account,
            Owner = Owner,
            Mark = MachineMark.Read(Annotations),
            IsAbandoned = MachineMark.IsAbandoned(Annotations),
            Locked = Locked,
            Zone = Zone,
            ResourcePool = Pool,
            Tags = Tags,
            Architecture = Architecture,
            CpuCount = Cpu,
            MemoryMiB = MemoryMiB,
            Disks = [Disk],
            PowerState = PowerAnswer ?? Power,
            Addresses = HasAddress ? [Address] : [],
            Subnet = WorldRegion.Subnet,
            Networks = [.. Subnets.Select(subnet => new NetworkLink(Cidr.Parse(subnet), subnet, Space: null, []))],
        };

    public override string ToString() => Hostname;
}

public static class StatusText
{
    public static string Of(int status) =>
        status switch
        {
            MaasStatus.New => "New",
            1 => "Commissioning",
            MaasStatus.Ready => "Ready",
            MaasStatus.Deployed => "Deployed",
            MaasStatus.Broken => "Broken",
            MaasStatus.Deploying => "Deploying",
            MaasStatus.Allocated => "Allocated",
            MaasStatus.FailedDeployment => "Failed deployment",
            MaasStatus.Releasing => "Releasing",
            MaasStatus.FailedReleasing => "Releasing failed",
            MaasStatus.DiskErasing => "Disk erasing",
            MaasStatus.FailedDiskErasing => "Failed disk erasing",
            _ => $"status {status}",
        };
}
