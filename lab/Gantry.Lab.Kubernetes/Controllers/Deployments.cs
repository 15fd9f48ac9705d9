using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes.Controllers;

/// <summary>Rolls replica sets from one template to the next within surge and unavailability.</summary>
internal static class Deployments
{
    private const string Revision = "deployment.kubernetes.io/revision";

    public static void Reconcile(Moment moment, JsonObject deployment)
    {
        if (deployment.IsDeleting())
        {
            return;
        }

        var wanted = Replicas(deployment);
        var hash = Workloads.Hash(deployment.At("spec", "template"));
        var sets = moment.Owned(KubeResources.ReplicaSets, deployment);
        var current = sets.FirstOrDefault(s => s.Label("pod-template-hash") == hash);
        var old = sets.Where(s => s != current).OrderBy(RevisionOf).ToList();
        if (!deployment.Flag("spec", "paused") || current is not null)
        {
            Roll(moment, deployment, current, old, wanted, hash);
        }

        Report(moment, deployment, wanted, hash);
        Prune(moment, deployment, hash);
    }

    private static void Roll(
        Moment moment,
        JsonObject deployment,
        JsonObject? current,
        List<JsonObject> old,
        int wanted,
        string hash
    )
    {
        var recreate = deployment.Text("spec", "strategy", "type") == "Recreate";
        var rolling = deployment.At("spec", "strategy", "rollingUpdate");
        var surge = recreate ? 0 : Amount.Of(rolling.At("maxSurge"), wanted, roundUp: true);
        var unavailable = recreate ? wanted : Amount.Of(rolling.At("maxUnavailable"), wanted, roundUp: false);
        if (surge == 0 && unavailable == 0)
        {
            unavailable = 1;
        }

        var oldTotal = old.Sum(Replicas);
        var oldPods = old.Sum(s => moment.Owned(KubeResources.Pods, s).Count);
        var revision = (old.Count == 0 ? 0 : old.Max(RevisionOf)) + 1;
        var room = recreate
            ? oldPods > 0
                ? 0
                : wanted
            : Math.Max(0, wanted + surge - oldTotal);
        if (current is null)
        {
            moment.Create(KubeResources.ReplicaSets, NewSet(deployment, Math.Min(wanted, room), revision, hash));
        }
        else
        {
            var size = Replicas(current) > wanted ? wanted : Math.Max(Replicas(current), Math.Min(wanted, room));
            var annotations = current.Metadata().Under("annotations");
            if (old.Count > 0 && RevisionOf(current) < revision)
            {
                annotations[Revision] = revision.ToString();
            }

            annotations["deployment.kubernetes.io/desired-replicas"] = wanted.ToString();
            current.Under("spec")["replicas"] = size;
            moment.Save(KubeResources.ReplicaSets, current);
        }

        var available = old.Append(current).Sum(s => (int)(s.Number("status", "availableReplicas") ?? 0));
        var spare = recreate ? oldTotal : available - (wanted - unavailable);
        foreach (var set in old.Where(s => Replicas(s) > 0))
        {
            // Removing an unavailable pod does not reduce availability.
            var broken = Math.Max(0, Replicas(set) - (int)(set.Number("status", "availableReplicas") ?? 0));
            var less = Math.Min(Replicas(set), broken + Math.Max(0, spare));
            if (less > 0)
            {
                spare -= Math.Max(0, less - broken);
                set.Under("spec")["replicas"] = Replicas(set) - less;
                moment.Save(KubeResources.ReplicaSets, set);
            }
        }
    }

    private static JsonObject NewSet(JsonObject deployment, int replicas, long revision, string hash)
    {
        var template = deployment.At("spec", "template")!.AsObject().Copy();
        template.Metadata().Under("labels")["pod-template-hash"] = hash;
        var selector = deployment.At("spec", "selector")!.AsObject().Copy();
        selector.Under("matchLabels")["pod-template-hash"] = hash;
        return new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["name"] = $"{deployment.Name()}-{hash}",
                ["namespace"] = deployment.Namespace(),
                ["labels"] = template.At("metadata", "labels")?.DeepClone(),
                ["annotations"] = new JsonObject
                {
                    [Revision] = revision.ToString(),
                    ["deployment.kubernetes.io/desired-replicas"] = deployment.Number("spec", "replicas")?.ToString(),
                },
                ["ownerReferences"] = new JsonArray(Moment.OwnerReference(KubeResources.Deployments, deployment)),
            },
            ["spec"] = new JsonObject
            {
                ["replicas"] = replicas,
                ["selector"] = selector,
                ["template"] = template,
            },
        };
    }

    private static void Report(Moment moment, JsonObject deployment, int wanted, string hash)
    {
        var sets = moment.Owned(KubeResources.ReplicaSets, deployment);
        var current = sets.FirstOrDefault(s => s.Label("pod-template-hash") == hash);
        if (current is not null)
        {
            deployment.Metadata().Under("annotations")[Revision] = RevisionOf(current).ToString();
        }

        var total = sets.Sum(s => (int)(s.Number("status", "replicas") ?? 0));
        var updated = (int)(current.Number("status", "replicas") ?? 0);
        var available = sets.Sum(s => (int)(s.Number("status", "availableReplicas") ?? 0));
        var status = deployment.Under("status");
        Workloads.SetOrDrop(status, "replicas", total);
        Workloads.SetOrDrop(status, "updatedReplicas", updated);
        Workloads.SetOrDrop(status, "readyReplicas", available);
        Workloads.SetOrDrop(status, "availableReplicas", available);
        Workloads.SetOrDrop(status, "unavailableReplicas", Math.Max(0, Math.Max(total, wanted) - available));
        status["observedGeneration"] = deployment.Number("metadata", "generation") ?? 1;
        var least =
            wanted - Amount.Of(deployment.At("spec", "strategy", "rollingUpdate", "maxUnavailable"), wanted, roundUp: false);
        var enough = available >= least;
        deployment.SetCondition(
            "Available",
            enough ? "True" : "False",
            moment.Stamp,
            enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
            enough ? "Deployment has minimum availability." : "Deployment does not have minimum availability."
        );
        var done = updated == wanted && total == wanted && available == wanted;
        deployment.SetCondition(
            "Progressing",
            "True",
            moment.Stamp,
            done ? "NewReplicaSetAvailable" : "ReplicaSetUpdated",
            $"ReplicaSet \"{deployment.Name()}-{hash}\" {(done ? "has successfully progressed." : "is progressing.")}"
        );
        moment.Save(KubeResources.Deployments, deployment);
    }

    private static void Prune(Moment moment, JsonObject deployment, string hash)
    {
        var limit = (int)(deployment.Number("spec", "revisionHistoryLimit") ?? 10);
        var finished = moment
            .Owned(KubeResources.ReplicaSets, deployment)
            .Where(s => s.Label("pod-template-hash") != hash && Replicas(s) == 0 && (s.Number("status", "replicas") ?? 0) == 0)
            .OrderByDescending(RevisionOf)
            .Skip(limit)
            .ToArray();
        foreach (var set in finished)
        {
            moment.Delete(KubeResources.ReplicaSets, set, DeleteOptions.Default);
        }
    }

    private static int Replicas(JsonObject o) => (int)(o.Number("spec", "replicas") ?? 1);

    private static long RevisionOf(JsonObject set) => long.TryParse(set.Annotation(Revision), out var revision) ? revision : 0;
}
