using Gantry.Clusters.Model;

namespace Gantry.Console.Clusters;

/// <summary>Finds the one cause that keeps a cluster from being as it should be, in what the console knows of it.</summary>
public interface IExplainer
{
    /// <param name="gatewayAwaySince">When its gateway was last heard of; null while it is there.</param>
    Explanation Explain(ClusterSpec desired, ClusterStatus? status, DateTimeOffset? gatewayAwaySince, DateTimeOffset now);
}

/// <summary>Reads the report's own sentence and its first condition that does not hold.</summary>
public sealed class ReportExplainer : IExplainer
{
    public Explanation Explain(ClusterSpec desired, ClusterStatus? status, DateTimeOffset? gatewayAwaySince, DateTimeOffset now)
    {
        if (gatewayAwaySince is { } since)
        {
            return new Explanation(
                "GatewayOffline", $"The gateway of the data centre has not been heard of since {since:u}.",
                "Start the gateway, or check that it reaches this console.", Needs: true, since);
        }

        if (status is null || status.ObservedGeneration < desired.Generation)
        {
            return new Explanation(
                "NotTakenUpYet", "The gateway has not taken up the newest wish yet.", "Wait a few seconds: the gateway looks by itself.", Needs: false, Since: null);
        }

        if (status.Repave is { } repave && repave.Hash != desired.ApprovedRepave)
        {
            return new Explanation(
                "RepaveWaits", $"{repave.Machines.Count} machines are to be replaced and nobody has agreed: {string.Join("; ", repave.Reasons.Select(one => one.Message))}",
                "Look at the repave and approve it.", Needs: true, Since: null);
        }

        var broken = status.Conditions.FirstOrDefault(condition => condition.Status is not ConditionStatus.True);
        return broken is null && status is { Phase: ClusterPhase.Running, Health: Health.Healthy }
            ? new Explanation("AsItShouldBe", "The cluster is as it should be.", "Nothing has to be done.", Needs: false, Since: null)
            : new Explanation(
                broken?.Reason ?? status.Phase.ToString(), broken?.Message ?? status.Message, $"The gateway goes on: {status.Message}", Needs: false, broken?.LastTransition);
    }
}
