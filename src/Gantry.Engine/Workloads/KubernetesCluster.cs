using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Engine.Ports;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Gantry.Engine.Workloads;

/// <summary>A cluster over its Kubernetes API.</summary>
internal sealed class KubernetesCluster(Kubernetes client, EtcdCluster etcd) : IWorkloadCluster
{
    private const string KubeSystem = "kube-system";

    private readonly ManifestApply apply = new(client);
    private readonly KubeadmVersion kubeadm = new(client);

    public void Dispose()
    {
        etcd.Dispose();
        client.Dispose();
    }

    public Task<bool> IsInitializedAsync(CancellationToken cancellationToken) => Guard(async () =>
    {
        try
        {
            await client.CoreV1.ReadNamespacedConfigMapAsync("kubeadm-config", KubeSystem, cancellationToken: cancellationToken);
            return true;
        }
        catch (HttpOperationException missing) when (missing.Response.StatusCode is HttpStatusCode.NotFound)
        {
            return false;
        }
    });

    public Task<IReadOnlyList<WorkloadNode>> ListNodesAsync(CancellationToken cancellationToken) => Guard(async () =>
    {
        var nodes = await client.CoreV1.ListNodeAsync(cancellationToken: cancellationToken);
        return (IReadOnlyList<WorkloadNode>)[.. nodes.Items.Select(Map)];
    });

    public Task ApplyAsync(string manifest, CancellationToken cancellationToken) => Guard(async () =>
    {
        await apply.ApplyAsync(manifest, cancellationToken);
        return true;
    });

