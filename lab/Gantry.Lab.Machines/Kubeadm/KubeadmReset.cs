using Gantry.Lab.Machines.Clusters.Etcd;
using Gantry.Lab.Machines.Shell;

namespace Gantry.Lab.Machines.Kubeadm;

/// <summary>
/// <c>kubeadm reset</c>: takes the machine's member out of etcd where an API server answers, stops the kubelet and its pods, and
/// empties the folders of kubeadm, the kubelet and etcd.
/// </summary>
internal sealed class KubeadmReset(IKubeadmHost host, ShellCall call)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (!call.Arguments.Contains("--force") && !call.Arguments.Contains("-f"))
        {
            throw new KubeadmException("aborted reset operation: the lab's kubeadm asks nobody; write --force");
        }

        await host.TakeAsync(10, cancellationToken);
        RemoveEtcdMember();
        var folders = new List<string> { StaticPods.Folder, "/var/lib/kubelet", "/etc/kubernetes/pki" };
        if (call.Files.Find(StaticPods.PathOf("etcd")) is not null)
        {
            folders.Add(StaticPods.EtcdFolder);
        }

        foreach (var folder in folders.Where(call.Files.IsFolder))
        {
            call.Files.Remove(folder);
            call.Files.MakeFolder(folder);
        }

        foreach (
            var file in (ReadOnlySpan<string>)
                ["admin", "super-admin", "kubelet", "bootstrap-kubelet", "controller-manager", "scheduler"]
        )
        {
            call.Files.Remove($"/etc/kubernetes/{file}.conf");
        }

        host.Leaves();
    }

    private void RemoveEtcdMember()
    {
        var systemId = host.State.Machine.SystemId;
        if (
            call.Files.Find(StaticPods.PathOf("etcd")) is null
            || call.Files.Find("/etc/kubernetes/admin.conf") is null
            || host.Clusters.OfMember(systemId) is not { } cluster
        )
        {
            return;
        }

        var member = cluster.Record.Members.First(member => member.SystemId == systemId);
        try
        {
            // Its API server and its kube-vip stop with it.
            cluster.Change(record => EtcdMembership.Remove(record, member.EtcdId) with { Former = record.Former });
        }
        catch (EtcdFault refused)
        {
            call.Errors.Append(
                $"W [reset] Failed to remove etcd member: {refused.Message}, please manually remove this etcd member using etcdctl\n"
            );
            cluster.ChangeMember(systemId, stopped => stopped with { Up = false });
        }
    }
}
