using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;
using Gantry.Server.Store;

namespace Gantry.Server.Clusters;

/// <summary>The newest report of a cluster, corrected by newer facts of the console.</summary>
public static class CurrentStatus
{
    /// <summary>The condition that shows what keeps the cluster's gateway from looking after it; absent when nothing does.</summary>
    public const string GatewayWorking = "GatewayWorking";

    /// <returns>Null until the gateway has reported.</returns>
    public static ClusterStatus? Of(ClusterRow row, Surroundings around) =>
        Of(row) is not { } status ? null
        : TroubleOf(status, around) is not { } trouble ? status
        : status with
        {
            // Nobody sees how the cluster is while its gateway is away.
            Health = around.GatewayOnline ? status.Health : Health.Unknown,
            Message = $"{trouble.Message}.",
            Conditions = [.. Conditions(status, around)],
        };

    /// <summary>The conditions as a person should see them, with that of the gateway first.</summary>
    public static IReadOnlyList<ClusterCondition> Conditions(ClusterStatus? status, Surroundings around) =>
        status is null ? []
        : TroubleOf(status, around) is { } trouble ? [Condition(status, around, trouble), .. status.Conditions]
        : status.Conditions;

    // Nobody has to look after a cluster of which nothing is left.
    private static GatewayTrouble? TroubleOf(ClusterStatus status, Surroundings around) =>
        status.Phase is ClusterPhase.Deleted ? null : around.Trouble;

    private static ClusterCondition Condition(ClusterStatus status, Surroundings around, GatewayTrouble trouble) =>
        new(
            GatewayWorking,
            ConditionStatus.False,
            trouble.Reason,
            $"{trouble.Message}.",
            around.GatewaySince ?? status.ReportedAt
        );

    private static ClusterStatus? Of(ClusterRow row)
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
