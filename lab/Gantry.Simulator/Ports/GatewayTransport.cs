using Gantry.Gateway.Link;
using Gantry.Simulator.Time;

namespace Gantry.Simulator.Ports;

/// <summary>
/// The connection between one gateway process and the world: it applies the scenario's faults and informs the invariants.
/// </summary>
internal sealed class GatewayTransport(Simulation simulation, ProcessContext process, Knowledge knowledge)
    : Transport(simulation.Time, process, knowledge)
{
    /// <summary>The process runs on a copied folder.</summary>
    public bool IsCopy { get; init; }

    protected override bool IsOver => simulation.Ended;

    protected override Fate Send(Call call)
    {
        simulation.Calls++;
        if (IsCopy)
        {
            if (call.Act is { } copied)
            {
                simulation.Violate(
                    "I11",
                    $"a gateway on a copied folder asks for {copied.Kind} of {copied.Machine} {copied.Cluster}"
                );
            }

            return simulation.Faults.IsPartitioned(call.Peer, call.Cluster) ? Fate.Partitioned : Fate.Arrives;
        }

        var fate = simulation.Faults.FateOf(call.Peer, call.Cluster, call.Act is not null || call.Peer is Peer.Ledger);
        if (call.Act is { } act)
        {
            simulation.Sent(act, Knowledge);
        }

        if (fate is not Fate.Arrives)
        {
            simulation.History.Fault(fate, call.Peer, call.Act, call.Cluster);
        }

        return fate;
    }

    protected override void Kill() => simulation.KillGateway();

    protected override void Before(Act act) => simulation.Before(act);

    protected override void After(Act act, Exception? refused) => simulation.After(act, refused?.Message);

    protected override bool IsAnswer(Exception exception) => exception is ConsoleFailure || base.IsAnswer(exception);

    protected override Exception NoAnswer(Peer peer, string why) =>
        peer is Peer.Console or Peer.Ledger ? new ConsoleAwayException(why) : base.NoAnswer(peer, why);
}
