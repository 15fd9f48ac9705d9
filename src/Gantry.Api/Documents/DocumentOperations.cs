namespace Gantry.Api;

public static partial class Operations
{
    /// <summary>Clusters and profiles as files.</summary>
    public static class Documents
    {
        public static Operation<DocumentSet, DocumentsAnswer> Apply { get; } =
            new("ApplyDocuments", "POST /v1/documents/apply", Permissions.Cluster.Create)
            {
                Tag = "Documents",
                Summary = "Make clusters and profiles what their documents say, all of them or none.",
                Query = [QueryParameters.DryRun],
            };

        public static Operation<ClusterDocument, PlanAnswer> Plan { get; } =
            new("PlanDocument", "POST /v1/documents/plan", Permissions.Cluster.Update)
            {
                Tag = "Documents",
                Summary = "Plan what a cluster's document changes, without changing anything.",
                Query = [QueryParameters.Prune],
            };

        public static Operation<NoBody, ClusterDocument> GetCluster { get; } =
            new("GetClusterDocument", "GET /v1/spectroclusters/{uid}/document", Permissions.Cluster.Get)
            {
                Tag = "Documents",
                Summary = "Read a cluster as a document; applied again, it changes nothing.",
            };

        public static Operation<NoBody, ClusterProfileDocument> GetProfile { get; } =
            new("GetClusterProfileDocument", "GET /v1/clusterprofiles/{uid}/document", Permissions.ClusterProfile.Get)
            {
                Tag = "Documents",
                Summary = "Read a profile as a document; applied again, it changes nothing.",
            };
    }
}
