using Gantry.Lab.Kubernetes;
using Gantry.Lab.Machines.Clusters;
using Gantry.Lab.Machines.Clusters.Etcd;

namespace Gantry.Lab.Machines.Kubeadm;

/// <summary>
/// The phases <c>check-etcd</c> and <c>etcd-join</c> of <c>kubeadm join</c>: add a member as a learner, start it, promote it. A
/// machine that stops in between leaves its learner behind, and no other machine can join until the learner is removed.
/// </summary>
internal sealed class EtcdJoin(IKubeadmHost host, ControlPlane cluster, NodeCertificates certificates)
{
    // The default of timeouts.etcdAPICall in v1beta4.
    private static readonly TimeSpan CallLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(5);

    private string SystemId => host.State.Machine.SystemId;

    /// <summary>Checks that every started member answers a client certificate signed by this disk's etcd CA.</summary>
    /// <exception cref="KubeadmException">A member does not answer.</exception>
    public async Task CheckAsync(string address, CancellationToken cancellationToken)
    {
        if (NodeCertificates.KeyHash(certificates.EtcdCaPem) != NodeCertificates.KeyHash(cluster.Record.EtcdCaPem))
        {
            throw new KubeadmException(
                "error execution phase check-etcd: etcd cluster is not healthy: failed to dial endpoint "
                    + $"https://{cluster.Record.Members[0].Address}:{ControlPlaneMember.EtcdPort} with maintenance client: "
                    + "tls: failed to verify certificate: "
                    + "x509: certificate signed by unknown authority"
            );
        }

        var step = TimeSpan.Zero;
        for (var waited = TimeSpan.Zero; Silent(address) is { } silent; waited += step)
        {
            if (waited >= CallLimit)
            {
                throw new KubeadmException(
                    "error execution phase check-etcd: etcd cluster is not healthy: failed to dial endpoint "
                        + $"https://{silent.Address}:{ControlPlaneMember.EtcdPort} with maintenance client: context deadline "
                        + "exceeded"
                );
            }

            step = Step;
            await host.WaitAsync(step, cancellationToken);
        }
    }

    /// <exception cref="KubeadmException">etcd does not accept the member within kubeadm's timeout.</exception>
    public async Task RunAsync(ControlPlaneMember member, CancellationToken cancellationToken)
    {
        var others = cluster
            .Record.Members.Where(other => other.Started && other.Address != member.Address)
            .Select(VersionOf)
            .ToList();
        var id = await UntilAsync(() => Add(member), cancellationToken);
        if (!EtcdImages.MayJoin(VersionOf(member), others))
        {
            await host.WaitAsync(CallLimit, cancellationToken);
            throw new KubeadmException(
                "error execution phase etcd-join: error creating local etcd static pod manifest file: timeout waiting for etcd cluster to be "
                    + "available"
            );
        }

        await host.TakeAsync(20, cancellationToken);
        await UntilAsync(() => Change(record => EtcdMembership.Start(record, id)), cancellationToken);
        await cluster.ServeAsync(virtualIps: true, host.Clusters.Time.GetUtcNow(), cancellationToken);

        // The time of the snapshot transfer.
        await host.TakeAsync(5, cancellationToken);
        await UntilAsync(
            () => Change(record => IsVoter(record, id) ? record : EtcdMembership.Promote(record, id)),
            cancellationToken
        );
    }

    private static Version VersionOf(ControlPlaneMember member) => Version.Parse(member.EtcdVersion);

    // A learner that an earlier attempt of this installation added is reused.
    private string Add(ControlPlaneMember member)
    {
        var before = cluster.Record.Members.FirstOrDefault(other => other.Address == member.Address);
        if (before is not null && (before.SystemId != SystemId || before.Installation != member.Installation))
        {
            throw EtcdFault.Precondition(
                $"etcd member {before.NodeName} at {member.Address} exists already and this disk does not hold its data: "
                    + "tocommit(1) is out of range [lastIndex(0)]; remove the member first"
            );
        }

        if (before is null)
        {
            cluster.Change(record => EtcdMembership.AddLearner(record, member));
        }

        return cluster.Record.Members.First(other => other.Address == member.Address).EtcdId;
    }

    private string Change(Func<ControlPlaneRecord, ControlPlaneRecord> change)
    {
        RequireCluster();
        cluster.Change(change);
        return "";
    }

    private async Task<string> UntilAsync(Func<string> attempt, CancellationToken cancellationToken)
    {
        for (var waited = TimeSpan.Zero; ; waited += Step)
        {
            try
            {
                return attempt();
            }
            catch (EtcdFault fault) when (waited >= CallLimit)
            {
                throw new KubeadmException(
                    $"error execution phase etcd-join: error creating local etcd static pod manifest file: {fault.Message}"
                );
            }
            catch (EtcdFault)
            {
                await host.WaitAsync(Step, cancellationToken);
            }
        }
    }

    private void RequireCluster()
    {
        if (host.Clusters.Find(cluster.Record.Id) is null)
        {
            throw new KubeadmException(
                $"error execution phase etcd-join: Get \"https://{cluster.Record.Endpoint}\": dial tcp "
                    + $"{cluster.Record.Endpoint}: connect: connection refused"
            );
        }
    }

    private static bool IsVoter(ControlPlaneRecord record, string id) => record.Voters.Any(member => member.EtcdId == id);

    private ControlPlaneMember? Silent(string address) =>
        cluster.Record.Members.FirstOrDefault(member => member is { Started: true, Up: false } && member.Address != address);
}
