using System.Net;
using Gantry.Clusters.Model;
using Gantry.Engine.Kubeadm;
using Gantry.Engine.Ports;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Gantry.Engine.Workloads;

/// <summary>
/// kubeadm's own record of the cluster, which a joining kubeadm reads, and the rights that <c>kubeadm upgrade</c> would have
/// given: nobody runs that where machines are replaced.
/// </summary>
internal sealed class KubeadmVersion(Kubernetes client)
{
    private const string KubeSystem = "kube-system";
    private const string Name = "kubeadm-config";
    private const string Key = "ClusterConfiguration";
    private const int Attempts = 5;

    public async Task SetAsync(KubernetesVersion version, CancellationToken cancellationToken)
    {
        if (KubeadmConfigs.Minor(version) >= 29)
        {
            await BindAsync("kubeadm:cluster-admins", "cluster-admin", "Group", "kubeadm:cluster-admins", cancellationToken);
        }

        // Newer API servers have no other right on the kubelets: from 1.38 on, and from patches of 1.33 to 1.36 on
        // (kubernetes/kubernetes#138957). Older ones do not need it and are not harmed.
        await BindAsync(
            "kubeadm:apiserver-kubelet-client", "system:kubelet-api-admin", "User", "kube-apiserver-kubelet-client", cancellationToken);
        await EditAsync(document => ClusterConfigurationEdit.SetVersion(document, version), cancellationToken);
    }

    /// <summary>Changes the document if the change makes a difference; whoever writes at the same time is not overwritten.</summary>
    /// <exception cref="WorkloadException">There is no such document, or it cannot be read.</exception>
    public async Task EditAsync(Func<string, string> change, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var map = await client.CoreV1.ReadNamespacedConfigMapAsync(Name, KubeSystem, cancellationToken: cancellationToken);
            if (map.Data is null || !map.Data.TryGetValue(Key, out var before))
            {
                throw new WorkloadException(unreachable: false, $"the ConfigMap {KubeSystem}/{Name} has no {Key}: kubeadm did not make this cluster");
            }

            var after = Apply(change, before);
            if (after == before)
            {
                return;
            }

            map.Data[Key] = after;
            try
            {
                await client.CoreV1.ReplaceNamespacedConfigMapAsync(map, Name, KubeSystem, cancellationToken: cancellationToken);
                return;
            }
            catch (HttpOperationException conflict) when (conflict.Response.StatusCode is HttpStatusCode.Conflict && attempt < Attempts)
            {
                // Somebody else wrote in between; what they wrote is read and kept.
            }
        }
    }

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

    private async Task BindAsync(string name, string role, string kind, string subject, CancellationToken cancellationToken)
    {
        try
        {
            await client.RbacAuthorizationV1.CreateClusterRoleBindingAsync(
                new V1ClusterRoleBinding
                {
                    Metadata = new V1ObjectMeta { Name = name },
                    RoleRef = new V1RoleRef { ApiGroup = "rbac.authorization.k8s.io", Kind = "ClusterRole", Name = role },
                    Subjects = [new Rbacv1Subject { ApiGroup = "rbac.authorization.k8s.io", Kind = kind, Name = subject }],
                },
                cancellationToken: cancellationToken);
        }
        catch (HttpOperationException there) when (there.Response.StatusCode is HttpStatusCode.Conflict)
        {
            // It is there, and a binding's role cannot be changed.
        }
    }
}