    public Task AdmitAsync(string token, DateTimeOffset expires, string description, CancellationToken cancellationToken)
    {
        var parts = token.Split('.');
        var secret = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Secret",
            ["metadata"] = new JsonObject { ["name"] = $"bootstrap-token-{parts[0]}", ["namespace"] = KubeSystem },
            ["type"] = "bootstrap.kubernetes.io/token",
            ["stringData"] = new JsonObject
            {
                ["token-id"] = parts[0],
                ["token-secret"] = parts[1],
                ["expiration"] = expires.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
                ["usage-bootstrap-authentication"] = "true",
                ["usage-bootstrap-signing"] = "true",
                ["auth-extra-groups"] = "system:bootstrappers:kubeadm:default-node-token",
                ["description"] = description,
            },
        };
        return ApplyAsync(secret.ToJsonString(), cancellationToken);
    }

    public Task LabelAsync(string node, NodeMarks marks, CancellationToken cancellationToken) => Guard(async () =>
    {
        var known = await client.CoreV1.ReadNodeAsync(node, cancellationToken: cancellationToken);
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject { ["labels"] = Text(marks.Labels), ["annotations"] = Text(marks.Annotations) },
        };
        if (known.Spec?.ProviderID is null or "")
        {
            patch["spec"] = new JsonObject { ["providerID"] = marks.ProviderId };
        }

        await PatchNodeAsync(node, patch, cancellationToken);
        return true;
    });

    public Task CordonAsync(string node, CancellationToken cancellationToken) => Guard(async () =>
    {
        await PatchNodeAsync(node, new JsonObject { ["spec"] = new JsonObject { ["unschedulable"] = true } }, cancellationToken);
        return true;
    });

    public Task<IReadOnlyList<string>> DrainAsync(string node, bool force, CancellationToken cancellationToken) => Guard(async () =>
    {
        var pods = await client.CoreV1.ListPodForAllNamespacesAsync(fieldSelector: $"spec.nodeName={node}", cancellationToken: cancellationToken);
        var left = new List<string>();
        foreach (var pod in pods.Items.Where(pod => pod.Spec.NodeName == node && MustLeave(pod)))
        {
            var name = $"{pod.Namespace()}/{pod.Name()}";
            if (pod.DeletionTimestamp() is not null)
            {
                left.Add($"{name} is ending");
                continue;
            }

            left.Add(await EvictAsync(pod, cancellationToken) is { } refusal ? $"{name}: {refusal}" : $"{name} is ending");
        }

        return (IReadOnlyList<string>)left;
    });

    public Task DeleteNodeAsync(string node, CancellationToken cancellationToken) => Guard(async () =>
    {
        try
        {
            await client.CoreV1.DeleteNodeAsync(node, cancellationToken: cancellationToken);
        }
        catch (HttpOperationException gone) when (gone.Response.StatusCode is HttpStatusCode.NotFound)
        {
            // It is gone, which is what was asked for.
        }

        return true;
    });

    public Task<IReadOnlyList<EtcdMember>> ListEtcdAsync(CancellationToken cancellationToken) => etcd.ListAsync(cancellationToken);

    public Task MoveEtcdLeaderAsync(string to, CancellationToken cancellationToken) => etcd.MoveLeaderAsync(to, cancellationToken);

    public Task RemoveEtcdMemberAsync(string id, CancellationToken cancellationToken) => etcd.RemoveAsync(id, cancellationToken);

    public Task SetKubernetesVersionAsync(string version, CancellationToken cancellationToken) => Guard(async () =>
    {
        await kubeadm.SetAsync(version, cancellationToken);
        return true;
    });

    public Task UpgradeAddonsAsync(string version, CancellationToken cancellationToken) =>
        throw new WorkloadException(unreachable: false, "versions cannot be changed yet");

    // As kubectl drain: static pods and pods of daemon sets stay, finished ones do not hold anybody up.
    private static bool MustLeave(V1Pod pod) =>
        pod.Metadata.Annotations?.ContainsKey("kubernetes.io/config.mirror") is not true
        && pod.Metadata.OwnerReferences?.Any(owner => owner.Kind is "DaemonSet" && owner.Controller is true) is not true
        && pod.Status?.Phase is not ("Succeeded" or "Failed");

    /// <returns>Why the pod may not be evicted now; <c>null</c> when it may.</returns>
    private async Task<string?> EvictAsync(V1Pod pod, CancellationToken cancellationToken)
    {
        try
        {
            await client.CoreV1.CreateNamespacedPodEvictionAsync(
                new V1Eviction { Metadata = new V1ObjectMeta { Name = pod.Name(), NamespaceProperty = pod.Namespace() } },
                pod.Name(),
                pod.Namespace(),
                cancellationToken: cancellationToken);
            return null;
        }
        catch (HttpOperationException refused) when (refused.Response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.InternalServerError)
        {
            return ManifestApply.Said(refused.Response.Content) ?? "its disruption budget does not allow it";
        }
        catch (HttpOperationException gone) when (gone.Response.StatusCode is HttpStatusCode.NotFound)
        {
            return null;
        }
        catch (JsonException)
        {
            // The answer to an eviction is a Status, which the client's model of an Eviction may not read; it was accepted.
            return null;
        }
    }

    private Task<V1Node> PatchNodeAsync(string node, JsonObject patch, CancellationToken cancellationToken) =>
        client.CoreV1.PatchNodeAsync(new V1Patch(patch.ToJsonString(), V1Patch.PatchType.MergePatch), node, cancellationToken: cancellationToken);

    private static JsonObject Text(IReadOnlyDictionary<string, string> values) =>
        new(values.Select(value => KeyValuePair.Create(value.Key, (JsonNode?)JsonValue.Create(value.Value))));

    private static WorkloadNode Map(V1Node node)
    {
        var ready = node.Status?.Conditions?.FirstOrDefault(condition => condition.Type is "Ready");
        return new WorkloadNode
        {
            Name = node.Name(),
            Ready = ready?.Status is "True",
            Message = ready?.Message ?? "it has not reported yet",
            Unschedulable = node.Spec?.Unschedulable ?? false,
            ProviderId = node.Spec?.ProviderID,
            KubeletVersion = node.Status?.NodeInfo?.KubeletVersion ?? "",
            Labels = new Dictionary<string, string>(node.Metadata.Labels ?? new Dictionary<string, string>()),
            Annotations = new Dictionary<string, string>(node.Metadata.Annotations ?? new Dictionary<string, string>()),
        };
    }

    // An answer of the API server is a refusal; everything else means that it did not answer.
    private static async Task<T> Guard<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (HttpOperationException refused)
        {
            var said = ManifestApply.Said(refused.Response.Content) ?? $"{(int)refused.Response.StatusCode}";
            throw new WorkloadException(
                refused.Response.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout or HttpStatusCode.BadGateway,
                $"the API server says: {said}",
                refused);
        }
        catch (Exception silent) when (silent is HttpRequestException or IOException
            || (silent is TaskCanceledException && silent.InnerException is TimeoutException))
        {
            throw new WorkloadException(unreachable: true, $"the API server does not answer: {Innermost(silent)}", silent);
        }
    }

    private static string Innermost(Exception failure)
    {
        while (failure.InnerException is { } inner)
        {
            failure = inner;
        }

        return failure.Message;
    }
}
