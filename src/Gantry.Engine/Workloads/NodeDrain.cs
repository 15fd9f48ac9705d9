using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Clusters.Model;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Gantry.Engine.Workloads;

/// <summary>Drains a node in passes. Each pass evicts pods, and lists the pods and volumes that are still on the node.</summary>
internal sealed class NodeDrain(Kubernetes client)
{
    // A silent kubelet terminates no pod, so waiting for the pod's own grace period is useless.
    private const int SilentGraceSeconds = 1;

    // The limit of the drain is over, so a pod with an hour of grace does not get it.
    private const int ForcedGraceSeconds = 30;

    private readonly NodeVolumes _volumes = new(client);

    /// <inheritdoc cref="Ports.IWorkloadCluster.DrainAsync"/>
    public async Task<IReadOnlyList<string>> PassAsync(string name, bool force, CancellationToken cancellationToken)
    {
        if (await FindNodeAsync(name, cancellationToken) is not { } node)
        {
            return [];
        }

        var silent = WorkloadNodes.IsSilent(node);
        var pods = await client.CoreV1.ListPodForAllNamespacesAsync(
            fieldSelector: $"spec.nodeName={name}",
            cancellationToken: cancellationToken
        );
        var daemonSets = await ListDaemonSetsAsync(pods.Items, cancellationToken);
        var left = new List<string>();

        // Finished pods neither block a drain nor use a volume.
        var here = pods
            .Items.Where(pod => pod.Spec.NodeName == name && pod.Status?.Phase is not ("Succeeded" or "Failed"))
            .ToList();
        foreach (var pod in here.Where(pod => !Stays(pod, daemonSets)))
        {
            var ending = pod.DeletionTimestamp() is not null;
            if (ending && silent)
            {
                continue;
            }

            // A further deletion shortens the grace that a pod which is ending still has.
            var refusal =
                ending && !(force && pod.Metadata.DeletionGracePeriodSeconds > ForcedGraceSeconds) ? null
                : force ? await DeleteAsync(pod, silent, cancellationToken)
                : await EvictAsync(pod, silent, cancellationToken);
            left.Add($"{pod.Namespace()}/{pod.Name()}{(refusal is null ? Ending(pod) : $": {refusal}")}");
        }

        // A silent kubelet unmounts no volume, so the drain does not wait for volumes.
        return left.Count > 0 || force || silent
            ? left
            : await _volumes.AttachedAsync(name, here.Where(pod => Stays(pod, daemonSets)), cancellationToken);
    }

    // Static pods, pods of existing DaemonSets and pods that tolerate a cordon stay on the node.
    private static bool Stays(V1Pod pod, IReadOnlySet<string> daemonSets) =>
        pod.Metadata.Annotations?.ContainsKey("kubernetes.io/config.mirror") is true
        || pod.Metadata.OwnerReferences?.Any(owner =>
            owner.Kind is "DaemonSet" && owner.Controller is true && daemonSets.Contains(owner.Uid)
        )
            is true
        || ToleratesCordon(pod);

    // A pod that tolerates the taint of a cordon by name is meant to run on a cordoned node. A pod that tolerates every taint is
    // not.
    private static bool ToleratesCordon(V1Pod pod) =>
        pod.Spec.Tolerations?.Any(toleration =>
            toleration.Key is "node.kubernetes.io/unschedulable" && toleration.Effect is null or "" or "NoSchedule"
        )
            is true;

