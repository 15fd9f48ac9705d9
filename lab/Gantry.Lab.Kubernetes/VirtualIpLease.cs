using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes;

/// <summary>The lease by which kube-vip elects who serves the virtual IP.</summary>
public static class VirtualIpLease
{
    private const string Namespace = "kube-system";
    private const string Name = "plndr-cp-lock";

    /// <summary>The node that holds the lease; <c>null</c> when none does.</summary>
    public static string? FindVirtualIpHolder(this LabCluster cluster) =>
        cluster.Find(KubeResources.Leases, Namespace, Name)?["spec"]?["holderIdentity"]?.ToString() is { Length: > 0 } holder
            ? holder
            : null;

    /// <summary>
    /// The kube-vip of a node takes the lease, or renews one that names it. The lab writes no further renewals: it takes a lease away from
    /// holders that cannot renew it.
    /// </summary>
    public static void TakeVirtualIp(this LabCluster cluster, string node) =>
        cluster.Run(() =>
        {
            var now = cluster.Time.GetUtcNow();
            var lease = cluster.Find(KubeResources.Leases, Namespace, Name);
            var held = lease?["spec"] as JsonObject;
            var isRenewal = held?["holderIdentity"]?.ToString() == node;
            var spec = new JsonObject
            {
                ["holderIdentity"] = node,
                ["leaseDurationSeconds"] = 15,
                ["acquireTime"] = isRenewal ? held!["acquireTime"]?.DeepClone() : KubeJson.MicroStamp(now),
                ["renewTime"] = KubeJson.MicroStamp(now + TimeSpan.FromMilliseconds(1)),
                ["leaseTransitions"] = (held?["leaseTransitions"]?.GetValue<int>() ?? 0) + (held is null || isRenewal ? 0 : 1),
            };
            if (lease is not null)
            {
                lease["spec"] = spec;
                cluster.UpdateCore(KubeResources.Leases, lease, WriteOptions.Default);
            }
            else
            {
                SystemObjects.Put(cluster, KubeResources.Leases, Namespace, Name, new JsonObject { ["spec"] = spec });
            }

            return true;
        });

    /// <summary>Waits until somebody has written a lease of the cluster.</summary>
    /// <param name="after">Changes later than this resource version count.</param>
    /// <returns>The resource version of the change; <c>null</c> when the cluster is gone or its history is.</returns>
    public static async Task<long?> WaitForLeaseAsync(this LabCluster cluster, long after, CancellationToken cancellationToken)
    {
        try
        {
            var changes = cluster.Watch(KubeResources.Leases, after);
            try
            {
                await foreach (var change in changes.Reader.ReadAllAsync(cancellationToken))
                {
                    if (change.Object.Key == $"{Namespace}/{Name}")
                    {
                        return change.Object.ResourceVersion;
                    }
                }
            }
            finally
            {
                cluster.Unwatch(changes);
            }
        }
        catch (KubeException)
        {
            // The history does not go back so far.
        }

        return null;
    }
}
