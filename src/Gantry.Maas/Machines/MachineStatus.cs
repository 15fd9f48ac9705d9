namespace Gantry.Maas.Machines;

/// <summary>MAAS's status numbers. Clients rely on the number, not on the label.</summary>
public enum MachineStatus
{
    New = 0,
    Commissioning = 1,
    FailedCommissioning = 2,
    Missing = 3,
    Ready = 4,
    Reserved = 5,
    Deployed = 6,
    Retired = 7,
    Broken = 8,
    Deploying = 9,
    Allocated = 10,
    FailedDeployment = 11,
    Releasing = 12,
    ReleasingFailed = 13,
    DiskErasing = 14,
    FailedDiskErasing = 15,
    RescueMode = 16,
    EnteringRescueMode = 17,
    FailedEnteringRescueMode = 18,
    ExitingRescueMode = 19,
    FailedExitingRescueMode = 20,
    Testing = 21,
    FailedTesting = 22,
}

internal static class MachineStatuses
{
    /// <summary>Whether a machine in this status is always some user's.</summary>
    public static bool HasOwner(this MachineStatus status) =>
        status
            is MachineStatus.Allocated
                or MachineStatus.Deploying
                or MachineStatus.Deployed
                or MachineStatus.FailedDeployment
                or MachineStatus.Releasing
                or MachineStatus.ReleasingFailed
                or MachineStatus.DiskErasing
                or MachineStatus.FailedDiskErasing;
}
