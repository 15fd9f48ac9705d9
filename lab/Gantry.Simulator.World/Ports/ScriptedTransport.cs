using Gantry.Simulator.Time;

namespace Gantry.Simulator.Ports;

/// <summary>A transport that does with each call what a test's script says; without a word all goes well.</summary>
public sealed class ScriptedTransport(VirtualTime time, ProcessContext process, CallScript script)
    : Transport(time, process, new Knowledge(time, null))
{
    /// <summary>How long a late call is still under way when its caller gives up; the engine reckons with 30 seconds.</summary>
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan CallerGivesUp = TimeSpan.FromSeconds(30);

    protected override TimeSpan GivesUpAfter => script.IsInstant ? TimeSpan.Zero : CallerGivesUp;

    protected override Fate Send(Call call)
    {
        script.Calls.Add(call);
        return call.Cluster is { } cluster && script.Unreachable.Contains(cluster) ? Fate.Partitioned : script.Interfere(call);
    }

    protected override void Kill()
    {
        Process.Dead = true;
        CutOff();
    }

    protected override Exception? Refusal(Call call) => call.Peer is Peer.Maas ? script.MaasFails : null;

    protected override void Before(Act act) => script.Arriving?.Invoke(act);

    protected override void After(Act act, Exception? refused)
    {
        if (refused is null)
        {
            script.Acts.Add(act);
        }
    }

    protected override TimeSpan LateBy(long call) => Late;

    protected override void In(TimeSpan wait, Action act)
    {
        if (script.IsInstant)
        {
            act();
        }
        else
        {
            base.In(wait, act);
        }
    }
}
