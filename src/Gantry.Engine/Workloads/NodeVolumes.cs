using System.Net;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Gantry.Engine.Workloads;

/// <summary>
/// The volumes that are still attached to a drained node. If the machine is released with an attached volume, Kubernetes detaches
/// the volume by force after six minutes, without knowing whether it is unmounted, and the pod that needs it waits until then
/// (https://kubernetes.io/docs/concepts/cluster-administration/node-shutdown/#storage-force-detach-on-timeout). Cluster API's
/// machine controller waits for attached volumes too.
/// </summary>
internal sealed class NodeVolumes(Kubernetes client)
{
    /// <param name="staying">Pods that stay on the node. Their volumes are left out.</param>
    /// <returns>One message per attached volume.</returns>
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
                .Select(MessageOf)
                .Order(StringComparer.Ordinal),
        ];
    }

    private static string MessageOf(V1VolumeAttachment attachment)
    {
        var volume = attachment.Spec.Source.PersistentVolumeName ?? attachment.Name();
        return attachment.Status?.DetachError?.Message is { Length: > 0 } error
            ? $"volume {volume} is still attached: {error}"
            : $"volume {volume} is still attached";
    }

    // The claim of a generic ephemeral volume is named after its pod and the volume:
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
            // The API server does not serve VolumeAttachments, so there are none.
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
                // Only a bound claim owns the volume that it names.
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
                // A deleted claim owns no volume.
            }
        }

        return volumes;
    }
}
