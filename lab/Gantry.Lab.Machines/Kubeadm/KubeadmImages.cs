using Gantry.Lab.Kubernetes;

namespace Gantry.Lab.Machines.Kubeadm;

/// <summary>What <c>kubeadm config images list</c> prints, of which scripts read the pause image.</summary>
internal static class KubeadmImages
{
    public static string Of(KubeVersion version) =>
        string.Join(
            '\n',
            new[] { "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy" }
                .Select(name => $"registry.k8s.io/{name}:{version}")
                .Append($"registry.k8s.io/pause:{Pause(version)}")
        );

    private static string Pause(KubeVersion version) =>
        version.Minor switch
        {
            >= 36 => "3.10.2",
            >= 34 => "3.10.1",
            >= 31 => "3.10",
            _ => "3.9",
        };
}
