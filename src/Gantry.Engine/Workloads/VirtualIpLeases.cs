using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Gantry.Engine.Workloads;

/// <summary>The lease by which kube-vip elects the holder of the virtual IP.</summary>
internal sealed class VirtualIpLeases(Kubernetes client, TimeProvider time)
{
    // The holder renews every two seconds: a change meets a renewal now and then.
    private const int Tries = 3;

    /// <returns><c>null</c> when there is no lease.</returns>
    public async Task<VirtualIpFacts?> FindAsync(CancellationToken cancellationToken) =>
        await ReadAsync(cancellationToken) is { Spec: { } lease }
            ? new VirtualIpFacts(lease.HolderIdentity ?? "", lease.RenewTime != lease.AcquireTime)
            : null;

    /// <summary>
    /// Names another holder, as if it had acquired the lease now. It takes the lease for its own when it looks at it next and renews
    /// it; the former holder sees that it does not hold it any more.
    /// </summary>
    public async Task MoveAsync(string from, string to, CancellationToken cancellationToken)
    {
        for (var left = Tries; ; left--)
        {
            if (await ReadAsync(cancellationToken) is not { Spec: { } lease } read || lease.HolderIdentity != from)
            {
                return;
            }

            try
            {
                await client.CoordinationV1.PatchNamespacedLeaseAsync(
                    new V1Patch(Patch(read, to).ToJsonString(), V1Patch.PatchType.MergePatch),
                    VirtualIpLease.Name,
                    VirtualIpLease.Namespace,
                    cancellationToken: cancellationToken
                );
                return;
            }
            catch (HttpOperationException renewed) when (left > 1 && renewed.Response.StatusCode is HttpStatusCode.Conflict)
            {
                // The holder has renewed the lease in between.
            }
        }
    }

    private JsonObject Patch(V1Lease read, string to)
    {
        var now = time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
        return new JsonObject
        {
            ["metadata"] = new JsonObject { ["resourceVersion"] = read.Metadata.ResourceVersion },
            ["spec"] = new JsonObject
            {
                ["holderIdentity"] = to,
                ["acquireTime"] = now,
                ["renewTime"] = now,
                ["leaseTransitions"] = (read.Spec.LeaseTransitions ?? 0) + 1,
            },
        };
    }

    private async Task<V1Lease?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await client.CoordinationV1.ReadNamespacedLeaseAsync(
                VirtualIpLease.Name,
                VirtualIpLease.Namespace,
                cancellationToken: cancellationToken
            );
        }
        catch (HttpOperationException missing) when (missing.Response.StatusCode is HttpStatusCode.NotFound)
        {
            return null;
        }
    }
}
