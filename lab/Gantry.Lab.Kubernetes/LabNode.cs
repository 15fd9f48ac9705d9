namespace Gantry.Lab.Kubernetes;

/// <summary>The facts a kubelet reports of its machine at registration.</summary>
/// <param name="KubeletVersion">As <c>v1.32.4</c>.</param>
public sealed record LabNode(string Name, string InternalIp, string KubeletVersion)
{
    /// <summary>Adds the labels and the taint of a kubeadm control plane node.</summary>
    public bool IsControlPlane { get; init; }

    public string OsImage { get; init; } = "Ubuntu 24.04.2 LTS";

    public string KernelVersion { get; init; } = "6.8.0-60-generic";

    public string ContainerRuntime { get; init; } = "containerd://1.7.27";

    /// <summary>The architecture by Go's name: <c>amd64</c>, <c>arm64</c>.</summary>
    public string Architecture { get; init; } = "amd64";

    public int CpuCount { get; init; } = 4;

    public int MemoryMiB { get; init; } = 8192;

    public string? ProviderId { get; init; }

    public string? PodCidr { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<LabTaint> Taints { get; init; } = [];

    /// <summary>
    /// No network plug-in is installed on the machine: the node stays unready until a daemon set other than kube-proxy runs a pod
    /// with host network on it, as network plug-ins do.
    /// </summary>
    public bool AwaitsNetwork { get; init; }
}

/// <param name="Effect"><c>NoSchedule</c>, <c>PreferNoSchedule</c> or <c>NoExecute</c>.</param>
public sealed record LabTaint(string Key, string Effect, string Value = "");
