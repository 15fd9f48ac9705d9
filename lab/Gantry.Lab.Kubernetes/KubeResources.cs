namespace Gantry.Lab.Kubernetes;

/// <summary>The built-in kinds, which every cluster serves.</summary>
public static class KubeResources
{
    public static KubeResource Nodes { get; } = Cluster("", "v1", "nodes", "Node", "no") with { HasStatus = true };

    public static KubeResource Pods { get; } = In("", "v1", "pods", "Pod", "po") with { HasStatus = true, Categories = ["all"] };

    public static KubeResource Namespaces { get; } = Cluster("", "v1", "namespaces", "Namespace", "ns") with { HasStatus = true };

    public static KubeResource ConfigMaps { get; } = In("", "v1", "configmaps", "ConfigMap", "cm");

    public static KubeResource Secrets { get; } = In("", "v1", "secrets", "Secret");

    public static KubeResource Services { get; } =
        In("", "v1", "services", "Service", "svc") with
        {
            HasStatus = true,
            Categories = ["all"],
        };

    public static KubeResource Endpoints { get; } = In("", "v1", "endpoints", "Endpoints", "ep") with { Singular = "endpoints" };

    public static KubeResource ServiceAccounts { get; } = In("", "v1", "serviceaccounts", "ServiceAccount", "sa");

    public static KubeResource Events { get; } = In("", "v1", "events", "Event", "ev");

    public static KubeResource PersistentVolumes { get; } =
        Cluster("", "v1", "persistentvolumes", "PersistentVolume", "pv") with
        {
            HasStatus = true,
        };

    public static KubeResource PersistentVolumeClaims { get; } =
        In("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", "pvc") with
        {
            HasStatus = true,
        };

    public static KubeResource ReplicationControllers { get; } =
        Spec(In("", "v1", "replicationcontrollers", "ReplicationController", "rc")) with
        {
            HasScale = true,
            Categories = ["all"],
        };

    public static KubeResource Deployments { get; } =
        Spec(In("apps", "v1", "deployments", "Deployment", "deploy")) with
        {
            HasScale = true,
            Categories = ["all"],
        };

    public static KubeResource ReplicaSets { get; } =
        Spec(In("apps", "v1", "replicasets", "ReplicaSet", "rs")) with
        {
            HasScale = true,
            Categories = ["all"],
        };

    public static KubeResource StatefulSets { get; } =
        Spec(In("apps", "v1", "statefulsets", "StatefulSet", "sts")) with
        {
            HasScale = true,
            Categories = ["all"],
        };

    public static KubeResource DaemonSets { get; } =
        Spec(In("apps", "v1", "daemonsets", "DaemonSet", "ds")) with
        {
            Categories = ["all"],
        };

    public static KubeResource ControllerRevisions { get; } = In("apps", "v1", "controllerrevisions", "ControllerRevision");

    public static KubeResource Jobs { get; } = Spec(In("batch", "v1", "jobs", "Job")) with { Categories = ["all"] };

    public static KubeResource CronJobs { get; } =
        Spec(In("batch", "v1", "cronjobs", "CronJob", "cj")) with
        {
            Categories = ["all"],
        };

    public static KubeResource PodDisruptionBudgets { get; } =
        Spec(In("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", "pdb"));

    public static KubeResource Leases { get; } = In("coordination.k8s.io", "v1", "leases", "Lease");

    public static KubeResource EndpointSlices { get; } = In("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice");

    public static KubeResource Roles { get; } = In("rbac.authorization.k8s.io", "v1", "roles", "Role");

    public static KubeResource RoleBindings { get; } = In("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding");

    public static KubeResource ClusterRoles { get; } = Cluster("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole");

    public static KubeResource ClusterRoleBindings { get; } =
        Cluster("rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding");

    public static KubeResource CustomResourceDefinitions { get; } =
        Spec(Cluster("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", "crd", "crds")) with
        {
            Categories = ["api-extensions"],
        };

    public static KubeResource ApiServices { get; } =
        Cluster("apiregistration.k8s.io", "v1", "apiservices", "APIService") with
        {
            HasStatus = true,
            Categories = ["api-extensions"],
        };

