using System.Net;
using System.Text.Json.Nodes;
using Gantry.Clusters.Distributions;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Gantry.Engine.Workloads;

/// <summary>
/// Upgrades the distribution's own add-ons. Only the tag of an image changes, so its registry stays. An add-on that somebody has
/// removed or replaced is not touched.
/// </summary>
internal sealed class AddonUpgrade(Kubernetes client, DistributionConfiguration configuration)
{
    public async Task ApplyAsync(AddonImage addon, CancellationToken cancellationToken)
    {
        if (
            ImageOf(await ReadAsync(addon, cancellationToken), addon.Name) is not { } image
            || !addon.Replaces(ImageReference.Tag(image))
        )
        {
            return;
        }

        if (addon.BacksUpConfiguration)
        {
            await BackUpAsync(addon, ImageReference.Tag(image), cancellationToken);
        }

        if (addon.Edit is { } edit)
        {
            await configuration.EditAsync(edit, cancellationToken);
        }

        await PatchAsync(addon, Patch(addon.Name, ImageReference.WithTag(image, addon.Tag)), cancellationToken);
    }

    private async Task<V1PodTemplateSpec?> ReadAsync(AddonImage addon, CancellationToken cancellationToken) =>
        addon.Workload switch
        {
            AddonWorkload.DaemonSet => (
                await FindAsync(() =>
                    client.AppsV1.ReadNamespacedDaemonSetAsync(addon.Name, addon.Namespace, cancellationToken: cancellationToken)
                )
            )
                ?.Spec
                .Template,
            _ => (
                await FindAsync(() =>
                    client.AppsV1.ReadNamespacedDeploymentAsync(addon.Name, addon.Namespace, cancellationToken: cancellationToken)
                )
            )
                ?.Spec
                .Template,
        };

    private Task PatchAsync(AddonImage addon, V1Patch patch, CancellationToken cancellationToken) =>
        addon.Workload switch
        {
            AddonWorkload.DaemonSet => client.AppsV1.PatchNamespacedDaemonSetAsync(
                patch,
                addon.Name,
                addon.Namespace,
                cancellationToken: cancellationToken
            ),
            _ => client.AppsV1.PatchNamespacedDeploymentAsync(
                patch,
                addon.Name,
                addon.Namespace,
                cancellationToken: cancellationToken
            ),
        };

    private async Task BackUpAsync(AddonImage addon, string tag, CancellationToken cancellationToken)
    {
        var map = await FindAsync(() =>
            client.CoreV1.ReadNamespacedConfigMapAsync(addon.Name, addon.Namespace, cancellationToken: cancellationToken)
        );
        if (map?.Data is not { } data)
        {
            return;
        }

        try
        {
            await client.CoreV1.CreateNamespacedConfigMapAsync(
                new V1ConfigMap
                {
                    Metadata = new V1ObjectMeta { Name = $"{addon.Name}-backup-{tag}" },
                    Data = data,
                },
                addon.Namespace,
                cancellationToken: cancellationToken
            );
        }
        catch (HttpOperationException exists) when (exists.Response.StatusCode is HttpStatusCode.Conflict)
        {
            // An earlier, interrupted attempt made the backup.
        }
    }

    private static async Task<T?> FindAsync<T>(Func<Task<T>> read)
        where T : class
    {
        try
        {
            return await read();
        }
        catch (HttpOperationException missing) when (missing.Response.StatusCode is HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    private static string? ImageOf(V1PodTemplateSpec? template, string container) =>
        template?.Spec?.Containers?.FirstOrDefault(known => known.Name == container)?.Image;

    private static V1Patch Patch(string container, string image)
    {
        var pod = new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["name"] = container, ["image"] = image }) };
        var patch = new JsonObject { ["spec"] = new JsonObject { ["template"] = new JsonObject { ["spec"] = pod } } };
        return new V1Patch(patch.ToJsonString(), V1Patch.PatchType.StrategicMergePatch);
    }
}

/// <summary>The parts of an image's name: <c>registry:5000/path/name:tag@sha256:…</c>.</summary>
internal static class ImageReference
{
    /// <summary>The tag; empty when the name has none.</summary>
    public static string Tag(string image)
    {
        var name = image.Split('@')[0];
        var colon = name.LastIndexOf(':');
        return colon > name.LastIndexOf('/') ? name[(colon + 1)..] : "";
    }

    /// <summary>The image with another tag. A digest is dropped, because it belongs to the old version.</summary>
    public static string WithTag(string image, string tag)
    {
        var name = image.Split('@')[0];
        var colon = name.LastIndexOf(':');
        return $"{(colon > name.LastIndexOf('/') ? name[..colon] : name)}:{tag}";
    }
}
