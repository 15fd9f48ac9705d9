using Gantry.Clusters.Model;

namespace Gantry.Simulator.Ports;

/// <summary>What becomes of the calls of one process after the other, as a test says, and what they were.</summary>
public sealed class CallScript
{
    /// <summary>Every call in the order in which they were sent, whatever became of them.</summary>
    public List<Call> Calls { get; } = [];

    /// <summary>The acts that took effect, in order.</summary>
    public List<Act> Acts { get; } = [];

    public Func<Call, Fate> Interfere { get; set; } = _ => Fate.Arrives;

    /// <summary>Clusters whose API server cannot be reached, though they run.</summary>
    public HashSet<ClusterId> Unreachable { get; } = [];

    /// <summary>
    /// What every call to MAAS ends with: what MAAS answers, or a fault of our own client. <c>null</c> while MAAS serves.
    /// </summary>
    public Exception? MaasFails { get; set; }

    /// <summary>Calls take no time at all, and who gets no answer knows it at once.</summary>
    public bool IsInstant { get; set; }

    /// <summary>Called when a call arrives.</summary>
    public Action<Act>? Arriving { get; set; }

    public int Allocations(SystemId machine) => Acts.Count(act => act.Kind is ActKind.Allocate && act.Machine == machine);

    public bool Sent(ActKind kind, SystemId machine) => Calls.Exists(call => call.Is(kind, machine));

    public bool Sent(ActKind kind) => Calls.Exists(call => call.Is(kind));

    /// <summary>The process ends at its call of this number, counted from now on and from 1.</summary>
    /// <param name="afterwards">The call takes effect before.</param>
    public void KillAt(int number, bool afterwards)
    {
        var left = number;
        Interfere = _ =>
            --left is not 0 ? Fate.Arrives
            : afterwards ? Fate.KilledAfter
            : Fate.KilledBefore;
    }
}
