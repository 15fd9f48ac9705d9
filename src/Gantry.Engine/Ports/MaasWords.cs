namespace Gantry.Engine.Ports;

/// <summary>
/// What MAAS says of a machine, in its words: the name of the status, and what its newest event adds to it. The newest event alone
/// often tells of an earlier state: <c>Released</c> of a machine that is being deployed, <c>Releasing</c> of one that is Broken.
/// </summary>
public static class MaasWords
{
    private const int Commissioning = 1;
    private const int Testing = 21;

    // Events that begin or end a state, as MAAS 3.7 writes them. None says more than the name of the status does.
    private static readonly HashSet<string> Turns = new(StringComparer.OrdinalIgnoreCase)
    {
        "Aborted commissioning",
        "Aborted deployment",
        "Aborted disk erasing",
        "Aborted testing",
        "Commissioning",
        "Deployed",
        "Deploying",
        "Disks erased",
        "Entering rescue mode",
        "Erasing disks",
        "Exited rescue mode",
        "Exiting rescue mode",
        "Ready",
        "Released",
        "Releasing",
        "Testing",
    };

    /// <summary><c>Deploying: Installing OS</c>, or the name of the status alone; without a full stop at its end.</summary>
    public static string Describe(RegionMachine machine) =>
        DetailOf(machine) is { Length: > 0 } detail ? $"{NameOf(machine)}: {detail}" : NameOf(machine);

    /// <summary>What MAAS says beyond the name of the status; empty when that is nothing. Without a full stop at its end.</summary>
    public static string DetailOf(RegionMachine machine)
    {
        // An error description stays after the state that it belongs to.
        if (machine is { Status: MaasStatus.FailedDeployment or MaasStatus.Broken, ErrorDescription: { Length: > 0 } error })
        {
            return error.TrimEnd('.');
        }

        var text = machine.StatusMessage.TrimEnd('.');
        var happened = text.Split(" - ", 2)[0];
        return
            happened.Length > 0
            && !Turns.Contains(text)
            && !text.Equals(NameOf(machine), StringComparison.OrdinalIgnoreCase)
            && (IsUnderWay(machine.Status) || happened.Contains("fail", StringComparison.OrdinalIgnoreCase))
            ? text
            : "";
    }

    private static string NameOf(RegionMachine machine) =>
        machine.StatusName.Length > 0 ? machine.StatusName : $"status {machine.Status}";

    private static bool IsUnderWay(int status) =>
        status is Commissioning or Testing or MaasStatus.Deploying or MaasStatus.Releasing or MaasStatus.DiskErasing;
}
