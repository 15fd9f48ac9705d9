namespace Gantry.Simulator.Invariants;

/// <summary>An acknowledged write survives <c>kill -9</c> and is applied, or is reported as impossible.</summary>
/// <remarks>
/// Checks that acknowledged writes are on the gateway's disk; <see cref="Convergence"/> checks that they are applied.
/// </remarks>
internal sealed class I6AcknowledgedWritesLast(Simulation run) : Invariant(run)
{
    public override void Polled(long since)
    {
        // Between two revisions nothing can be checked: the next one is in flight.
        if (since != Run.Console.Revision || since != Run.Disk.Revision || Run.Disk.Epoch != Run.Console.Epoch)
        {
            return;
        }

        foreach (var cluster in Run.Console.Clusters)
        {
            var kept = Run.Disk.Clusters.GetValueOrDefault(cluster.Spec.Id);
            if (cluster.DeletedAt is null ? !ReferenceEquals(kept, cluster.Spec) : kept is not null)
            {
                Broken(
                    $"the gateway says to have revision {since}, in which {cluster.Spec.Name} is at generation "
                        + $"{cluster.Spec.Generation}"
                        + $"{(cluster.DeletedAt is null ? "" : " and deleted")}; it has "
                        + $"{(kept is null ? "nothing" : $"generation {kept.Generation}")}"
                );
            }
        }
    }

    public override void GatewayStarted()
    {
        if (Run.Gateway is not { } gateway)
        {
            return;
        }

        foreach (var (id, kept) in Run.Disk.Clusters)
        {
            if (!ReferenceEquals(gateway.Desired.Find(id), kept))
            {
                Broken($"after its start the gateway does not want {kept.Name} as its disk has it");
            }
        }
    }
}
