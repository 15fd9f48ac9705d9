using System.Net;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Gantry.Engine.Workloads;

/// <summary>
/// The volumes that are attached to a node whose pods have left. Where a machine goes with one, Kubernetes detaches it by
/// force after six minutes and not before, without knowing that it is unmounted, and the pod that needs it waits for that
/// (https://kubernetes.io/docs/concepts/cluster-administration/node-shutdown/#storage-force-detach-on-timeout). Cluster
/// API's machine controller waits for them too.
/// </summary>
internal sealed class NodeVolumes(Kubernetes client)
{
    /// <param name="staying">Pods that do not leave the node. Their volumes stay with them and are not waited for.</param>
    /// <returns>A sentence on each volume that is waited for.</returns>
    public async Task<IReadOnlyList<string>> AttachedAsync(
        string node,
        IEnumerable<V1Pod> staying,
        CancellationToken cancellationToken
    )
    {
        var attachments = await ListAsync(node, cancellationToken);
        if (attachments is [])
        {
            return [];
        }

        var kept = await VolumesOfAsync(staying.SelectMany(ClaimsOf).Distinct(), cancellationToken);
        return
        [
            .. attachments
                .Where(attachment => attachment.Spec.Source.PersistentVolumeName is not { } volume || !kept.Contains(volume))
                .Select(Sentence)
                .Order(StringComparer.Ordinal),
        ];
    }

    private static string Sentence(V1VolumeAttachment attachment)
    {
        var volume = attachment.Spec.Source.PersistentVolumeName ?? attachment.Name();
        return attachment.Status?.DetachError?.Message is { Length: > 0 } error
            ? $"volume {volume} is still attached: {error}"
            : $"volume {volume} is still attached";
    }

    // A generic ephemeral volume has a claim of its own, named after its pod and itself:
    // https://kubernetes.io/docs/concepts/storage/ephemeral-volumes/#persistentvolumeclaim-naming
    private static IEnumerable<(string Namespace, string Name)> ClaimsOf(V1Pod pod) =>
        (pod.Spec.Volumes ?? [])
            .Select(volume =>
                volume.PersistentVolumeClaim?.ClaimName ?? (volume.Ephemeral is null ? null : $"{pod.Name()}-{volume.Name}")
            )
            .OfType<string>()
            .Select(claim => (pod.Namespace(), claim));

    private async Task<IReadOnlyList<V1VolumeAttachment>> ListAsync(string node, CancellationToken cancellationToken)
    {
        try
        {
            var all = await client.StorageV1.ListVolumeAttachmentAsync(cancellationToken: cancellationToken);
            return [.. all.Items.Where(attachment => attachment.Spec.NodeName == node)];
        }
        catch (HttpOperationException unknown) when (unknown.Response.StatusCode is HttpStatusCode.NotFound)
        {
            // An API server that does not serve the kind has none.
            return [];
        }
    }

    private async Task<IReadOnlySet<string>> VolumesOfAsync(
        IEnumerable<(string Namespace, string Name)> claims,
        CancellationToken cancellationToken
    )
    {
        var volumes = new HashSet<string>(StringComparer.Ordinal);
        foreach (var claim in claims)
        {
            try
            {
                // Only a claim that is bound owns the volume it names.
                if (
                    await client.CoreV1.ReadNamespacedPersistentVolumeClaimAsync(
                        claim.Name,
                        claim.Namespace,
                        cancellationToken: cancellationToken
                    ) is
                    { Status.Phase: "Bound", Spec.VolumeName: { } volume }
                )
                {
                    volumes.Add(volume);
                }
            }
            catch (HttpOperationException gone) when (gone.Response.StatusCode is HttpStatusCode.NotFound)
            {
                // A claim that is gone owns no volume.
            }
        }

        return volumes;
    }
}
