using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;
using Gantry.Engine.Steps;

namespace Gantry.Engine.Observers;

/// <summary>Whether MAAS still keeps the reservation or the DNS record of the cluster.</summary>
internal static class HoldingsObserver
{
    // A record or a reservation may have been removed or changed by somebody else, or by an interrupted call that arrived after a
    // later one. Each idle round looks; the lists are shared by the clusters of the account.
    public static async Task ObserveAsync(RunScope run, CancellationToken cancellationToken)
    {
        var interval = run.State.Options.WhileIdle * 0.9;
        if (
            run.Record.Endpoint is not { Kind: not EndpointKind.Given, Taken: true } endpoint
            || run.Spec.Deletion is not null
            || run.IsWriting(endpoint.Host)
            || !run.Journal.TryTakeHoldingsObservation(run.Spec.Id, interval)
        )
        {
            return;
        }

        try
        {
            if (endpoint.Kind is EndpointKind.DnsRecord)
            {
                await ObserveDnsAsync(run, endpoint, interval, cancellationToken);
            }
            else
            {
                Holdings.Note(
                    run,
                    await run.View.Endpoints.IsReservedAsync(endpoint.Host, interval, cancellationToken)
                        ? null
                        : new EndpointProblem(
                            EndpointFault.ReservationGone,
                            $"MAAS does not keep {endpoint.Host} for this account"
                        )
                );
            }
        }
        catch (RegionException late) when (late.Failure is RegionFailure.NotAnswered)
        {
            run.State.PutBackHoldingsObservation(run.Spec.Id);
            run.Unanswered.Add(late);
        }
        catch (RegionException refused)
            when (refused.Failure
                    is RegionFailure.Forbidden
                        or RegionFailure.NotFound
                        or RegionFailure.Invalid
                        or RegionFailure.Unreadable
            )
        {
            // MAAS does not show it: nothing is concluded.
        }
    }

    private static async Task ObserveDnsAsync(
        RunScope run,
        EndpointRecord endpoint,
        TimeSpan interval,
        CancellationToken cancellationToken
    )
    {
        var there = await run.View.Endpoints.FindDnsAsync(endpoint.Host, interval, cancellationToken);
        var taken = Holdings.IsForeign(run.Record, there ?? []);
        Holdings.Note(
            run,
            taken
                ? new EndpointProblem(
                    EndpointFault.RecordTaken,
                    $"the DNS record {endpoint.Host} shows {string.Join(", ", there!)}, which this cluster never had: it belongs to "
                        + "somebody else now"
                )
                : null
        );
        if (
            !taken
            && !(there ?? []).Order(StringComparer.Ordinal).SequenceEqual(endpoint.DnsAddresses.Order(StringComparer.Ordinal))
        )
        {
            run.RecordEvent(
                EventSeverity.Warning,
                "EndpointChanged",
                there is null
                    ? $"MAAS has no DNS record {endpoint.Host} any more"
                    : $"the DNS record {endpoint.Host} shows {Shown(there)} and not {Shown(endpoint.DnsAddresses)}"
            );
            await run.SaveAsync(
                run.Record with
                {
                    Endpoint = endpoint with { DnsAddresses = [.. there ?? []] },
                },
                cancellationToken
            );
        }

        static string Shown(IReadOnlyList<string> addresses) =>
            addresses.Count is 0 ? "no address" : string.Join(", ", addresses);
    }
}
