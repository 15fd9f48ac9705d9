using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Server.Api;

namespace Gantry.Server.Clusters;

/// <summary>
/// Judges the networks of a request by <see cref="NetworkRules"/>, as far as they are known without MAAS; the gateway judges them
/// again with the subnets of the machines.
/// </summary>
internal static class NetworkChecks
{
    public static void OfNew(Check check, ClusterSpec spec, ClusterInput wire, IReadOnlyList<AttachedProfile> profiles)
    {
        foreach (var problem in NetworkRules.Check(spec))
        {
            check.Problem(FieldOf(problem, wire, profiles), problem.Message);
        }
    }

    /// <param name="before">A cluster of which something exists: its networks stay.</param>
    public static void OfChange(Check check, DesiredCluster before, ClusterSpec after)
    {
        foreach (var problem in NetworkRules.CheckChange(before.Spec, after))
        {
            check.Problem(
                problem.Rule is NetworkRule.EnoughForNodes
                    ? "spec.machinepoolconfig"
                    : FieldOf(problem, before.Wire, before.Profiles),
                problem.Message
            );
        }
    }

    private static string FieldOf(NetworkProblem problem, ClusterInput wire, IReadOnlyList<AttachedProfile> profiles) =>
        problem.Field switch
        {
            NetworkField.Endpoint when string.IsNullOrWhiteSpace(wire.CloudConfig?.Endpoint) => "spec.profiles.endpoint",
            NetworkField.Endpoint => "spec.cloudConfig.endpoint",
            _ => $"{ChangeRules.KubernetesPack(profiles)}.values.pack.{problem.FieldName}",
        };
}
