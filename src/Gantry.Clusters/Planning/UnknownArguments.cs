using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>
/// Arguments that a cluster asks for and that its Kubernetes version does not know: the component would not start with them. A name
/// that <see cref="ComponentFlags"/> does not have and that resembles none of it passes: the table may lack it.
/// </summary>
public static class UnknownArguments
{
    private const string FeatureGates = "feature-gates";

    /// <summary>One sentence for each argument that the version does not know.</summary>
    public static IEnumerable<string> Check(ClusterSpec cluster) =>
        from component in cluster.Nodes.ExtraArgs
        from argument in component.Value
        from problem in Problems(component.Key, argument, cluster.KubernetesVersion)
        select $"{component.Key} arguments: {problem}";

    /// <summary>What is wrong with an argument of a component, its name in kubeadm's configuration; empty when nothing is known to be.</summary>
    public static IEnumerable<string> Problems(string component, ExtraArg argument, KubernetesVersion version)
    {
        if (ComponentFlags.GoneSince(component, argument.Name) is { } gone && version.Minor >= gone)
        {
            yield return $"Kubernetes {version} has no {argument.Name}, which is gone since 1.{gone}, and the "
                + $"{component} does not start with it; remove it from the profile first";
        }
        else if (ComponentFlags.Since(component, argument.Name) is { } since && version.Minor < since)
        {
            yield return $"Kubernetes {version} has no {argument.Name}, which came with 1.{since}, and the "
                + $"{component} does not start with it; remove it from the profile, or ask for Kubernetes 1.{since}";
        }
        else if (ComponentFlags.Meant(component, argument.Name) is { } meant)
        {
            yield return $"no version of Kubernetes has {argument.Name}, and the {component} does not start with "
                + $"it; write {meant}";
        }

        if (argument.Name is not FeatureGates)
        {
            yield break;
        }

        foreach (
            var gate in argument
                .Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Select(gate => gate.Split('=')[0])
        )
        {
            if (ComponentFlags.GoneSince(ComponentFlags.FeatureGates, gate) is { } since && version.Minor >= since)
            {
                yield return $"Kubernetes {version} has no feature gate {gate}, which is gone since "
                    + $"1.{since}, and the {component} does not start with it; remove it from the profile first";
            }
        }
    }
}
