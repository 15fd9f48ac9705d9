using Gantry.Clusters.Planning;

namespace Gantry.Engine.Ports;

/// <summary>MAAS's machine status numbers, and their meaning for a machine that a cluster holds.</summary>
public static class MaasStatus
{
    /// <summary>None of MAAS's: its answer about the machine cannot be read.</summary>
    public const int Unreadable = -1;

    public const int New = 0;
    public const int Ready = 4;
    public const int Deployed = 6;
    public const int Broken = 8;
    public const int Deploying = 9;
    public const int Allocated = 10;
    public const int FailedDeployment = 11;
    public const int Releasing = 12;
    public const int FailedReleasing = 13;
    public const int DiskErasing = 14;
    public const int FailedDiskErasing = 15;

    /// <summary>
    /// The state of a held machine in MAAS: absent when the account's user no longer owns it, or when it is Broken, which MAAS has
    /// released by that; unknown when MAAS does not list it or its answer cannot be read.
    /// </summary>
    public static Observation<MaasFacts> Observe(RegionMachine? machine)
    {
        if (machine is null)
        {
            return new Observation<MaasFacts>.Unknown("MAAS does not list it");
        }

        if (machine.Unreadable is { } part)
        {
            return new Observation<MaasFacts>.Unknown($"MAAS's answer about it cannot be read: {part}");
        }

        if (!machine.IsOurs || machine.Status is Ready or New or Broken)
        {
            return new Observation<MaasFacts>.Absent();
        }

        var progress = machine.Status switch
        {
            Allocated => MaasProgress.Allocated,
            Deploying => MaasProgress.Deploying,
            Deployed => MaasProgress.Deployed,
            FailedDeployment => MaasProgress.FailedDeployment,
            Releasing or DiskErasing => MaasProgress.Releasing,
            FailedReleasing or FailedDiskErasing => MaasProgress.FailedReleasing,
            _ => MaasProgress.OutOfService,
        };

        return new Observation<MaasFacts>.Present(
            new MaasFacts(
                progress,
                MaasWords.Describe(machine),
                machine.Addresses,
                machine.Locked,
                machine.PowerState,
                EngineState.AsCandidate(machine)
            )
            {
                Detail = MaasWords.DetailOf(machine),
                IsSwitchedByHand = machine.IsSwitchedByHand,
            }
        );
    }
}
