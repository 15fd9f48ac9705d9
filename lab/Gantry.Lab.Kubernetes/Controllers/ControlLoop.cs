namespace Gantry.Lab.Kubernetes.Controllers;

/// <summary>
/// Runs every controller until no controller has work left. Level-triggered: each pass reads all objects of its kinds.
/// </summary>
internal static class ControlLoop
{
    /// <summary>Kinds no controller acts on; a change of only these needs no pass.</summary>
    private static readonly HashSet<string> Inert =
    [
        "configmaps",
        "secrets",
        "events",
        "leases.coordination.k8s.io",
        "roles.rbac.authorization.k8s.io",
        "rolebindings.rbac.authorization.k8s.io",
        "clusterroles.rbac.authorization.k8s.io",
        "clusterrolebindings.rbac.authorization.k8s.io",
    ];

    /// <summary>Far above the passes a change needs; a loop that does not settle is a bug in a controller.</summary>
    private const int PassLimit = 2000;

    /// <summary>Runs the controllers until they settle. Returns when the next timed work is due.</summary>
    public static DateTimeOffset? Settle(LabCluster cluster)
    {
        var objects = cluster.Objects;
        for (var pass = 0; pass < PassLimit; pass++)
        {
            var before = objects.ResourceVersion;
            var moment = new Moment(cluster);
            GarbageCollector.Run(moment);
            if (!OnlyInert(objects))
            {
                PodNetwork.Run(moment);
                NodeLifecycle.Run(moment);
                Workloads.Run(moment);
                Scheduler.Run(moment);
                Kubelets.Run(moment);
                Budgets.Run(moment);
                EndpointLists.Run(moment);
                CustomDefinitions.Run(moment);
                ServiceAccounts.Run(moment);
                CertificateSigner.Run(moment);
            }

            if (objects.ResourceVersion == before)
            {
                return OnlyInert(objects) ? Earlier(moment.Due, cluster.NextDue) : moment.Due;
            }
        }

        throw new InvalidOperationException($"The controllers of cluster {cluster.Id} did not settle in {PassLimit} passes.");
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? a, DateTimeOffset? b) => a is null || b < a ? b ?? a : a;

    private static bool OnlyInert(ObjectStore objects) =>
        objects.Pending.Count > 0 && objects.Pending.All(p => Inert.Contains(p.Object.Kind));
}
