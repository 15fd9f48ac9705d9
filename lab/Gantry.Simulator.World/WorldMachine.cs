using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Engine.Ports;
using Gantry.Simulator.Time;

namespace Gantry.Simulator.World;

/// <summary>What runs on the metal, whatever MAAS believes.</summary>
public enum SystemState
{
    /// <summary>No installed system, or no power.</summary>
    Off,
    Booting,
    Running,

    /// <summary>Power is on and nothing answers; a power cycle helps.</summary>
    Hung,
}

/// <summary>A server: how MAAS has it on record, and how it really is.</summary>
public sealed class WorldMachine
{
    private RegionMachine? _shown;

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

    public int Status { get; set; } = MaasStatus.Ready;

    public int PreviousStatus { get; set; } = MaasStatus.Ready;

    public string? Owner { get; set; }

    public string Agent { get; set; } = "";

    public bool Locked { get; set; }

    public string Power { get; set; } = "off";

    public string Message { get; set; } = "";

    public bool HasAddress { get; set; }

    /// <summary>The image that was deployed last.</summary>
    public string? Image { get; set; }

    /// <summary>User-data of the deployment under way or in force.</summary>
    public string? UserData { get; set; }

    public ErasePolicy Erase { get; set; }

    /// <summary>Counts its deployments, so that each has durations of its own.</summary>
    public int Deployments { get; set; }

    /// <summary>What its MAAS status has begun.</summary>
    public VirtualTime.Due? Due { get; set; }

    // What is wrong with it.

    public bool FailsToDeploy { get; set; }

    public bool HangsOnDeploy { get; set; }

    /// <summary>MAAS calls it deployed and its system never comes up.</summary>
    public bool NeverBoots { get; set; }

    /// <summary>A power cycle does not help; the machine has to be replaced.</summary>
    public bool Dead { get; set; }

    /// <summary>MAAS gives up releasing it, as often as this says.</summary>
    public int FailingReleases { get; set; }

    /// <summary>What its BMC answers instead of the truth.</summary>
    public string? PowerAnswer { get; set; }

    /// <summary>Its kubelet reports a node that is not Ready.</summary>
    public bool Sick { get; set; }

    /// <summary>Its kubelet has stopped, and what it had started runs on: a member of etcd, an API server.</summary>
    public bool KubeletStopped { get; set; }

    /// <summary>Its disk is full or too slow for etcd.</summary>
    public bool EtcdSick { get; set; }

    // What runs on it.

    public SystemState System { get; set; }

    /// <summary>Raised whenever its disk is written anew or erased.</summary>
    public int Life { get; set; }

    /// <summary>Raised whenever what runs on it ends: what an earlier session had begun does not go on.</summary>
    public int Session { get; set; }

    public bool Installed { get; set; }

    /// <summary>Where its kubeadm has joined, and which incarnation of it.</summary>
    public WorldCluster? Cluster { get; set; }

    public int Incarnation { get; set; }

    public NodeDocument? Document { get; set; }

    /// <summary>The machine has or had a fault, as opposed to one that is removed by a plan.</summary>
    public bool HasFault =>
        FailsToDeploy
        || HangsOnDeploy
        || NeverBoots
        || Dead
        || Sick
        || KubeletStopped
        || EtcdSick
        || System is SystemState.Hung
        || PowerAnswer is not null;

    public bool Runs => System is SystemState.Running;

    public void Touch() => _shown = null;

    public RegionMachine Show(string account) =>
        _shown ??= new RegionMachine
        {
            Id = Id,
            Hostname = Hostname,
            Status = Status,
            StatusName = StatusText.Of(Status),
            StatusMessage = Message,
            IsOurs = Owner == account,
            Locked = Locked,
            Zone = Zone,
            ResourcePool = Pool,
            Tags = Tags,
            CpuCount = Cpu,
            MemoryMiB = MemoryMiB,
            Disks = [Disk],
            PowerState = PowerAnswer ?? Power,
            Addresses = HasAddress ? [Address] : [],
            Subnet = WorldRegion.Subnet,
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
