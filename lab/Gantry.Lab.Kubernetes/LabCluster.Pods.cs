using System.Globalization;
using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes;

public sealed partial class LabCluster
{
    /// <summary>
    /// A pod with this annotation stands for one that a validating webhook guards: its eviction is refused with the status that is
    /// the value, as 403 or 422.
    /// </summary>
    internal const string EvictionAnswersAnnotation = "lab.gantry/eviction-answers";

    /// <summary>Deletes a pod unless a disruption budget forbids it.</summary>
    /// <exception cref="KubeException">404; 429: the budget allows no disruption; 500: more than one budget covers the
    /// pod; the status of <see cref="EvictionAnswersAnnotation"/>.</exception>
    public void Evict(string ns, string name, DeleteOptions? options = null) =>
        Run(() =>
        {
            options ??= DeleteOptions.Default;
            var pod = (_objects.Find("pods", $"{ns}/{name}") ?? throw KubeException.NotFound(KubeResources.Pods, name)).Read();
            if (int.TryParse(pod.Annotation(EvictionAnswersAnnotation), CultureInfo.InvariantCulture, out var status))
            {
                throw new KubeException(
                    status,
                    status is 422 ? "Invalid" : "Forbidden",
                    $"admission webhook \"guard.example.com\" denied the request: {name} stays"
                );
            }

            var budgets = _objects
                .All(KubeResources.PodDisruptionBudgets.GroupResource)
                .Select(b => b.Read())
                .Where(b => b.Namespace() == ns && Selector.Of(b.At("spec", "selector"))?.MatchesLabels(pod) == true)
                .ToArray();
            var unprotected =
                pod.IsDeleting()
                || pod.Text("status", "phase") is "Succeeded" or "Failed" or "Pending"
                || !pod.HasCondition("Ready");
            if (budgets.Length > 1 && !unprotected)
            {
                throw new KubeException(
                    500,
                    "InternalError",
                    "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
                );
            }

            if (budgets is [var budget] && !unprotected)
            {
                var allowed = budget.Number("status", "disruptionsAllowed") ?? 0;
                if (allowed <= 0)
                {
                    throw Disrupts(budget);
                }

                budget.Under("status")["disruptionsAllowed"] = allowed - 1;
                if (!options.DryRun)
                {
                    UpdateCore(KubeResources.PodDisruptionBudgets, budget, WriteOptions.Default);
                }
            }

            DeleteCore(KubeResources.Pods, $"{ns}/{name}", name, options);
            return true;
        });

    /// <summary>Binds a pod to a node, as a scheduler does.</summary>
    public void BindPod(string ns, string name, string node) =>
        Run(() =>
        {
            var pod = (_objects.Find("pods", $"{ns}/{name}") ?? throw KubeException.NotFound(KubeResources.Pods, name)).Read();
            if (pod.Text("spec", "nodeName") is { Length: > 0 } there)
            {
                throw KubeException.Conflict(KubeResources.Pods, name, $"pod {name} is already assigned to node \"{there}\"");
            }

            pod.Under("spec")["nodeName"] = node;
            pod.SetCondition("PodScheduled", "True", Now);
            return UpdateCore(KubeResources.Pods, pod, WriteOptions.Default);
        });

    private static KubeException Disrupts(JsonObject budget)
    {
        var needs =
            $"The disruption budget {budget.Name()} needs {budget.Number("status", "desiredHealthy")} healthy pods and has "
            + $"{budget.Number("status", "currentHealthy")} currently";
        return new KubeException(
            429,
            "TooManyRequests",
            "Cannot evict pod as it would violate the pod's disruption budget.",
            new JsonObject { ["causes"] = new JsonArray(new JsonObject { ["reason"] = "DisruptionBudget", ["message"] = needs }) }
        );
    }
}
