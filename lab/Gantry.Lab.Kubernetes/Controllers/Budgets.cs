using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes.Controllers;

/// <summary>Updates the status of pod disruption budgets, which evictions check.</summary>
internal static class Budgets
{
    public static void Run(Moment moment)
    {
        foreach (var budget in moment.List(KubeResources.PodDisruptionBudgets))
        {
            var pods = Covered(moment, budget).ToArray();
            var expected = Expected(moment, pods);
            var healthy = pods.Count(p => p.HasCondition("Ready") && !p.IsDeleting());
            var desired = budget.At("spec", "maxUnavailable") is { } unavailable
                ? Math.Max(0, expected - Amount.Of(unavailable, expected, roundUp: true))
                : Amount.Of(budget.At("spec", "minAvailable") ?? 1, expected, roundUp: true);
            var allowed = Math.Max(0, healthy - desired);
            var status = budget.Under("status");
            status["expectedPods"] = expected;
            status["currentHealthy"] = healthy;
            status["desiredHealthy"] = desired;
            status["disruptionsAllowed"] = allowed;
            status["observedGeneration"] = budget.Number("metadata", "generation") ?? 1;
            budget.SetCondition(
                "DisruptionAllowed",
                allowed > 0 ? "True" : "False",
                moment.Stamp,
                allowed > 0 ? "SufficientPods" : "InsufficientPods",
                ""
            );
            moment.Save(KubeResources.PodDisruptionBudgets, budget);
        }
    }

    private static IEnumerable<JsonObject> Covered(Moment moment, JsonObject budget)
    {
        var selector = Selector.Of(budget.At("spec", "selector"));
        return selector is null
            ? []
            : moment
                .List(KubeResources.Pods)
                .Where(p =>
                    p.Namespace() == budget.Namespace()
                    && selector.MatchesLabels(p)
                    && p.Text("status", "phase") is not ("Succeeded" or "Failed")
                );
    }

    /// <summary>The replica count of the pods' controllers; a pod without a controller counts as one.</summary>
    private static int Expected(Moment moment, JsonObject[] pods)
    {
        var owners = pods.Select(p => p.Controller()).OfType<JsonObject>().DistinctBy(r => r.Text("uid"));
        var wanted = 0;
        foreach (var owner in owners)
        {
            var resource = owner.Text("kind") switch
            {
                "ReplicaSet" => KubeResources.ReplicaSets,
                "StatefulSet" => KubeResources.StatefulSets,
                _ => null,
            };
            var replicas = resource is null
                ? null
                : moment.List(resource).FirstOrDefault(o => o.Uid() == owner.Text("uid")).Number("spec", "replicas");
            wanted += (int)(replicas ?? pods.Count(p => p.Controller().Text("uid") == owner.Text("uid")));
        }

        return wanted + pods.Count(p => p.Controller() is null);
    }
}

/// <summary>Resolves a number or a percentage of a total.</summary>
internal static class Amount
{
    public static int Of(JsonNode? value, int total, bool roundUp)
    {
        var text = value?.ToString() ?? "0";
        if (!text.EndsWith('%'))
        {
            return int.TryParse(text, out var number) ? number : 0;
        }

        var share = int.TryParse(text[..^1], out var percent) ? percent * total : 0;
        return roundUp ? (share + 99) / 100 : share / 100;
    }
}
