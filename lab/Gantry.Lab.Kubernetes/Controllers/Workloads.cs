using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes.Controllers;

/// <summary>Runs the workload controllers, owners before what they own.</summary>
internal static class Workloads
{
    private const string Alphabet = "bcdfghjklmnpqrstvwxz2456789";

    public static void Run(Moment moment)
    {
        Each(moment, KubeResources.Deployments, Deployments.Reconcile);
        Each(moment, KubeResources.ReplicaSets, ReplicaSets.Reconcile);
        Each(moment, KubeResources.StatefulSets, StatefulSets.Reconcile);
        Each(moment, KubeResources.DaemonSets, DaemonSets.Reconcile);
        Each(moment, KubeResources.Jobs, Jobs.Reconcile);
    }

    /// <summary>A short hash of a pod template; equal templates have equal hashes.</summary>
    public static string Hash(JsonNode? template)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(template?.ToJsonString() ?? ""));
        return string.Concat(hash.Take(10).Select(b => Alphabet[b % Alphabet.Length]));
    }

    /// <summary>A pod made from the template and owned by its controller.</summary>
    public static JsonObject Pod(
        KubeResource resource,
        JsonObject owner,
        string? name,
        params ReadOnlySpan<(string Key, string Value)> labels
    )
    {
        var template = owner.At("spec", "template")!.AsObject().Copy();
        var metadata = template.Metadata();
        if (name is null)
        {
            metadata["generateName"] = owner.Name() + "-";
        }
        else
        {
            metadata["name"] = name;
        }

        metadata["namespace"] = owner.Namespace();
        foreach (var (key, value) in labels)
        {
            metadata.Under("labels")[key] = value;
        }

        metadata["ownerReferences"] = new JsonArray(Moment.OwnerReference(resource, owner));
        return new JsonObject { ["metadata"] = metadata.DeepClone(), ["spec"] = template.At("spec")?.DeepClone() };
    }

    public static bool IsAlive(JsonObject pod) =>
        !pod.IsDeleting() && pod.Text("status", "phase") is not ("Failed" or "Succeeded");

    public static void SetOrDrop(JsonObject status, string property, int value)
    {
        if (value == 0)
        {
            status.Remove(property);
        }
        else
        {
            status[property] = value;
        }
    }

    private static void Each(Moment moment, KubeResource resource, Action<Moment, JsonObject> reconcile)
    {
        foreach (var o in moment.List(resource))
        {
            reconcile(moment, o);
        }
    }
}

internal static class ReplicaSets
{
    public static void Reconcile(Moment moment, JsonObject set)
    {
        var wanted = set.IsDeleting() ? 0 : (int)(set.Number("spec", "replicas") ?? 1);
        var pods = moment.Owned(KubeResources.Pods, set);
        var alive = pods.Where(Workloads.IsAlive).ToList();
        if (!set.IsDeleting())
        {
            for (var i = alive.Count; i < wanted; i++)
            {
                moment.Create(KubeResources.Pods, Workloads.Pod(KubeResources.ReplicaSets, set, name: null));
            }

            // Unready pods are deleted first, then the youngest, as in kube-controller-manager.
            foreach (
                var pod in alive
                    .OrderBy(p => p.HasCondition("Ready"))
                    .ThenByDescending(p => p.Text("metadata", "creationTimestamp"))
                    .ThenBy(p => p.Name())
                    .Take(Math.Max(0, alive.Count - wanted))
            )
            {
                moment.Delete(KubeResources.Pods, pod, DeleteOptions.Default);
            }
        }

        alive = [.. moment.Owned(KubeResources.Pods, set).Where(Workloads.IsAlive)];
        var ready = alive.Count(p => p.HasCondition("Ready"));
        var status = set.Under("status");
        status["replicas"] = alive.Count;
        Workloads.SetOrDrop(status, "fullyLabeledReplicas", alive.Count);
        Workloads.SetOrDrop(status, "readyReplicas", ready);
        Workloads.SetOrDrop(status, "availableReplicas", ready);
        status["observedGeneration"] = set.Number("metadata", "generation") ?? 1;
        moment.Save(KubeResources.ReplicaSets, set);
    }
}

