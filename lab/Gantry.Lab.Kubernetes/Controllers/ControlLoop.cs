namespace Gantry.Lab.Kubernetes.Controllers;

/// <summary>
/// Lets every controller act until none has anything left to do now. Level-triggered: each looks at all objects of its kinds.
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

    /// <summary>Far more passes than a change ever needs; a loop that does not settle is an error in a controller.</summary>
    private const int PassLimit = 2000;

    /// <summary>Settles, and says when something is due next.</summary>
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
