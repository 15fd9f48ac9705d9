using Gantry.Clusters.Model;
using Gantry.Server.Store;

namespace Gantry.Server.Clusters;

/// <summary>The newest report of a cluster, corrected by what the console knows better.</summary>
public static class CurrentStatus
{
    /// <returns>Null until the gateway has reported.</returns>
    public static ClusterStatus? Of(ClusterRow row)
    {
        var phase = Enum.Parse<ClusterPhase>(ClusterViews.State(row));
        return ClusterViews.Status(row) switch
        {
            null => null,

            // The report is of the time before: how far the cluster had come says nothing of its deletion.
            { Phase: not (ClusterPhase.Deleting or ClusterPhase.Deleted) } before when phase is ClusterPhase.Deleting =>
                before with
                {
                    Phase = phase,
                    Progress = 0,
                    Message = "It is to be deleted; the gateway has not taken it up yet.",
                },
            { } reported => reported with { Phase = phase },
        };
    }
}
