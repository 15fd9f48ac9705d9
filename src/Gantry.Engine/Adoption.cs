using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine;

/// <summary>
/// Takes machines that MAAS shows with a cluster's mark into the ledger: to give them back when the cluster is deleted, or, where
/// the ledger still has the keys of the cluster, to go on with them when a person asks for it.
/// </summary>
internal static class Adoption
{
    // A mark is text that anybody with the account's user may have changed. A pool that is not desired is scaled to nothing.
    private static readonly DnsLabel UnknownPool = DnsLabel.Parse("unknown");

    /// <param name="last">What the console was told of a cluster that has no record.</param>
    /// <returns>False when nothing may be adopted; a person has to decide then.</returns>
    public static async Task<bool> TryAsync(
        RunScope run,
        IReadOnlyList<RegionMachine> unknown,
        ClusterStatus? last,
        CancellationToken cancellationToken
    )
    {
        if (!unknown.All(machine => machine.IsOurs))
        {
            return false;
        }

        if (run.Spec.Deletion is not null)
        {
            await CheckReportedAsync(run, unknown, last, cancellationToken);
            await TakeAsync(run, unknown, EndpointOf(run, last), cancellationToken);
            return true;
        }

        if (await RefusalAsync(run, cancellationToken) is not null || !run.Journal.TryTakeAdoption(run.Spec.Id))
        {
            return false;
        }

        await TakeAsync(run, unknown, run.Record.Endpoint, cancellationToken);
        return true;
    }

    /// <summary>Why the cluster cannot go on with machines that its ledger does not know; <c>null</c> when it can.</summary>
    public static async Task<string?> RefusalAsync(RunScope run, CancellationToken cancellationToken) =>
        run.Record is { Initialized: true, Endpoint.Taken: true }
        && await run.State.Ports.Ledger.FindSecretsAsync(run.Spec.Id, cancellationToken) is not null
            ? null
            : $"The ledger has no keys of the cluster {run.Spec.Name} with which it could go on. Put a newer ledger back, or delete "
                + "the cluster: its machines are then found by their marks and given back.";

    // The console names machines that MAAS shows without a mark: whether they are free decides, not that the mark is missing.
    private static async Task CheckReportedAsync(
        RunScope run,
        IReadOnlyList<RegionMachine> unknown,
        ClusterStatus? last,
        CancellationToken cancellationToken
    )
    {
        foreach (var machine in last?.Machines ?? [])
        {
            if (unknown.Any(known => known.Id == machine.SystemId) || run.State.IsHeld(machine.SystemId))
            {
                continue;
            }

            // A user who is no administrator does not see what another user has; only force lets that count as gone.
            var doubt = await run.Region.FindAsync(machine.SystemId, cancellationToken) switch
            {
                null when run.Spec.Deletion is { Force: false } => "MAAS does not show it to the account's user",
                { IsOurs: true, Mark: null, Status: not (MaasStatus.Ready or MaasStatus.New) } =>
                    "MAAS shows it as the account's without a mark",
                _ => null,
            };
            if (doubt is not null)
            {
                throw new RegionException(
                    RegionFailure.LedgerOutdated,
                    $"This cluster had {machine.Hostname} when it was last reported, and {doubt}. The gateway's ledger does not know it, "
                        + "so it does not count as given back: see to it in MAAS."
                );
            }
        }
    }

    private static EndpointRecord? EndpointOf(RunScope run, ClusterStatus? last) =>
        run.Record.Endpoint
        ?? (
            last?.Endpoint is not { } endpoint
            || run.State.Records.Any(record => record.Spec.Id != run.Spec.Id && record.Endpoint?.Host == endpoint.Host)
                ? null
                : new EndpointRecord(
                    run.Spec.Endpoint switch
                    {
                        EndpointChoice.Given => EndpointKind.Given,
                        EndpointChoice.MaasDns => EndpointKind.DnsRecord,
                        _ => EndpointKind.ReservedAddress,
                    },
                    endpoint.Host,
                    endpoint.Port,
                    true,
                    []
                )
        );

    private static async Task TakeAsync(
        RunScope run,
        IReadOnlyList<RegionMachine> machines,
        EndpointRecord? endpoint,
        CancellationToken cancellationToken
    )
    {
        var adopted = machines.Select(machine => MemberOf(run, machine)).ToList();
        var others = run.Record.Members.Where(member => adopted.TrueForAll(taken => taken.Machine != member.Machine));
        await run.SaveAsync(run.Record with { Members = [.. others, .. adopted], Endpoint = endpoint }, cancellationToken);
        run.Journal.SettleReport(run.Spec.Id);
        foreach (var member in adopted)
        {
            run.RecordEvent(
                EventSeverity.Warning,
                "Adopted",
                $"{member.Hostname} carries the mark of this cluster and was not in the ledger; it is now",
                member.Machine
            );
        }
    }

    private static Member MemberOf(RunScope run, RegionMachine machine)
    {
        var pool = run.Spec.Pools.FirstOrDefault(pool => pool.Name.Value == machine.Mark!.Pool);
        return new Member
        {
            Machine = machine.Id,
            Hostname = machine.Hostname,
            Zone = machine.Zone,
            Pool = pool?.Name ?? (DnsLabel.TryParse(machine.Mark!.Pool, out var former) ? former : UnknownPool),
            Role = pool?.Role ?? PoolRole.Worker,
            Since = run.Now,
            Intent = machine.Mark!.Intent,
            Addresses = machine.Addresses,
            State = machine.Status switch
            {
                MaasStatus.Allocated or MaasStatus.FailedDeployment => MachineState.Allocated,
                MaasStatus.Deploying => MachineState.Deploying,
                MaasStatus.Releasing or MaasStatus.DiskErasing or MaasStatus.FailedReleasing or MaasStatus.FailedDiskErasing =>
                    MachineState.Releasing,
                _ => MachineState.Joining,
            },
        };
    }
}
