using Gantry.Clusters.Model;

namespace Gantry.Simulator.Ports;

/// <summary>A test's script for the fate of successive processes' calls, and the record of the calls.</summary>
public sealed class CallScript
{
    /// <summary>Every call in the order sent, whatever its fate.</summary>
    public List<Call> Calls { get; } = [];

    /// <summary>The acts that took effect, in order.</summary>
    public List<Act> Acts { get; } = [];

    public Func<Call, Fate> Interfere { get; set; } = _ => Fate.Arrives;

    /// <summary>Clusters whose API server is unreachable although it runs.</summary>
    public HashSet<ClusterId> Unreachable { get; } = [];

    /// <summary>
    /// The failure of every call to MAAS: an error response, or a fault of the client. <c>null</c> while MAAS works.
    /// </summary>
    public Exception? MaasFails { get; set; }

    /// <summary>Calls take no time, and a caller without an answer fails at once.</summary>
    public bool IsInstant { get; set; }

    /// <summary>Called when a call arrives.</summary>
    public Action<Act>? Arriving { get; set; }

    public int Allocations(SystemId machine) => Acts.Count(act => act.Kind is ActKind.Allocate && act.Machine == machine);

    public bool Sent(ActKind kind, SystemId machine) => Calls.Exists(call => call.Is(kind, machine));

    public bool Sent(ActKind kind) => Calls.Exists(call => call.Is(kind));

    /// <summary>Kills the process at its call of this number, counted from now on and from 1.</summary>
    /// <param name="afterwards">The call takes effect before the kill.</param>
    public void KillAt(int number, bool afterwards)
    {
        var left = number;
        Interfere = _ =>
            --left is not 0 ? Fate.Arrives
            : afterwards ? Fate.KilledAfter
            : Fate.KilledBefore;
    }
}
