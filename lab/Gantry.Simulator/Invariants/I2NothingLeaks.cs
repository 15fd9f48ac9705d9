using Gantry.Clusters.Model;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;
using Gantry.Simulator.Ports;

namespace Gantry.Simulator.Invariants;

/// <summary>After any crash, every machine, address and record with Gantry's mark is in the ledger or is released.</summary>
internal sealed class I2NothingLeaks(Simulation run) : Invariant(run)
{
    /// <summary>The cluster whose record named an address when it was reserved last, or a name when it was recorded.</summary>
    private readonly Dictionary<string, ClusterId> _endpoints = new(StringComparer.Ordinal);

    public override void After(Act act)
    {
        if (Run.WasSentByAnotherLedger(act))
        {
            // Whether it is found again is judged at the end.
            return;
        }

        switch (act.Kind)
        {
            case ActKind.Allocate when MachineOf(act) is { } machine:
                var member = Run.Ledger.HolderOf(machine.Id) is { } holder
                    ? Run.Ledger.Clusters[holder].FindMember(machine.Id)
                    : null;
                if (member?.Intent != act.Detail)
                {
                    Broken($"MAAS gave us {machine} for the intent {act.Detail}, and the ledger does not know it");
                }

                break;
            case ActKind.Deploy when MachineOf(act) is { } machine && Run.Ledger.HolderOf(machine.Id) is null:
                Broken($"MAAS installs {machine} for us, and the ledger does not know it");
                break;
            case ActKind.Reserve or ActKind.RecordDns when NamedBy(act.Detail) is { } cluster:
                _endpoints[act.Detail] = cluster;
                break;
            case ActKind.Reserve or ActKind.RecordDns:
                Broken($"MAAS keeps {act.Detail} for us, and the ledger does not know it");
                break;
        }
    }

    public override void LedgerSaved(
        ClusterRecord record,
        ClusterRecord? before,
        IReadOnlyList<SystemId> dropped,
        SystemId? twice
    )
    {
        foreach (var id in dropped)
        {
            // MAAS has released a machine that is marked broken, although it may keep its owner. On an older ledger a record may name a
            // machine that another allocation of ours has taken since.
            if (
                Run.Region.Find(id) is { } machine
                && Run.Region.IsOurs(machine)
                && machine.Status is not MaasStatus.Broken
                && !(Run.LedgerWasReplaced && machine.Agent.Length > 0 && machine.Agent != before?.FindMember(id)?.Intent)
            )
            {
                Broken(
                    $"{record.Spec.Name} forgets {machine} while MAAS shows it as ours "
                        + $"({machine.Show(Run.Region.Account).StatusName})"
                );
            }
        }

        if (before?.Endpoint is { } endpoint && record.Endpoint?.Host != endpoint.Host)
        {
            CheckGone(record, endpoint.Host);
        }
    }

    public override void LedgerRemoved(ClusterRecord record)
    {
        if (record.Endpoint is { Kind: not EndpointKind.Given } endpoint)
        {
            CheckGone(record, endpoint.Host);
        }
    }

    private void CheckGone(ClusterRecord record, string host)
    {
        // A record of an older ledger may name what another cluster has been given since. Whether that one is found again is judged
        // at the end.
        var isAnothers = Run.LedgerWasReplaced && _endpoints.TryGetValue(host, out var cluster) && cluster != record.Spec.Id;
        if (
            NamedBy(host) is null
            && !isAnothers
            && (
                (Run.Region.Reserved.TryGetValue(host, out var owner) && owner == Run.User.Name)
                || Run.Region.FindDns(host) is not null
            )
        )
        {
            Broken($"{record.Spec.Name} forgets {host} while MAAS keeps it for us");
        }
    }

    private ClusterId? NamedBy(string host) =>
        Run.Ledger.Clusters.Values.FirstOrDefault(record => record.Endpoint?.Host == host)?.Spec.Id;
}
