using System.Net;
using System.Text.Json.Nodes;
using Gantry.Clusters.Model;
using Gantry.Engine.Kubeadm;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Gantry.Engine.Workloads;

/// <summary>
/// kube-proxy and CoreDNS as kubeadm of a version would install them. Only their images change, in the registry they come
/// from; a cluster that has one of them replaced or removed is left so.
/// </summary>
internal sealed class AddonUpgrade(Kubernetes client, KubeadmVersion kubeadm)
{
    private const string KubeSystem = "kube-system";
    private const string KubeProxy = "kube-proxy";
    private const string CoreDns = "coredns";

    /// <param name="version">Without a <c>v</c>.</param>
    public async Task ApplyAsync(KubernetesVersion version, CancellationToken cancellationToken)
    {
        await UpgradeKubeProxyAsync($"v{version}", cancellationToken);
        if (CoreDnsVersions.Of(KubeadmConfigs.Minor(version)) is { } tag)
        {
            await UpgradeCoreDnsAsync(tag, cancellationToken);
        }
    }

    private async Task UpgradeKubeProxyAsync(string tag, CancellationToken cancellationToken)
    {
        var set = await FindAsync(() => client.AppsV1.ReadNamespacedDaemonSetAsync(KubeProxy, KubeSystem, cancellationToken: cancellationToken));
        if (ImageOf(set?.Spec.Template, KubeProxy) is { } image && ImageReference.Tag(image) != tag)
        {
            await client.AppsV1.PatchNamespacedDaemonSetAsync(
                Patch(KubeProxy, ImageReference.WithTag(image, tag)), KubeProxy, KubeSystem, cancellationToken: cancellationToken);
        }
    }

    private async Task UpgradeCoreDnsAsync(string tag, CancellationToken cancellationToken)
    {
        var deployment = await FindAsync(() => client.AppsV1.ReadNamespacedDeploymentAsync(CoreDns, KubeSystem, cancellationToken: cancellationToken));
        if (ImageOf(deployment?.Spec.Template, CoreDns) is not { } image || !CoreDnsVersions.IsOlder(ImageReference.Tag(image), than: tag))
        {
            return;
        }

        await KeepCorefileAsync(ImageReference.Tag(image), cancellationToken);
        await kubeadm.EditAsync(document => ClusterConfigurationEdit.SetDnsTag(document, tag), cancellationToken);
        await client.AppsV1.PatchNamespacedDeploymentAsync(
            Patch(CoreDns, ImageReference.WithTag(image, tag)), CoreDns, KubeSystem, cancellationToken: cancellationToken);
    }

    // A newer CoreDNS may not read what the older one did; whoever has to go back finds the file that worked.
    private async Task KeepCorefileAsync(string tag, CancellationToken cancellationToken)
    {
        var map = await FindAsync(() => client.CoreV1.ReadNamespacedConfigMapAsync(CoreDns, KubeSystem, cancellationToken: cancellationToken));
        if (map?.Data is not { } data)
        {
            return;
        }

        try
        {
            await client.CoreV1.CreateNamespacedConfigMapAsync(
                new V1ConfigMap { Metadata = new V1ObjectMeta { Name = $"{CoreDns}-backup-{tag}" }, Data = data },
                KubeSystem,
                cancellationToken: cancellationToken);
        }
        catch (HttpOperationException there) when (there.Response.StatusCode is HttpStatusCode.Conflict)
        {
            // Kept by an attempt that did not come to its end.
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
        template?.Spec?.Containers?.FirstOrDefault(one => one.Name == container)?.Image;

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
    /// <summary>Empty where the name has none.</summary>
    public static string Tag(string image)
    {
        var name = image.Split('@')[0];
        var colon = name.LastIndexOf(':');
        return colon > name.LastIndexOf('/') ? name[(colon + 1)..] : "";
    }

    /// <summary>The same image with another tag; a digest is of one version and goes.</summary>
    public static string WithTag(string image, string tag)
    {
        var name = image.Split('@')[0];
        var colon = name.LastIndexOf(':');
        return $"{(colon > name.LastIndexOf('/') ? name[..colon] : name)}:{tag}";
    }
}
