using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Server.Store;

namespace Gantry.Server.Clusters;

/// <summary>
/// How far each pack of a cluster's profiles is, from the newest report. Clients that attach a profile wait for its packs to be
/// Ready. The layers of the machines are Ready when every machine is installed from the desired state, the others when their
/// objects are applied.
/// </summary>
public static class PackStates
{
    private const string AddonsApplied = "AddonsApplied";
    private static readonly string[] OfMachines = ["ControlPlaneReady", "NodesReady", "UpToDate"];

    /// <param name="status">Null before the first report.</param>
    public static PackStateView[] Of(ClusterRow row, ClusterStatus? status)
    {
        var machines = Condition(row, status, OfMachines);
        var addons = Condition(row, status, [AddonsApplied]);
        return
        [
            .. AttachedProfiles
                .Of(row)
                .SelectMany(profile =>
                    profile.Template.Packs.Select(pack => new PackStateView(
                        pack.Name,
                        profile.Uid,
                        pack.Version,
                        pack.Type,
                        pack.Layer is PackLayers.Os or PackLayers.Kubernetes ? machines : addons
                    ))
                ),
        ];
    }

    private static ConditionView Condition(ClusterRow row, ClusterStatus? status, string[] types)
    {
        if (status is null || status.ObservedGeneration < row.Generation)
        {
            return new ConditionView(
                PackConditions.Ready,
                nameof(ConditionStatus.False),
                Explain.NotTakenUp,
                "The gateway has not reported on the present profiles of the cluster yet.",
                status?.ReportedAt ?? row.CreatedAt,
                status?.ReportedAt ?? row.CreatedAt
            );
        }

        // The first that is not met, in the order in which a cluster is built; a gateway may know more conditions, or fewer.
        var conditions = status.Conditions.Where(condition => types.Contains(condition.Type)).ToList();
        var shown = conditions.Find(condition => condition.Status is not ConditionStatus.True) ?? conditions.LastOrDefault();
        return shown is null
                ? new ConditionView(
                    PackConditions.Ready,
                    nameof(ConditionStatus.Unknown),
                    Explain.NotTakenUp,
                    "The gateway does not say.",
                    status.ReportedAt,
                    status.ReportedAt
                )
            : IsError(shown) ? View(PackConditions.Error, nameof(ConditionStatus.True), shown, status)
            : View(PackConditions.Ready, shown.Status.ToString(), shown, status);
    }

    private static bool IsError(ClusterCondition condition) =>
        condition is { Status: ConditionStatus.False, Reason: Reasons.AddonsFailed };

    private static ConditionView View(string type, string state, ClusterCondition condition, ClusterStatus status) =>
        new(type, state, condition.Reason, condition.Message, condition.LastTransition, status.ReportedAt);
}
