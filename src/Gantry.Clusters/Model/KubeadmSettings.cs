namespace Gantry.Clusters.Model;

/// <summary>
/// What kubeadm's configuration in a living cluster has to say before the next machine joins. Names, networks and the endpoint
/// are excluded: they cannot change after <c>kubeadm init</c>.
/// </summary>
/// <param name="Arguments">
/// Extra arguments by component of <see cref="Components"/>; an empty list takes those away that are there, and a component
/// without an entry keeps its own, which a person may have written.
/// </param>
public sealed record KubeadmSettings(KubernetesVersion Version, ValueMap<string, ValueList<ExtraArg>> Arguments)
{
    /// <summary>The components that every control plane starts as kubeadm's configuration of the cluster says.</summary>
    public static ValueList<string> Components { get; } = ["apiServer", "controllerManager", "scheduler", "etcd"];

    /// <param name="written">Components whose arguments were written for an earlier desired state.</param>
    public static KubeadmSettings Of(ClusterSpec cluster, IEnumerable<string> written) =>
        new(
            cluster.KubernetesVersion,
            [
                .. Components
                    .Select(component => (Name: component, Arguments: cluster.Nodes.ExtraArgs.GetValueOrDefault(component) ?? []))
                    .Where(component => component.Arguments.Count > 0 || written.Contains(component.Name))
                    .Select(component => KeyValuePair.Create(component.Name, component.Arguments)),
            ]
        );
}
