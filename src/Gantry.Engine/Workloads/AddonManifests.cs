using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Workloads;

/// <summary>The objects that manifests bring.</summary>
public static class AddonManifests
{
    /// <summary>The objects of all layers; <c>null</c> when a manifest cannot be read, so that nobody knows.</summary>
    public static ValueList<AddonObject>? TryRead(AddonLayers layers)
    {
        try
        {
            return AddonFacts.Union(layers.InOrder().SelectMany(layer => Read(layer.Manifest)), []);
        }
        catch (WorkloadException)
        {
            return null;
        }
    }

    /// <summary>The objects of one YAML stream. What has no name is left out: the API server refuses it.</summary>
    /// <exception cref="WorkloadException">It is not YAML.</exception>
    public static IReadOnlyList<AddonObject> Read(string manifest) =>
        [
            .. ManifestReader
                .Read(manifest)
                .Select(document => new AddonObject(
                    $"{document["apiVersion"]}",
                    $"{document["kind"]}",
                    document["metadata"]?["namespace"]?.ToString(),
                    $"{document["metadata"]?["name"]}"
                ))
                .Where(one => one is { ApiVersion.Length: > 0, Kind.Length: > 0, Name.Length: > 0 }),
        ];
}
