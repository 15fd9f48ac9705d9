using Gantry.Clusters.Model;
using Gantry.Server.Store;

namespace Gantry.Server.Clusters;

/// <summary>The newest report of a cluster, corrected by newer facts of the console.</summary>
public static class CurrentStatus
{
    /// <returns>Null until the gateway has reported.</returns>
    public static ClusterStatus? Of(ClusterRow row)
    {
        var phase = Enum.Parse<ClusterPhase>(ClusterViews.State(row));
        return ClusterViews.Status(row) switch
        {
            null => null,

            // The report is older than the deletion: its progress does not apply to the deletion.
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