    private async Task<V1Node?> FindNodeAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await client.CoreV1.ReadNodeAsync(name, cancellationToken: cancellationToken);
        }
        catch (HttpOperationException gone) when (gone.Response.StatusCode is HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    // A pod whose DaemonSet no longer exists is evicted like any other pod.
    private async Task<IReadOnlySet<string>> ListDaemonSetsAsync(IEnumerable<V1Pod> pods, CancellationToken cancellationToken)
    {
        if (!pods.Any(pod => pod.Metadata.OwnerReferences?.Any(owner => owner.Kind is "DaemonSet") is true))
        {
            return new HashSet<string>();
        }

        var sets = await client.AppsV1.ListDaemonSetForAllNamespacesAsync(cancellationToken: cancellationToken);
        return sets.Items.Select(set => set.Uid()).ToHashSet(StringComparer.Ordinal);
    }

    private static string Ending(V1Pod pod) =>
        pod.Metadata.Finalizers is { Count: > 0 } finalizers ? $" is ending (finalizer {finalizers[0]})" : " is ending";

    /// <returns>Why the deletion is refused; <c>null</c> when it is accepted.</returns>
    private async Task<string?> DeleteAsync(V1Pod pod, bool silent, CancellationToken cancellationToken)
    {
        try
        {
            await client.CoreV1.DeleteNamespacedPodAsync(
                pod.Name(),
                pod.Namespace(),
                OptionsFor(pod, silent ? SilentGraceSeconds : Math.Min(GraceOf(pod), ForcedGraceSeconds)),
                cancellationToken: cancellationToken
            );
        }
        catch (HttpOperationException gone) when (gone.Response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Conflict)
        {
            // The pod is gone already, or a new pod has its name.
        }
        catch (HttpOperationException refused) when (IsAnswer(refused))
        {
            return Said(refused);
        }
        catch (JsonException)
        {
            // The answer may be a Status instead of the pod; the deletion was accepted.
        }

        return null;
    }

    /// <returns>Why the eviction is refused now; <c>null</c> when it is accepted.</returns>
    private async Task<string?> EvictAsync(V1Pod pod, bool silent, CancellationToken cancellationToken)
    {
        try
        {
            await client.CoreV1.CreateNamespacedPodEvictionAsync(
                new V1Eviction
                {
                    Metadata = new V1ObjectMeta { Name = pod.Name(), NamespaceProperty = pod.Namespace() },
                    DeleteOptions = OptionsFor(pod, silent ? SilentGraceSeconds : null),
                },
                pod.Name(),
                pod.Namespace(),
                cancellationToken: cancellationToken
            );
        }
        catch (HttpOperationException gone) when (gone.Response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Conflict)
        {
            // The pod is gone already, or a new pod has its name.
        }
        catch (HttpOperationException refused) when (IsAnswer(refused))
        {
            // A webhook or a policy may refuse one pod with any status; the others are evicted all the same.
            return await ExplainAsync(pod, refused, cancellationToken);
        }
        catch (JsonException)
        {
            // The answer to an eviction is a Status, which the client cannot parse as an Eviction; the eviction was accepted.
        }

        return null;
    }

    private static long GraceOf(V1Pod pod) => pod.Spec.TerminationGracePeriodSeconds ?? ForcedGraceSeconds;

    // The API server is away, and nothing else of the drain would be answered.
    private static bool IsAnswer(HttpOperationException refused) =>
        refused.Response.StatusCode
            is not (HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout);

    private static string Said(HttpOperationException refused) =>
        ManifestApply.MessageOf(refused.Response.Content) ?? $"the API server answers {(int)refused.Response.StatusCode}";

    private static V1DeleteOptions OptionsFor(V1Pod pod, long? graceSeconds) =>
        new()
        {
            GracePeriodSeconds = graceSeconds,
            Preconditions = new V1Preconditions { Uid = pod.Uid() },
        };

    // The API server's message does not name the disruption budget.
    private async Task<string> ExplainAsync(V1Pod pod, HttpOperationException refused, CancellationToken cancellationToken)
    {
        var said = Said(refused);
        if (refused.Response.StatusCode is not (HttpStatusCode.TooManyRequests or HttpStatusCode.InternalServerError))
        {
            return said;
        }

        V1PodDisruptionBudgetList budgets;
        try
        {
            budgets = await client.PolicyV1.ListNamespacedPodDisruptionBudgetAsync(
                pod.Namespace(),
                cancellationToken: cancellationToken
            );
        }
        catch (HttpOperationException)
        {
            return said;
        }

        var covering = budgets.Items.Where(budget => LabelSelectors.Matches(budget.Spec?.Selector, pod.Metadata.Labels)).ToList();
        return covering switch
        {
            [] => said,
            [var budget] => $"its disruption budget {budget.Name()} needs "
                + $"{Counted.Of(budget.Status?.DesiredHealthy ?? 0, "healthy pod")} and has {budget.Status?.CurrentHealthy}",
            _ =>
                $"more than one disruption budget covers it ({string.Join(", ", covering.Select(budget =>
                    budget.Name()))}), so it cannot be evicted",
        };
    }
}
