using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Observers;

/// <summary>Who is behind an endpoint that an operator keeps.</summary>
internal static class GivenEndpointObserver
{
    /// <summary>How long a look at an endpoint counts.</summary>
    public static readonly TimeSpan ReachHolds = TimeSpan.FromMinutes(3);

    // As long as nothing of the cluster exists, the endpoint may become another.
    public static async Task TakeAsync(RunScope run, CancellationToken cancellationToken)
    {
        if (run.Spec.Deletion is not null || (run.Record.Endpoint is not null && !run.Record.IsUntouched))
        {
            return;
        }

        var endpoint = run.Spec.Endpoint is EndpointChoice.Given given
            ? new EndpointRecord(EndpointKind.Given, given.Host.Value, given.Port, true, [])
            : null;
        if (run.Record.Endpoint != endpoint)
        {
            await run.SaveAsync(run.Record with { Endpoint = endpoint }, cancellationToken);
        }
    }

    // An endpoint that an operator keeps may reach nobody, or only a control plane that is about to leave.
    public static async Task ObserveAsync(RunScope run, bool settled, CancellationToken cancellationToken)
    {
        if (
            run.Record.Endpoint is not { Kind: EndpointKind.Given }
            || run.Spec.Deletion is not null
            || !run.Journal.TryTakeEndpointObservation(run.Spec.Id, IntervalOf(run, settled))
        )
        {
            return;
        }

        string[] addresses =
        [
            .. run
                .Record.Members.Where(member =>
                    member.Role is PoolRole.ControlPlane
                    && member.State
                        is MachineState.Ready
                            or MachineState.NotReady
                            or MachineState.Draining
                            or MachineState.Joining
                )
                .SelectMany(member => member.Addresses.Take(1)),
        ];
        if (addresses.Length is 0)
        {
            return;
        }

        Observation<EndpointReach> seen;
        try
        {
            var secrets = await run.GetSecretsAsync(cancellationToken);
            using var workload = run.State.Ports.Workloads.Open(run.State.AccessTo(run.Record, secrets, addresses));
            var reach = await workload.ProbeEndpointAsync(addresses, cancellationToken);
            seen = new Observation<EndpointReach>.Present(reach);
            await RecordReachAsync(run, reach, addresses, cancellationToken);
        }
        catch (WorkloadException silent)
        {
            seen = new Observation<EndpointReach>.Unknown(silent.Message.TrimEnd('.'));
        }

        run.State.Reaches[run.Spec.Id] = (seen, run.State.Time.GetTimestamp());
    }

    // A failed kubeadm is judged by a look that is newer than its failure.
    private static TimeSpan IntervalOf(RunScope run, bool settled) =>
        settled ? run.State.Options.EndpointWhileIdle
        : run.Record.Members.Any(member => run.State.Scripts.ContainsKey(member.Machine)) ? TimeSpan.Zero
        : run.State.Options.Endpoint;

    private static async Task RecordReachAsync(
        RunScope run,
        EndpointReach reach,
        string[] asked,
        CancellationToken cancellationToken
    )
    {
        // Where every connection succeeds, no address that is gone is behind the endpoint.
        var before = run.Record.EndpointSeen ?? [];
        ValueList<string> known =
        [
            .. before
                .Where(address => reach.Problem is not null || asked.Contains(address))
                .Union(reach.Reached)
                .Order(StringComparer.Ordinal),
        ];
        var cut = reach.IsCut && !(run.Now - run.Record.EndpointCutAt < TimeSpan.FromMinutes(1));
        if (cut || known != run.Record.EndpointSeen)
        {
            await run.SaveAsync(
                run.Record with
                {
                    EndpointSeen = known,
                    EndpointCutAt = cut ? run.Now : run.Record.EndpointCutAt,
                },
                cancellationToken
            );
        }
    }
}
