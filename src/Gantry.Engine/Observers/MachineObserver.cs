using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Observers;

/// <summary>What MAAS says of single machines of the cluster, beyond its list.</summary>
internal static class MachineObserver
{
    // Bounds the calls of one observation when a region has lost many machines.
    private const int UnlistedAtOnce = 5;

    // A machine that is missing from the list may still exist. Only MAAS's answer for that machine proves that it is gone.
    public static async Task ObserveUnlistedAsync(RunScope run, CancellationToken cancellationToken)
    {
        var unlisted = run.Record.Members.Where(member =>
            member.State is not MachineState.Selected && run.View.Machines.Find(member.Machine) is null
        );
        foreach (var member in unlisted.Take(UnlistedAtOnce).ToList())
        {
            try
            {
                run.Unlisted[member.Machine] = await run.ReadAsync(
                    member.Machine.Value,
                    $"show {member.Hostname}",
                    (region, token) => region.FindAsync(member.Machine, token),
                    cancellationToken
                );
            }
            catch (RegionException late) when (late.Failure is RegionFailure.NotAnswered)
            {
                run.Unanswered.Add(late);
            }
            catch (RegionException failure) when (failure.Failure is not RegionFailure.CredentialsRejected)
            {
                // The machine stays unknown; the rest of the observation continues.
            }
        }
    }

    // MAAS is asked once for each failure that a machine reports before it is a node: most of them are other parts of cloud-init.
    public static async Task ObserveScriptsAsync(RunScope run, CancellationToken cancellationToken)
    {
        foreach (var member in run.Record.Members.Where(member => member is { State: MachineState.Joining, JoinedAt: null }))
        {
            if (run.View.Machines.Find(member.Machine) is not { ReportsFailure: true } machine)
            {
                run.State.Scripts.TryRemove(member.Machine, out _);
            }
            else if (!run.State.Scripts.TryGetValue(member.Machine, out var known) || known.Reported != machine.StatusMessage)
            {
                try
                {
                    run.State.Scripts[member.Machine] = await run.ReadAsync(
                        $"reports of {member.Machine}",
                        $"tell what the script of {member.Hostname} reported",
                        async (region, token) =>
                            new ScriptReport(machine.StatusMessage, await region.FindNodeReportAsync(member.Machine, token)),
                        cancellationToken
                    );
                }
                catch (RegionException late) when (late.Failure is RegionFailure.NotAnswered)
                {
                    run.Unanswered.Add(late);
                }
                catch (RegionException failure) when (failure.Failure is not RegionFailure.CredentialsRejected)
                {
                    // The limit for joining still holds; the next run asks again.
                }
            }
        }
    }
}
