using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

internal static class TakenMachine
{
    /// <summary>The machine, when it is still the one that this allocation of ours took.</summary>
    public static async Task<RegionMachine?> FindAsync(RunScope run, Member member, CancellationToken cancellationToken)
    {
        var found = await run.Region.FindByIntentAsync(member.Intent, cancellationToken);
        return found.FirstOrDefault(machine => machine.Id == member.Machine);
    }
}
