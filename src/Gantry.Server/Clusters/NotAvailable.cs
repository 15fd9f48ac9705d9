namespace Gantry.Server.Clusters;

/// <summary>Why settings of Palette are refused, in the words of an answer; one text for create, update and routes.</summary>
internal static class NotAvailable
{
    public const string Backup = "backups are not available; leave it out and back the cluster up with a tool inside it";
    public const string Scan = "scans are not available; leave it out";
    public const string ClusterTemplate = "cluster templates are not available; leave it out";
    public const string HyperShift = "is not available; leave it out";
    public const string OsPatch = "patching of nodes is not available; leave it out and roll the nodes to a newer image";
    public const string HostCluster = "true is not available: no cluster hosts virtual ones; write false";
    public const string Lifecycle = "clusters are not paused; leave it out";
    public const string HealthCheckTimeout = "is not available: the gateway decides when a machine has failed; leave it out";
    public const string Namespaces = "is not available; make namespaces with kubectl and leave the list empty";
    public const string RoleBindings = "is not available; make role bindings with kubectl and leave the list empty";
    public const string Variables = "profile variables are not available; write the values into the packs";
    public const string AdditionalTags =
        "is not available: tags of machines are set in MAAS; write labels of the nodes into additionalLabels";
    public const string Autoscaling =
        "autoscaling is not available; write 0 for minSize and maxSize and the wanted number for size";
    public const string ClusterApi = "is not available: machines are not made by Cluster API; leave it out";
    public const string HealthCheck = "is not available: the gateway decides when a machine has failed; leave it out";
    public const string UpgradeLock = "lock is not available: a gateway is upgraded by its operator; write unlock";
    public const string Maintenance = "is not available; cordon the node with kubectl, or replace its machine";
}
