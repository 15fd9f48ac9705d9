using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;

namespace Gantry.Engine;

/// <summary>What MAAS holds for a cluster beside its machines, and whether it still is the cluster's.</summary>
internal static class Holdings
{
    /// <summary>
    /// Whether the record with these addresses is somebody else's. MAAS names no owner of a DNS record, so its addresses decide: a
    /// record that holds none of those which the cluster has or had was made anew by others.
    /// </summary>
    public static bool IsForeign(ClusterRecord record, IReadOnlyList<string> addresses)
    {
        if (addresses.Count is 0 || record.Endpoint is not { } endpoint)
        {
            return false;
        }

        var own = endpoint
            .DnsAddresses.Concat(endpoint.Written ?? [])
            .Concat(record.Members.SelectMany(member => member.Addresses))
            .ToHashSet(StringComparer.Ordinal);
        return !addresses.Any(own.Contains);
    }

    /// <summary>
    /// Whether another cluster has been given this address or name since the ledger of this one was saved, as the marks of its
    /// machines tell. MAAS shows one user's addresses and records without telling the clusters apart.
    /// </summary>
    /// <param name="addresses">What the name points to; empty for an address.</param>
    public static bool IsAnothers(RunScope run, EndpointRecord endpoint, IReadOnlyList<string> addresses)
    {
        return run
            .View.Machines.FindMarkedByOthers(run.Spec.Id)
            .Any(machine =>
                endpoint.Kind is EndpointKind.DnsRecord
                    ? machine.Mark!.Name == run.Spec.Name.Value && machine.Addresses.Any(addresses.Contains)
                    : machine.Mark!.Address == endpoint.Host && !HasOther(machine.Mark.Cluster)
            );

        // The mark keeps an address that its cluster has given up.
        bool HasOther(ClusterId cluster) => run.State.Find(cluster)?.Endpoint is { } other && other.Host != endpoint.Host;
    }

    /// <summary>Keeps what the look found until the next one, and records what has newly gone wrong.</summary>
    public static void Note(RunScope run, EndpointProblem? problem)
    {
        var before = run.State.EndpointProblems.GetValueOrDefault(run.Spec.Id);
        if (problem is null)
        {
            run.State.EndpointProblems.TryRemove(run.Spec.Id, out _);
            return;
        }

        run.State.EndpointProblems[run.Spec.Id] = problem;
        if (before is null)
        {
            run.RecordEvent(EventSeverity.Warning, "EndpointChanged", problem.Message);
        }
    }
}
