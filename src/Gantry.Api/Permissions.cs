namespace Gantry.Api;

/// <summary>All permissions that operations require, by resource.</summary>
public static class Permissions
{
    public static class ApiKey
    {
        public static Permission Create { get; } = Permission.Of("apiKey.create");

        public static Permission Delete { get; } = Permission.Of("apiKey.delete");

        public static Permission Get { get; } = Permission.Of("apiKey.get");

        public static Permission List { get; } = Permission.Of("apiKey.list");

        public static Permission Update { get; } = Permission.Of("apiKey.update");
    }

    public static class Audit
    {
        public static Permission Get { get; } = Permission.Of("audit.get");

        public static Permission List { get; } = Permission.Of("audit.list");
    }

    public static class CloudAccount
    {
        public static Permission Create { get; } = Permission.Of("cloudaccount.create");

        public static Permission Delete { get; } = Permission.Of("cloudaccount.delete");

        public static Permission Get { get; } = Permission.Of("cloudaccount.get");

        public static Permission List { get; } = Permission.Of("cloudaccount.list");

        public static Permission Update { get; } = Permission.Of("cloudaccount.update");
    }

    public static class CloudConfig
    {
        public static Permission Create { get; } = Permission.Of("cloudconfig.create");

        public static Permission Delete { get; } = Permission.Of("cloudconfig.delete");

        public static Permission Get { get; } = Permission.Of("cloudconfig.get");

        public static Permission Update { get; } = Permission.Of("cloudconfig.update");
    }

    public static class Cluster
    {
        /// <summary>Gantry's own: a kubeconfig with administrator rights in the cluster.</summary>
        public static Permission AdminKubeconfig { get; } = Permission.Of("cluster.adminKubeconfig");

        public static Permission Create { get; } = Permission.Of("cluster.create");

        public static Permission Delete { get; } = Permission.Of("cluster.delete");

        public static Permission Get { get; } = Permission.Of("cluster.get");

        public static Permission List { get; } = Permission.Of("cluster.list");

        public static Permission Update { get; } = Permission.Of("cluster.update");
    }

    public static class ClusterProfile
    {
        public static Permission Create { get; } = Permission.Of("clusterProfile.create");

        public static Permission Delete { get; } = Permission.Of("clusterProfile.delete");

        public static Permission Get { get; } = Permission.Of("clusterProfile.get");

        public static Permission List { get; } = Permission.Of("clusterProfile.list");

        public static Permission Publish { get; } = Permission.Of("clusterProfile.publish");

        public static Permission Update { get; } = Permission.Of("clusterProfile.update");
    }

    public static class Machine
    {
        public static Permission Get { get; } = Permission.Of("machine.get");

        public static Permission List { get; } = Permission.Of("machine.list");

        public static Permission Update { get; } = Permission.Of("machine.update");
    }

    public static class PackRegistry
    {
        public static Permission Get { get; } = Permission.Of("packRegistry.get");

        public static Permission List { get; } = Permission.Of("packRegistry.list");
    }

    public static class PrivateGateway
    {
        public static Permission Create { get; } = Permission.Of("privateGateway.create");

        public static Permission Delete { get; } = Permission.Of("privateGateway.delete");

        public static Permission Get { get; } = Permission.Of("privateGateway.get");

        public static Permission List { get; } = Permission.Of("privateGateway.list");

        public static Permission Update { get; } = Permission.Of("privateGateway.update");
    }

    public static class Project
    {
        public static Permission Create { get; } = Permission.Of("project.create");

        public static Permission Delete { get; } = Permission.Of("project.delete");

        public static Permission Get { get; } = Permission.Of("project.get");

        public static Permission List { get; } = Permission.Of("project.list");

        public static Permission Update { get; } = Permission.Of("project.update");
    }
}
