using Gantry.Lab.Kubernetes;
using Gantry.Lab.Machines.Shell;

namespace Gantry.Lab.Machines.Kubeadm;

/// <summary>A call of the machine's own API server, with a kubeconfig that names the machine.</summary>
internal static class LocalApiServer
{
    /// <returns>Why nothing answers; <c>null</c> when it does.</returns>
    /// <exception cref="KubeadmException">The kubeconfig cannot be used.</exception>
    public static string? Problem(IKubeadmHost host, ShellCall call)
    {
        var at = Array.IndexOf(call.Arguments, "--kubeconfig");
        var path = at >= 0 ? call.Arguments.ElementAtOrDefault(at + 1) ?? "" : "/etc/kubernetes/admin.conf";
        if (call.Files.Find(path) is not { } file)
        {
            throw new KubeadmException($"failed to load kubeconfig: stat {path}: no such file or directory");
        }

        var server = Discovery.ServerOf(file.Text);
        if (server.Host != host.State.Hostname.ToLowerInvariant())
        {
            throw new KubeadmException($"the lab asks the machine's own API server alone, and {path} names {server}");
        }

        // A learner does not answer the reads that an API server begins with.
        return
            StaticPods.Runs(host.State, "kube-apiserver")
            && host.Clusters.OfMember(host.State.Machine.SystemId) is { Record.HasQuorum: true } cluster
            && cluster.Record.Voters.Any(member =>
                member.SystemId == host.State.Machine.SystemId && member is { Up: true, Started: true }
            )
            ? null
            : $"Get \"https://{server}/api/v1/namespaces/kube-system/secrets\": dial tcp {server}: connect: connection refused";
    }
}
