using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Server.Api;

namespace Gantry.Server.Clusters;

/// <summary>
/// Changes that an existing cluster does not permit. Pure: a table of refusals, each with its field and the remedy.
/// </summary>
public static class ChangeRules
{
    /// <param name="before">The newest desired state, which its gateway may not have received yet.</param>
    /// <param name="status">The last report; null before the first.</param>
    public static void Check(Check check, DesiredCluster before, ClusterSpec after, ClusterStatus? status)
    {
        // A desired state that nobody has acted on may become anything that can be built.
        if (IsUntouched(before.Spec, status))
        {
            return;
        }

        NetworkChecks.OfChange(check, before, after);
        Version(check, before, after, status);
        var pack = KubernetesPack(before.Profiles);
        NewArguments(check, pack, before.Spec, after);
        Unchanged(
            check,
            $"{pack}.values.pack.podCIDR",
            before.Spec.Network.PodCidr,
            after.Network.PodCidr,
            "pods keep the addresses they have"
        );
        Unchanged(
            check,
            $"{pack}.values.pack.serviceClusterIpRange",
            before.Spec.Network.ServiceCidr,
            after.Network.ServiceCidr,
            "services keep the addresses they have"
        );
        Unchanged(
            check,
            $"{pack}.values.pack.serviceDomain",
            before.Spec.Network.DnsDomain,
            after.Network.DnsDomain,
            "every pod was told the domain"
        );
        check.That(
            SameEndpoint(before.Spec.Endpoint, after.Endpoint),
            $"{pack}.values.pack.endpoint",
            $"cannot change from {Shown(before.Spec.Endpoint)} to {Shown(after.Endpoint)}: nodes and kubeconfigs carry "
                + "it; make a new cluster"
        );
    }

    // A component of a machine that replaces another does not start with a flag that it does not know. What is there already runs, so
    // it is looked at before an upgrade alone, by the plan.
    private static void NewArguments(Check check, string pack, ClusterSpec before, ClusterSpec after)
    {
        foreach (var (component, arguments) in after.Nodes.ExtraArgs)
        {
            var known = before.Nodes.ExtraArgs.GetValueOrDefault(component) ?? [];
            foreach (var argument in arguments.Where(argument => !known.Contains(argument)))
            {
                foreach (var problem in UnknownArguments.Problems(component, argument, before.KubernetesVersion))
                {
                    var section = component is "kubelet" ? "kubeletExtraArgs" : $"{component}.extraArgs";
                    check.Problem($"{pack}.values.kubeadmconfig.{section}.{argument.Name}", problem);
                }
            }
        }
    }

    /// <summary>Whether nothing of the cluster exists: no machine, no address, no control plane.</summary>
    public static bool IsUntouched(ClusterSpec before, ClusterStatus? status) =>
        status is null or { Phase: ClusterPhase.Pending, Machines.Count: 0, KubernetesVersion: null }
        && (status?.Endpoint is null || before.Endpoint is EndpointChoice.Given);

    /// <summary>The endpoint of a changed cluster: nodes and kubeconfigs carry the one it has.</summary>
    public static EndpointChoice EndpointOf(ClusterSpec before, EndpointChoice after, ClusterStatus? status) =>
        IsUntouched(before, status) && !SameEndpoint(before.Endpoint, after) ? after : before.Endpoint;

    public static string Shown(EndpointChoice endpoint) =>
        endpoint switch
        {
            EndpointChoice.VirtualIp { Address: { } address } => $"vip:{address}",
            EndpointChoice.VirtualIp => "vip",
            EndpointChoice.MaasDns dns => $"dns:{dns.Domain}",
            EndpointChoice.Given given => $"{given.Host}:{given.Port}",
            _ => "",
        };

    private static void Version(Check check, DesiredCluster before, ClusterSpec after, ClusterStatus? status)
    {
        if (after.KubernetesVersion == before.Spec.KubernetesVersion)
        {
            return;
        }

        var wanted = after.KubernetesVersion;

        var running = Running(status);
        if (running.Count is 0)
        {
            // No control plane runs: machines that are being installed are installed again.
            return;
        }

        var field = $"{KubernetesPack(before.Profiles)}.version";
        switch (wanted.StepFrom(running))
        {
            case VersionStep.GoesBack:
                check.Problem(
                    field,
                    $"'{wanted}' is older than {running.Max()}, which the cluster runs; Kubernetes does not go "
                        + $"back; write {running.Max()} or newer"
                );
                break;
            case VersionStep.SkipsMinor:
                check.Problem(
                    field,
                    $"'{wanted}' is more than one minor version above {running.Min()}, which the cluster still runs; go to "
                        + $"1.{running.Min().Minor + 1} first and wait until it runs"
                );
                break;
        }
    }

    // The running version decides, not the desired one: a version requested by mistake may be taken back until a control
    // plane runs it. A report may be late; the planner checks the same on its observation. Only control planes count:
    // workers may lag behind.
    private static List<KubernetesVersion> Running(ClusterStatus? status)
    {
        var controlPlanes = (status?.Machines ?? []).Where(machine => machine.Role is PoolRole.ControlPlane);
        return
        [
            .. controlPlanes
                .Select(machine => KubernetesVersion.Reported(machine.KubernetesVersion))
                .Append(status?.KubernetesVersion)
                .OfType<KubernetesVersion>(),
        ];
    }

    /// <summary>The Kubernetes layer as a field of a request.</summary>
    internal static string KubernetesPack(IReadOnlyList<AttachedProfile> profiles)
    {
        var packs = profiles.SelectMany(profile => profile.Template.Packs);
        return $"spec.profiles.{packs.FirstOrDefault(pack => pack.Layer is "k8s")?.Name ?? "kubernetes"}";
    }

    private static void Unchanged<T>(Check check, string field, T before, T after, string because)
        where T : IEquatable<T> =>
        check.That(
            before.Equals(after),
            field,
            $"cannot change from {before} to '{ApiError.Shown($"{after}")}': {because}; make a new cluster"
        );

    // The subnet of a virtual IP is a preference of the account, which may change without the cluster.
    private static bool SameEndpoint(EndpointChoice before, EndpointChoice after) =>
        (before, after) switch
        {
            (EndpointChoice.VirtualIp one, EndpointChoice.VirtualIp other) => one.Address == other.Address,
            _ => before == after,
        };
}
