using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Queueing;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine;

/// <summary>
/// Puts together what the machine queue decides by: which clusters of an account lack machines, and which machines there are.
/// </summary>
internal static class WaitingClusters
{
    public static Turn TurnOf(RunScope run) =>
        MachineQueue.TurnOf(
            RequestOf(run.State, run.Spec, run.Record),
            Requests(run.State, run.Spec.Account),
            SupplyOf(run.State, run.Spec.Account, run.View),
            run.Now,
            run.State.Options.Limits
        );

    private static IEnumerable<MachineRequest> Requests(EngineState state, AccountId account) =>
        state
            .Ports.Desired.All.Where(cluster => cluster.Account == account && cluster.Deletion is null)
            .Select(cluster => RequestOf(state, cluster, state.Find(cluster.Id)))
            .Where(request => request.Missing.Count > 0);

    // The last plan knows best: it asks for nothing where an image is missing, an installation fails or a version cannot be
    // reached, however many machines the cluster lacks. Before the first plan the size of the pools has to do.
    private static MachineRequest RequestOf(EngineState state, ClusterSpec cluster, ClusterRecord? record)
    {
        var members = record?.Members ?? [];
        return new MachineRequest(cluster.Id, cluster.Name, cluster.CreatedAt)
        {
            Missing = state.FindPlan(cluster) is { } plan ? plan.Lacking : Planner.Shortfalls(cluster, members),
            Members = members,
            Replace = cluster.Replace,
            WaitingSince = record?.WaitingSince,
        };
    }

    private static MachineSupply SupplyOf(EngineState state, AccountId account, RegionView region) =>
        new(state.FreeMachines(region))
        {
            Returning = [.. Returning(state, account, region)],
            FindRegion = () => [.. region.All().Where(machine => IsUsable(state, machine)).Select(EngineState.AsCandidate)],
            FreeSince = region.FreeSince,
        };

    private static bool IsUsable(EngineState state, RegionMachine machine) =>
        machine.Status is not (MaasStatus.New or MaasStatus.Broken) && state.Machines.FindQuarantined(machine.Id) is null;

    // A machine that takes longer than machines are kept for anybody is not counted on: something holds it up.
    private static IEnumerable<Candidate> Returning(EngineState state, AccountId account, RegionView region)
    {
        var now = state.Time.GetUtcNow();
        foreach (var record in state.Records.Where(record => record.Spec.Account == account))
        {
            var deletion = (state.Ports.Desired.Find(record.Spec.Id) ?? record.Spec).Deletion;
            foreach (
                var member in record.Members.Where(member =>
                    member is { Failure: null, Residue: null, ReleaseFailure: null }
                    && (member.State is MachineState.Releasing || deletion is not null)
                )
            )
            {
                var since = deletion?.RequestedAt > member.Since ? deletion.RequestedAt : member.Since;
                if (now - since < state.Options.Limits.Keep && region.Find(member.Machine) is { Locked: false } machine)
                {
                    yield return EngineState.AsCandidate(machine);
                }
            }
        }
    }
}