    public static KubeResource CertificateSigningRequests { get; } =
        Cluster("certificates.k8s.io", "v1", "certificatesigningrequests", "CertificateSigningRequest", "csr") with
        {
            HasStatus = true,
        };

    public static KubeResource PriorityClasses { get; } =
        Cluster("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", "pc");

    public static KubeResource VolumeAttachments { get; } =
        Cluster("storage.k8s.io", "v1", "volumeattachments", "VolumeAttachment") with
        {
            HasStatus = true,
        };

    /// <summary>All built-in kinds, in discovery order.</summary>
    public static IReadOnlyList<KubeResource> All { get; } =
    [
        ConfigMaps,
        Endpoints,
        Events,
        In("", "v1", "limitranges", "LimitRange", "limits"),
        Namespaces,
        Nodes,
        PersistentVolumeClaims,
        PersistentVolumes,
        Pods,
        In("", "v1", "podtemplates", "PodTemplate"),
        ReplicationControllers,
        In("", "v1", "resourcequotas", "ResourceQuota", "quota") with
        {
            HasStatus = true,
        },
        Secrets,
        ServiceAccounts,
        Services,
        ApiServices,
        ControllerRevisions,
        DaemonSets,
        Deployments,
        ReplicaSets,
        StatefulSets,
        In("events.k8s.io", "v1", "events", "Event", "ev"),
        Spec(In("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", "hpa")) with
        {
            Categories = ["all"],
        },
        Spec(In("autoscaling", "v1", "horizontalpodautoscalers", "HorizontalPodAutoscaler", "hpa")) with
        {
            Categories = ["all"],
        },
        CronJobs,
        Jobs,
        CertificateSigningRequests,
        Cluster("networking.k8s.io", "v1", "ingressclasses", "IngressClass"),
        Spec(In("networking.k8s.io", "v1", "ingresses", "Ingress", "ing")),
        In("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", "netpol") with
        {
            HasGeneration = true,
        },
        PodDisruptionBudgets,
        ClusterRoleBindings,
        ClusterRoles,
        RoleBindings,
        Roles,
        Cluster("storage.k8s.io", "v1", "csidrivers", "CSIDriver"),
        Cluster("storage.k8s.io", "v1", "csinodes", "CSINode"),
        In("storage.k8s.io", "v1", "csistoragecapacities", "CSIStorageCapacity") with
        {
            Singular = "csistoragecapacity",
        },
        Cluster("storage.k8s.io", "v1", "storageclasses", "StorageClass", "sc"),
        VolumeAttachments,
        Cluster("admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration") with
        {
            HasGeneration = true,
        },
        Cluster("admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration") with
        {
            HasGeneration = true,
        },
        Cluster("admissionregistration.k8s.io", "v1", "validatingadmissionpolicies", "ValidatingAdmissionPolicy") with
        {
            HasStatus = true,
            HasGeneration = true,
        },
        Cluster("admissionregistration.k8s.io", "v1", "validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding"),
        Cluster("flowcontrol.apiserver.k8s.io", "v1", "flowschemas", "FlowSchema") with
        {
            HasStatus = true,
        },
        Cluster("flowcontrol.apiserver.k8s.io", "v1", "prioritylevelconfigurations", "PriorityLevelConfiguration") with
        {
            HasStatus = true,
        },
        CustomResourceDefinitions,
        PriorityClasses,
        Cluster("node.k8s.io", "v1", "runtimeclasses", "RuntimeClass"),
        Leases,
        EndpointSlices,
    ];

    private static readonly Dictionary<(string, string, string), KubeResource> ByPath = All.ToDictionary(r =>
        (r.Group, r.Version, r.Plural)
    );

    /// <summary>The kind at a path, or null.</summary>
    public static KubeResource? Find(string group, string version, string plural) =>
        ByPath.GetValueOrDefault((group, version, plural));

    private static KubeResource In(string group, string version, string plural, string kind, params string[] shortNames) =>
        new(group, version, plural, kind, Namespaced: true) { ShortNames = shortNames };

    private static KubeResource Cluster(string group, string version, string plural, string kind, params string[] shortNames) =>
        new(group, version, plural, kind, Namespaced: false) { ShortNames = shortNames };

    private static KubeResource Spec(KubeResource resource) => resource with { HasStatus = true, HasGeneration = true };
}
