using Gantry.Simulator.Time;

namespace Gantry.Simulator.Ports;

/// <summary>A transport that follows a test's script; an unscripted call succeeds.</summary>
public sealed class ScriptedTransport(VirtualTime time, ProcessContext process, CallScript script)
    : Transport(time, process, new Knowledge(time, null))
{
    /// <summary>How long after its caller's timeout a late call arrives; the engine assumes at most 30 seconds.</summary>
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(30);

    protected override TimeSpan GivesUpAfter => script.IsInstant ? TimeSpan.Zero : CallTimeout;

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
