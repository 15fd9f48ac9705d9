using Gantry.Clusters.Model;
using Gantry.Console.Api;
using Gantry.Console.Clusters;

namespace Gantry.Console.Profiles;

/// <summary>What the layers of a cluster's profiles say about the cluster.</summary>
public sealed record ClusterLayers(
    string KubernetesVersion, string Image, ClusterNetwork Network, NodeEnvironment Nodes, IReadOnlyList<AddonLayer> Addons);

public static class LayerReading
{
    public static ClusterLayers? Read(Check check, IReadOnlyList<AttachedProfile> profiles)
    {
        var infra = profiles.Where(profile => profile.Template.Type is not "add-on").ToList();
        if (infra.Count != 1)
        {
            check.Problem("spec.profiles", $"names {infra.Count} profiles with the base layers; give exactly one, and any number of add-on profiles");
            return null;
        }

        var kubernetes = infra[0].Template.Packs.First(pack => pack.Layer is "k8s");
        return new ClusterLayers(kubernetes.Version, "ubuntu/noble", new ClusterNetwork(), new NodeEnvironment(), []);
    }
}
