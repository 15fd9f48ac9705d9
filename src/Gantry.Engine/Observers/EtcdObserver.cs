using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Observers;

/// <summary>The members of etcd.</summary>
internal static class EtcdObserver
{
    // A node can be Ready while its member of etcd is gone, raises an alarm or does not answer, so etcd is asked in each run.
    public static async Task<Observation<EtcdFacts>> ObserveAsync(RunScope run, CancellationToken cancellationToken)
    {
        if (run.Workload is null)
        {
            return run.Record.Initialized
                ? new Observation<EtcdFacts>.Unknown("the API server does not answer")
                : new Observation<EtcdFacts>.Absent();
        }

        try
        {
            var members = await run.Workload.ListEtcdAsync(cancellationToken);
            return new Observation<EtcdFacts>.Present(new EtcdFacts(members));
        }
        catch (WorkloadException silent)
        {
            return new Observation<EtcdFacts>.Unknown(silent.Message);
        }
    }
}
