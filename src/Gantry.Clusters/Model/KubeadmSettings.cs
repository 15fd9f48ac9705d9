using Gantry.Clusters.Planning;

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
    private const string VolumesPrefix = "volumes of ";
    private const string EtcdImage = "image of etcd";

    /// <summary>The name of the tag that <see cref="EtcdRoll"/> writes.</summary>
    public const string EtcdRollImage = "image of etcd before an upgrade";

    /// <summary>The components that every control plane starts as kubeadm's configuration of the cluster says.</summary>
    public static ValueList<string> Components { get; } = ["apiServer", "controllerManager", "scheduler", "etcd"];

    /// <summary>Extra volumes by component, as <see cref="Arguments"/>.</summary>
    public ValueMap<string, ValueList<ComponentVolume>> Volumes { get; init; } = [];

    /// <summary>The tag of etcd's image; empty takes the one away that is there, and <c>null</c> keeps it.</summary>
    public string? EtcdImageTag { get; init; }

    /// <summary>
    /// <see cref="NodeBuild.DigestOfTag"/> of the tag that <see cref="EtcdImageTag"/> may take the place of; a person wrote any
    /// other. <c>null</c> when it may take any place.
    /// </summary>
    public string? ReplacesEtcdImageTag { get; init; }

    /// <summary>
    /// The names of all settings: a component is the name of its arguments, as it was before there were other settings.
    /// </summary>
    public static ValueList<string> Names { get; } =
    [.. Components, .. Components.Where(component => component is not "etcd").Select(NameOfVolumes), EtcdImage, EtcdRollImage];

    /// <param name="before">The settings that were written for an earlier desired state, by <see cref="Names"/>.</param>
    public static KubeadmSettings Of(ClusterSpec cluster, ValueMap<string, string> before)
    {
        var nodes = cluster.Nodes;
        var roll = before.GetValueOrDefault(EtcdRollImage);
        return new(cluster.KubernetesVersion, Lists(nodes.ExtraArgs, component => component))
        {
            Volumes = Lists(nodes.ExtraVolumes, NameOfVolumes),
            EtcdImageTag =
                nodes.EtcdImageTag ?? cluster.EtcdRoll?.Tag ?? (before.ContainsKey(EtcdImage) || roll is not null ? "" : null),
            ReplacesEtcdImageTag =
                nodes.EtcdImageTag is not null || before.ContainsKey(EtcdImage) || roll is NodeBuild.Unknown ? null : roll ?? "",
        };

        ValueMap<string, ValueList<T>> Lists<T>(ValueMap<string, ValueList<T>> asked, Func<string, string> name) =>
            [
                .. Components
                    .Select(component => (Name: component, Asked: asked.GetValueOrDefault(component) ?? []))
                    .Where(component => component.Asked.Count > 0 || before.ContainsKey(name(component.Name)))
                    .Select(component => KeyValuePair.Create(component.Name, component.Asked)),
            ];
    }

    /// <summary>Every setting that a cluster asks for, by its name.</summary>
    public static IEnumerable<(string Name, object Value)> AskedBy(ClusterSpec cluster)
    {
        var nodes = cluster.Nodes;
        foreach (var component in Components)
        {
            if (nodes.ExtraArgs.GetValueOrDefault(component) is { Count: > 0 } arguments)
            {
                yield return (component, arguments);
            }

            if (nodes.ExtraVolumes.GetValueOrDefault(component) is { Count: > 0 } volumes)
            {
                yield return (NameOfVolumes(component), volumes);
            }
        }

        if (nodes.EtcdImageTag is { } tag)
        {
            yield return (EtcdImage, tag);
        }

        if (cluster.EtcdRoll is { } roll)
        {
            yield return (EtcdRollImage, roll.Tag);
        }
    }

    private static string NameOfVolumes(string component) => VolumesPrefix + component;
}
