using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>What a pool wants on the node of one of its machines.</summary>
internal static class PoolMetadata
{
    /// <summary>Names the pool of a node, and says that the node is one of ours.</summary>
    public const string Label = "gantry.dev/pool";

    public static NodeMetadata Of(Member member, MachinePool pool)
    {
        var labels = pool.Labels.ToDictionary(label => label.Key.Value, label => label.Value.Value);
        labels[Label] = pool.Name.Value;
        if (member.Zone.Length > 0)
        {
            // MAAS lets a zone's name have spaces, a label's value does not.
            labels["topology.kubernetes.io/zone"] = member.Zone.Replace(' ', '-');
        }

        if (pool.Role is PoolRole.Worker || pool.AlsoWorker)
        {
            labels["node-role.kubernetes.io/worker"] = "";
        }

        return new NodeMetadata(
            $"maas:///{member.Zone}/{member.Machine}",
            [.. labels],
            [.. pool.Annotations.Select(annotation => KeyValuePair.Create(annotation.Key.Value, annotation.Value))],
            [.. pool.Taints.OrderBy(NodeMetadataCheck.Name, StringComparer.Ordinal)]
        );
    }
}
