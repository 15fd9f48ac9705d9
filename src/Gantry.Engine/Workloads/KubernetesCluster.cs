using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Gantry.Engine.Workloads;

/// <summary>A cluster that is accessed through its Kubernetes API and its etcd.</summary>
internal sealed class KubernetesCluster(Kubernetes client, EtcdCluster etcd, EndpointProbe probe, IUpgradeRules rules)
    : IWorkloadCluster
{
    private const string KubeSystem = "kube-system";

    private readonly ManifestApply _apply = new(client);
    private readonly DistributionConfiguration _configuration = new(client, rules);
    private readonly NodeLabelling _labelling = new(client);
    private readonly NodeDrain _drain = new(client);
    private readonly VirtualIpLeases _virtualIp = new(client, TimeProvider.System);

    public void Dispose()
    {
        etcd.Dispose();
        client.Dispose();
    }

    public Task<bool> IsInitializedAsync(CancellationToken cancellationToken) =>
        Guard(() => _configuration.ExistsAsync(cancellationToken));

    public Task<IReadOnlyList<WorkloadNode>> ListNodesAsync(CancellationToken cancellationToken) =>
        Guard(async () =>
        {
            var nodes = await client.CoreV1.ListNodeAsync(cancellationToken: cancellationToken);
            return (IReadOnlyList<WorkloadNode>)[.. nodes.Items.Select(WorkloadNodes.Map)];
        });

    public Task ApplyAsync(string manifest, CancellationToken cancellationToken) =>
        Guard(async () =>
        {
            await _apply.ApplyAsync(manifest, cancellationToken);
            return true;
        });

    public Task<IReadOnlyList<AddonObject>> ListMissingAsync(
        IReadOnlyList<AddonObject> objects,
        CancellationToken cancellationToken
    ) => Guard(() => _apply.ListMissingAsync(objects, cancellationToken));

    public Task DeleteAsync(AddonObject old, CancellationToken cancellationToken) =>
        Guard(async () =>
        {
            await _apply.DeleteAsync(old, cancellationToken);
            return true;
        });

    public Task AdmitAsync(string token, DateTimeOffset expires, string description, CancellationToken cancellationToken)
    {
        var parts = token.Split('.');
        var secret = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Secret",
            ["metadata"] = new JsonObject { ["name"] = TokenSecret(token), ["namespace"] = KubeSystem },
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

    public Task RevokeAsync(string token, CancellationToken cancellationToken) =>
        Guard(() =>
            IgnoreNotFoundAsync(() =>
                client.CoreV1.DeleteNamespacedSecretAsync(TokenSecret(token), KubeSystem, cancellationToken: cancellationToken)
            )
        );

    public Task LabelAsync(string node, NodeMetadata metadata, CancellationToken cancellationToken) =>
        Guard(async () =>
        {
            await _labelling.ApplyAsync(node, metadata, cancellationToken);
            return true;
        });

    public Task CordonAsync(string node, CancellationToken cancellationToken) =>
        SetUnschedulableAsync(node, true, cancellationToken);

    public Task UncordonAsync(string node, CancellationToken cancellationToken) =>
        SetUnschedulableAsync(node, false, cancellationToken);

    public Task<IReadOnlyList<string>> DrainAsync(string node, bool force, CancellationToken cancellationToken) =>
        Guard(() => _drain.PassAsync(node, force, cancellationToken));

    public Task DeleteNodeAsync(string node, CancellationToken cancellationToken) =>
        Guard(() => IgnoreNotFoundAsync(() => client.CoreV1.DeleteNodeAsync(node, cancellationToken: cancellationToken)));

    public Task<EndpointReach> ProbeEndpointAsync(IReadOnlyList<string> controlPlanes, CancellationToken cancellationToken) =>
        Guard(() => probe.ProbeAsync(controlPlanes, cancellationToken));

    public Task<VirtualIpFacts?> FindVirtualIpAsync(CancellationToken cancellationToken) =>
        Guard(() => _virtualIp.FindAsync(cancellationToken));

    public Task MoveVirtualIpAsync(string from, string to, CancellationToken cancellationToken) =>
        Guard(async () =>
        {
            await _virtualIp.MoveAsync(from, to, cancellationToken);
            return true;
        });

    public Task<IReadOnlyList<EtcdMember>> ListEtcdAsync(CancellationToken cancellationToken) =>
        etcd.ListAsync(cancellationToken);

    public Task MoveEtcdLeaderAsync(string to, CancellationToken cancellationToken) =>
        etcd.MoveLeaderAsync(to, cancellationToken);

    public Task RemoveEtcdMemberAsync(string id, CancellationToken cancellationToken) => etcd.RemoveAsync(id, cancellationToken);

    public Task SetKubeadmSettingsAsync(KubeadmSettings settings, CancellationToken cancellationToken) =>
        Guard(async () =>
        {
            await _configuration.PrepareJoinAsync(settings, cancellationToken);
            return true;
        });

    public Task UpgradeAddonsAsync(KubernetesVersion version, CancellationToken cancellationToken) =>
        Guard(async () =>
        {
            var upgrade = new AddonUpgrade(client, _configuration);
            foreach (var addon in rules.AddonImages(version))
            {
                await upgrade.ApplyAsync(addon, cancellationToken);
            }

            return true;
        });

    // The name that kubeadm gives to a token's Secret.
    private static string TokenSecret(string token) => $"bootstrap-token-{token.Split('.')[0]}";

    private static async Task<bool> IgnoreNotFoundAsync(Func<Task> delete)
    {
        try
        {
            await delete();
        }
        catch (HttpOperationException gone) when (gone.Response.StatusCode is HttpStatusCode.NotFound)
        {
            // The object is deleted already.
        }

        return true;
    }

    private Task SetUnschedulableAsync(string node, bool unschedulable, CancellationToken cancellationToken) =>
        Guard(async () =>
        {
            var patch = new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["annotations"] = new JsonObject { [NodeMetadataCheck.LeavingAnnotation] = unschedulable ? "true" : null },
                },
                ["spec"] = new JsonObject { ["unschedulable"] = unschedulable },
            };
            await client.CoreV1.PatchNodeAsync(
                new V1Patch(patch.ToJsonString(), V1Patch.PatchType.MergePatch),
                node,
                cancellationToken: cancellationToken
            );
            return true;
        });

    // An answer of the API server is a refusal, except 502, 503 and 504, which count as no answer.
    private static async Task<T> Guard<T>(Func<Task<T>> call, [CallerMemberName] string method = "")
    {
        using var measured = EngineMetrics.WorkloadCall(
            TimeProvider.System,
            method.Replace("Async", "", StringComparison.Ordinal)
        );
        try
        {
            var answer = await call();
            measured.End("success");
            return answer;
        }
        catch (HttpOperationException refused)
        {
            measured.Fail("refused");
            var message = ManifestApply.MessageOf(refused.Response.Content) ?? $"{(int)refused.Response.StatusCode}";
            throw new WorkloadException(
                refused.Response.StatusCode
                    is HttpStatusCode.ServiceUnavailable
                        or HttpStatusCode.GatewayTimeout
                        or HttpStatusCode.BadGateway,
                $"the API server answers: {message}",
                refused
            );
        }
        catch (Exception silent)
            when (silent is HttpRequestException or IOException
                || (silent is TaskCanceledException && silent.InnerException is TimeoutException)
            )
        {
            measured.Fail("unreachable");
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
