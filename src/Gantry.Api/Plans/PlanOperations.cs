namespace Gantry.Api;

public static partial class Operations
{
    /// <summary>Plans, why-not, what-if and explain for clusters, and applying a saved plan.</summary>
    public static class Plans
    {
        public static Operation<ClusterEntity, PlanAnswer> PlanNew { get; } =
            new("PlanCluster", "POST /v1/spectroclusters/maas/plan", Permissions.Cluster.Create)
            {
                Tag = "Plans",
                Summary = "Plan a new cluster without changing anything.",
            };

        public static Operation<ClusterEntity, WhyNotAnswer> WhyNotNew { get; } =
            new("WhyNotCluster", "POST /v1/spectroclusters/maas/whyNot", Permissions.Cluster.Create)
            {
                Tag = "Plans",
                Summary = "List which machines fail which constraint of a new cluster.",
            };

        public static Operation<ClusterEntity, WhatIfAnswer> WhatIfNew { get; } =
            new("WhatIfCluster", "POST /v1/spectroclusters/maas/whatIf", Permissions.Cluster.Create)
            {
                Tag = "Plans",
                Summary = "Check whether there is room for a number of new clusters.",
                Query = [QueryParameters.Count],
            };

        public static Operation<ClusterChange, PlanAnswer> Plan { get; } =
            new("PlanClusterChange", "POST /v1/spectroclusters/{uid}/plan", Permissions.Cluster.Update)
            {
                Tag = "Plans",
                Summary = "Plan a change of a cluster without making it.",
            };

        public static Operation<ClusterChange, WhyNotAnswer> WhyNot { get; } =
            new("WhyNotClusterChange", "POST /v1/spectroclusters/{uid}/whyNot", Permissions.Cluster.Get)
            {
                Tag = "Plans",
                Summary = "List which machines fail which constraint of a cluster, or of a change of it.",
            };

        public static Operation<ClusterChange, WhatIfAnswer> WhatIf { get; } =
            new("WhatIfClusterChange", "POST /v1/spectroclusters/{uid}/whatIf", Permissions.Cluster.Get)
            {
                Tag = "Plans",
                Summary = "Check whether there is room for more clusters like this one.",
                Query = [QueryParameters.Count],
            };

        public static Operation<NoBody, ExplainAnswer> Explain { get; } =
            new("ExplainCluster", "GET /v1/spectroclusters/{uid}/explain", Permissions.Cluster.Get)
            {
                Tag = "Plans",
                Summary = "Read the one cause that keeps a cluster from its desired state, and the next action.",
            };

        public static Operation<NoBody, UidAnswer> Apply { get; } =
            new("ApplyPlan", "POST /v1/plans/{hash}/apply", Permissions.Cluster.Update)
            {
                Tag = "Plans",
                Summary = "Apply a saved plan. Fails if anything has changed since it was made.",
            };
    }
}
