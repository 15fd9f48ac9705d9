using Gantry.Clusters.Model;

namespace Gantry.Console.Clusters;

/// <summary>What is known of a cluster's surroundings without asking anybody.</summary>
/// <param name="Gateway">Name of the gateway that serves the cluster; null when none does any more.</param>
/// <param name="GatewaySince">Since when it is away, as far as it is.</param>
public sealed record Around(string? Gateway, bool GatewayOnline, DateTimeOffset? GatewaySince, bool AccountPresent);

/// <summary>Finds the one cause that keeps a cluster from being as it should be, in what the console knows of it.</summary>
public interface IExplainer
{
    Explanation Explain(ClusterSpec desired, ClusterStatus? status, Around around, DateTimeOffset now);
}

/// <summary>Reads the report's own sentence and its first condition that does not hold.</summary>
public sealed class ReportExplainer : IExplainer
{
    public Explanation Explain(ClusterSpec desired, ClusterStatus? status, Around around, DateTimeOffset now)
    {
        if (around.Gateway is null)
        {
            return new Explanation("NoGateway", "No gateway serves this cluster.", "Pair a gateway in its data centre.", Needs: true, Since: null);
        }

        if (!around.GatewayOnline)
        {
            return new Explanation(
                "GatewayOffline", $"Gateway {around.Gateway} has not been heard of since {around.GatewaySince:u}.",
                "Start the gateway, or check that it reaches this console.", Needs: true, around.GatewaySince);
        }

        if (status is null || status.ObservedGeneration < desired.Generation)
        {
            return new Explanation(
                "NotTakenUp", "The gateway has not taken up the newest wish yet.", "Wait a few seconds: the gateway looks by itself.", Needs: false, Since: null);
        }

        if (status.Repave is { } repave && repave.Hash != desired.ApprovedRepave)
        {
            return new Explanation(
                "RepaveNeedsApproval", $"{repave.Machines.Count} machines are to be replaced and nobody has agreed: {string.Join("; ", repave.Reasons.Select(one => one.Message))}",
                "Look at the repave and approve it.", Needs: true, Since: null);
        }

        var broken = status.Conditions.FirstOrDefault(condition => condition.Status is not ConditionStatus.True);
        return broken is null && status is { Phase: ClusterPhase.Running, Health: Health.Healthy }
            ? new Explanation("AsItShouldBe", "The cluster is as it should be.", "Nothing has to be done.", Needs: false, Since: null)
            : new Explanation(
                broken?.Reason ?? status.Phase.ToString(), broken?.Message ?? status.Message, $"The gateway goes on: {status.Message}", Needs: false, broken?.LastTransition);
    }
}