internal static class DaemonSets
{
    public static void Reconcile(Moment moment, JsonObject set)
    {
        if (set.IsDeleting())
        {
            return;
        }

        var hash = Workloads.Hash(set.At("spec", "template"));
        var pods = moment.Owned(KubeResources.Pods, set).ToList();
        var (wanted, misplaced, stale) = (0, 0, new List<JsonObject>());
        var unavailable = 0;
        foreach (var node in moment.List(KubeResources.Nodes))
        {
            var here = pods.Where(p => p.Text("spec", "nodeName") == node.Name()).ToList();
            var alive = here.Where(Workloads.IsAlive).ToList();
            var pod = NewPod(moment, set, node, hash);
            if (Scheduler.Obstacle(pod, node, []) is not null)
            {
                misplaced += alive.Count;
                alive
                    .Where(p => !StaysOn(p, node))
                    .ToList()
                    .ForEach(p => moment.Delete(KubeResources.Pods, p, DeleteOptions.Default));
                continue;
            }

            wanted++;
            if (here.Count == 0 || (alive.Count == 0 && here.All(p => !p.IsDeleting())))
            {
                moment.Create(KubeResources.Pods, pod);
                unavailable++;
            }
            else
            {
                unavailable += alive.Any(p => p.HasCondition("Ready")) ? 0 : 1;
                stale.AddRange(alive.Where(p => p.Label("controller-revision-hash") != hash));
            }
        }

        if (set.Text("spec", "updateStrategy", "type") != "OnDelete")
        {
            var limit = Math.Max(
                1,
                Amount.Of(set.At("spec", "updateStrategy", "rollingUpdate", "maxUnavailable"), wanted, roundUp: true)
            );
            foreach (
                var pod in stale
                    .OrderBy(p => p.HasCondition("Ready"))
                    .ThenBy(p => p.Name())
                    .TakeWhile(p => !p.HasCondition("Ready") || unavailable++ < limit)
                    .ToArray()
            )
            {
                moment.Delete(KubeResources.Pods, pod, DeleteOptions.Default);
            }
        }

        Report(moment, set, wanted, misplaced, hash);
    }

    private static void Report(Moment moment, JsonObject set, int wanted, int misplaced, string hash)
    {
        var alive = moment.Owned(KubeResources.Pods, set).Where(Workloads.IsAlive).ToArray();
        var ready = alive.Count(p => p.HasCondition("Ready"));
        var status = set.Under("status");
        status["desiredNumberScheduled"] = wanted;
        status["currentNumberScheduled"] = Math.Min(alive.Length, wanted);
        status["numberMisscheduled"] = misplaced;
        status["numberReady"] = ready;
        Workloads.SetOrDrop(status, "numberAvailable", ready);
        Workloads.SetOrDrop(status, "numberUnavailable", Math.Max(0, wanted - ready));
        Workloads.SetOrDrop(status, "updatedNumberScheduled", alive.Count(p => p.Label("controller-revision-hash") == hash));
        status["observedGeneration"] = set.Number("metadata", "generation") ?? 1;
        moment.Save(KubeResources.DaemonSets, set);
    }

    /// <summary>A cordon or a new taint without <c>NoExecute</c> does not evict running pods.</summary>
    private static bool StaysOn(JsonObject pod, JsonObject node) =>
        Selector.OfMap(pod.At("spec", "nodeSelector")).MatchesLabels(node);

    private static JsonObject NewPod(Moment moment, JsonObject set, JsonObject node, string hash)
    {
        var pod = Workloads.Pod(
            KubeResources.DaemonSets,
            set,
            name: null,
            ("controller-revision-hash", hash),
            ("pod-template-generation", "1")
        );
        var tolerations = pod.Under("spec").ListUnder("tolerations");
        foreach (
            var (key, effect) in ((string, string)[])
                [
                    ("node.kubernetes.io/not-ready", "NoExecute"),
                    ("node.kubernetes.io/unreachable", "NoExecute"),
                    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
                    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
                    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
                    ("node.kubernetes.io/unschedulable", "NoSchedule"),
                ]
        )
        {
            tolerations.Add(
                new JsonObject
                {
                    ["key"] = key,
                    ["operator"] = "Exists",
                    ["effect"] = effect,
                }
            );
        }

        // Not-ready and unreachable taints come in pairs; the NoSchedule twin is tolerated as well.
        foreach (var key in (ReadOnlySpan<string>)["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"])
        {
            tolerations.Add(
                new JsonObject
                {
                    ["key"] = key,
                    ["operator"] = "Exists",
                    ["effect"] = "NoSchedule",
                }
            );
        }

        if (pod.Flag("spec", "hostNetwork"))
        {
            tolerations.Add(
                new JsonObject
                {
                    ["key"] = "node.kubernetes.io/network-unavailable",
                    ["operator"] = "Exists",
                    ["effect"] = "NoSchedule",
                }
            );
        }

        pod.Under("spec")["nodeName"] = node.Name();
        pod.SetCondition("PodScheduled", "True", moment.Stamp);
        return pod;
    }
}

