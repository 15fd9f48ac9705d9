using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Server.Profiles;
using YamlDotNet.RepresentationModel;

namespace Gantry.Server.Clusters;

/// <summary>Which pack changes replace machines: the installation of a machine cannot be changed in place. Pure.</summary>
public static class RepaveDryRun
{
    public static IReadOnlyList<RepaveReasonView> Of(DesiredCluster before, DesiredCluster after)
    {
        List<RepaveReasonView> reasons = [];
        var (was, becomes) = (before.Spec, after.Spec);
        if (was.KubernetesVersion != becomes.KubernetesVersion)
        {
            reasons.Add(
                new RepaveReasonView(
                    "KubernetesVersion",
                    $"Kubernetes {was.KubernetesVersion} becomes {becomes.KubernetesVersion}: control planes first, then "
                        + "workers are replaced.",
                    Diff(before, after, "k8s")
                )
            );
        }

        if (was.Image != becomes.Image)
        {
            reasons.Add(
                new RepaveReasonView(
                    "Image",
                    $"Image {was.Image} becomes {becomes.Image}: every machine is replaced.",
                    Diff(before, after, "os")
                )
            );
        }

        List<string> settings = [.. Settings(was, becomes)];
        if (settings.Count > 0)
        {
            var layer = Diff(before, after, "os") is { DiffConfigKeys.Count: > 0 } ? "os" : "k8s";
            reasons.Add(
                new RepaveReasonView(
                    "NodeSettings",
                    $"Machines are installed with {string.Join(", ", settings)}, which would change: they are replaced.",
                    Diff(before, after, layer)
                )
            );
        }

        return reasons;
    }

    private static IEnumerable<string> Settings(ClusterSpec before, ClusterSpec after) =>
        after
            .Pools.Where(pool => before.Pools.Any(old => old.Name == pool.Name))
            .SelectMany(pool =>
            {
                var (was, becomes) = (Settings(before, pool), Settings(after, pool));
                return was.Keys.Union(becomes.Keys).Where(name => was.GetValueOrDefault(name) != becomes.GetValueOrDefault(name));
            })
            .Distinct()
            .Order(StringComparer.Ordinal);

    // The node documents' revision is the gateway's, and the same before and after.
    private static ValueMap<string, string> Settings(ClusterSpec spec, MachinePool pool) =>
        NodeBuild.Of(spec, pool, template: "").Settings;

    private static PackDiff? Diff(DesiredCluster before, DesiredCluster after, string layer)
    {
        if (Pack(before, layer) is not { } was || Pack(after, layer) is not { } becomes)
        {
            return null;
        }

        var (old, now) = (Leaves(was.Values), Leaves(becomes.Values));
        return new PackDiff(
            new PackSide(layer, was.Name, was.Version, was.Values),
            new PackSide(layer, becomes.Name, becomes.Version, becomes.Values),
            [
                .. old
                    .Keys.Union(now.Keys)
                    .Where(key => old.GetValueOrDefault(key) != now.GetValueOrDefault(key))
                    .Order(StringComparer.Ordinal),
            ]
        );
    }

    private static ProfilePack? Pack(DesiredCluster desired, string layer) =>
        desired.Profiles.SelectMany(profile => profile.Template.Packs).FirstOrDefault(pack => pack.Layer == layer);

    // Both texts were parsed before: they are YAML, of bounded depth.
    private static Dictionary<string, string> Leaves(string yaml)
    {
        var leaves = new Dictionary<string, string>();
        foreach (var document in YamlText.Documents(new Api.Check(), "", yaml) ?? [])
        {
            Walk(document, "");
        }

        return leaves;

        void Walk(YamlNode node, string path)
        {
            switch (node)
            {
                case YamlMappingNode mapping:
                    foreach (var (key, value) in mapping.Children)
                    {
                        Walk(value, path.Length is 0 ? key.ToString() : $"{path}.{key}");
                    }

                    break;
                case YamlSequenceNode sequence:
                    for (var index = 0; index < sequence.Children.Count; index++)
                    {
                        Walk(sequence.Children[index], $"{path}[{index}]");
                    }

                    break;
                default:
                    leaves[path] = node.ToString();
                    break;
            }
        }
    }
}
