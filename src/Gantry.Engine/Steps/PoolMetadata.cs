using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>The labels, annotations and taints that a node gets from its pool.</summary>
internal static class PoolMetadata
{
    /// <summary>The label with the name of the node's pool. Every node that Gantry built has it.</summary>
    public const string Label = "gantry.dev/pool";

    /// <summary>
    /// The label that kubeadm sets when it has made a control plane. Gantry sets it again when it is lost, and never first: it tells
    /// that kubeadm has ended.
    /// </summary>
    public const string ControlPlaneLabel = "node-role.kubernetes.io/control-plane";

    public static NodeMetadata Of(Member member, MachinePool pool)
    {
        var labels = pool.Labels.ToDictionary(label => label.Key.Value, label => label.Value.Value);
        labels[Label] = pool.Name.Value;
        if (member.Zone.Length > 0)
        {
            // A zone's name in MAAS may contain spaces; a label's value may not.
            labels["topology.kubernetes.io/zone"] = member.Zone.Replace(' ', '-');
        }

        if (pool.Role is PoolRole.Worker || pool.AlsoWorker)
        {
            labels["node-role.kubernetes.io/worker"] = "";
        }

        if (pool.Role is PoolRole.ControlPlane)
        {
            labels[ControlPlaneLabel] = "";
        }

        return new NodeMetadata(
            $"maas:///{member.Zone}/{member.Machine}",
            [.. labels],
            [.. pool.Annotations.Select(annotation => KeyValuePair.Create(annotation.Key.Value, annotation.Value))],
            [.. pool.Taints.OrderBy(NodeMetadataCheck.Name, StringComparer.Ordinal)]
        )
        {
            Schedulable = pool.Role is PoolRole.Worker || pool.Taints.Any(NodeMetadataCheck.IsOfKubeadm) ? null : pool.AlsoWorker,
        };
    }
}
