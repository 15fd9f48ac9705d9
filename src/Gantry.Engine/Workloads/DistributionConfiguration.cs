using System.Net;
using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Engine.Ports;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Gantry.Engine.Workloads;

/// <summary>The distribution's configuration document in the cluster, and the role bindings that joining machines need.</summary>
internal sealed class DistributionConfiguration(Kubernetes client, IUpgradeRules rules)
{
    private const int Attempts = 5;

    /// <summary>Whether the document exists, which means that the first control plane is initialized.</summary>
    public async Task<bool> ExistsAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ReadAsync(cancellationToken);
            return true;
        }
        catch (HttpOperationException missing) when (missing.Response.StatusCode is HttpStatusCode.NotFound)
        {
            return false;
        }
    }

    public async Task PrepareJoinAsync(KubeadmSettings settings, CancellationToken cancellationToken)
    {
        var preparation = rules.PrepareJoin(settings);
        foreach (var grant in preparation.Bindings)
        {
            await BindAsync(grant, cancellationToken);
        }

        await EditAsync(preparation.Edit, cancellationToken);
    }

    /// <summary>
    /// Edits the document, and writes it when it has changed. Concurrent changes of others are kept.
    /// </summary>
    /// <exception cref="WorkloadException">The document does not exist, or it cannot be read.</exception>
    public async Task EditAsync(Func<string, string> change, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var (@namespace, name, key) = rules.Configuration;
            var map = await ReadAsync(cancellationToken);
            if (map.Data is null || !map.Data.TryGetValue(key, out var before))
            {
                throw new WorkloadException(
                    unreachable: false,
                    $"the ConfigMap {@namespace}/{name} has no {key}: the distribution did not create this cluster"
                );
            }

            var after = Apply(change, before);
            if (after == before)
            {
                return;
            }

            map.Data[rules.Configuration.Key] = after;
            try
            {
                await client.CoreV1.ReplaceNamespacedConfigMapAsync(
                    map,
                    rules.Configuration.Name,
                    rules.Configuration.Namespace,
                    cancellationToken: cancellationToken
                );
                return;
            }
            catch (HttpOperationException conflict)
                when (conflict.Response.StatusCode is HttpStatusCode.Conflict && attempt < Attempts)
            {
                // Somebody else changed the document meanwhile. The next attempt edits the new document.
            }
        }
    }

    private Task<V1ConfigMap> ReadAsync(CancellationToken cancellationToken) =>
        client.CoreV1.ReadNamespacedConfigMapAsync(
            rules.Configuration.Name,
            rules.Configuration.Namespace,
            cancellationToken: cancellationToken
        );

    private static string Apply(Func<string, string> change, string document)
    {
        try
        {
            return change(document);
        }
        catch (FormatException unreadable)
        {
            throw new WorkloadException(unreachable: false, unreadable.Message, unreadable);
        }
    }

    private async Task BindAsync(RoleGrant grant, CancellationToken cancellationToken)
    {
        try
        {
            await client.RbacAuthorizationV1.CreateClusterRoleBindingAsync(
                new V1ClusterRoleBinding
                {
                    Metadata = new V1ObjectMeta { Name = grant.Name },
                    RoleRef = new V1RoleRef
                    {
                        ApiGroup = "rbac.authorization.k8s.io",
                        Kind = "ClusterRole",
                        Name = grant.ClusterRole,
                    },
                    Subjects =
                    [
                        new Rbacv1Subject
                        {
                            ApiGroup = "rbac.authorization.k8s.io",
                            Kind = grant.Kind,
                            Name = grant.Subject,
                        },
                    ],
                },
                cancellationToken: cancellationToken
            );
        }
        catch (HttpOperationException exists) when (exists.Response.StatusCode is HttpStatusCode.Conflict)
        {
            // The binding exists, and its role is immutable.
        }
    }
}