internal static class StatefulSets
{
    public static void Reconcile(Moment moment, JsonObject set)
    {
        if (set.IsDeleting())
        {
            return;
        }

        var wanted = (int)(set.Number("spec", "replicas") ?? 1);
        var hash = set.Name() + "-" + Workloads.Hash(set.At("spec", "template"));
        var parallel = set.Text("spec", "podManagementPolicy") == "Parallel";
        var pods = moment.Owned(KubeResources.Pods, set).ToDictionary(p => p.Name());
        var settled = true;
        for (var i = 0; i < wanted && (settled || parallel); i++)
        {
            var name = $"{set.Name()}-{i}";
            if (!pods.TryGetValue(name, out var pod))
            {
                var made = Workloads.Pod(
                    KubeResources.StatefulSets,
                    set,
                    name,
                    ("controller-revision-hash", hash),
                    ("statefulset.kubernetes.io/pod-name", name),
                    ("apps.kubernetes.io/pod-index", i.ToString())
                );
                made.Under("spec")["hostname"] = name;
                moment.Create(KubeResources.Pods, made);
                settled = false;
            }
            else
            {
                settled &= pod.HasCondition("Ready") && !pod.IsDeleting();
            }
        }

        var surplus = pods.Values.Where(p => Ordinal(p) >= wanted && !p.IsDeleting()).OrderByDescending(Ordinal).ToArray();
        foreach (var pod in parallel ? surplus : surplus.Take(settled ? 1 : 0))
        {
            moment.Delete(KubeResources.Pods, pod, DeleteOptions.Default);
            settled = false;
        }

        var stale = pods.Values.Where(p => Ordinal(p) < wanted && p.Label("controller-revision-hash") != hash && !p.IsDeleting());
        if (
            settled
            && set.Text("spec", "updateStrategy", "type") == "RollingUpdate"
            && stale.OrderByDescending(Ordinal).FirstOrDefault() is { } next
        )
        {
            moment.Delete(KubeResources.Pods, next, DeleteOptions.Default);
        }

        Report(moment, set, hash);
    }

    private static void Report(Moment moment, JsonObject set, string hash)
    {
        var alive = moment.Owned(KubeResources.Pods, set).Where(Workloads.IsAlive).ToArray();
        var ready = alive.Count(p => p.HasCondition("Ready"));
        var updated = alive.Count(p => p.Label("controller-revision-hash") == hash);
        var status = set.Under("status");
        status["replicas"] = alive.Length;
        Workloads.SetOrDrop(status, "readyReplicas", ready);
        status["availableReplicas"] = ready;
        Workloads.SetOrDrop(status, "updatedReplicas", updated);
        status["updateRevision"] = hash;
        if (updated == alive.Length || status["currentRevision"] is null)
        {
            status["currentRevision"] = hash;
        }

        Workloads.SetOrDrop(
            status,
            "currentReplicas",
            alive.Count(p => p.Label("controller-revision-hash") == status.Text("currentRevision"))
        );
        status["collisionCount"] = 0;
        status["observedGeneration"] = set.Number("metadata", "generation") ?? 1;
        moment.Save(KubeResources.StatefulSets, set);
    }

    private static int Ordinal(JsonObject pod) => int.Parse(pod.Name()[(pod.Name().LastIndexOf('-') + 1)..]);
}

internal static class Jobs
{
    public static void Reconcile(Moment moment, JsonObject job)
    {
        if (job.IsDeleting() || job.Flag("spec", "suspend") || job.HasCondition("Complete"))
        {
            return;
        }

        var completions = (int)(job.Number("spec", "completions") ?? 1);
        var parallelism = (int)(job.Number("spec", "parallelism") ?? 1);
        var pods = moment.Owned(KubeResources.Pods, job);
        var succeeded = pods.Count(p => p.Text("status", "phase") == "Succeeded");
        var active = pods.Count(Workloads.IsAlive);
        for (var i = active; i < Math.Min(parallelism, completions - succeeded); i++)
        {
            moment.Create(KubeResources.Pods, Workloads.Pod(KubeResources.Jobs, job, name: null));
            active++;
        }

        var status = job.Under("status");
        status["startTime"] ??= moment.Stamp;
        Workloads.SetOrDrop(status, "active", active);
        Workloads.SetOrDrop(status, "succeeded", succeeded);
        status["ready"] = pods.Count(p => p.HasCondition("Ready") && Workloads.IsAlive(p));
        if (succeeded >= completions)
        {
            status["completionTime"] ??= moment.Stamp;
            job.SetCondition(
                "SuccessCriteriaMet",
                "True",
                moment.Stamp,
                "CompletionsReached",
                "Reached expected number of succeeded pods"
            );
            job.SetCondition("Complete", "True", moment.Stamp, "CompletionsReached", "Reached expected number of succeeded pods");
        }

        moment.Save(KubeResources.Jobs, job);
    }
}
