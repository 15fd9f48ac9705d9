using System.Text.Json.Serialization;
using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>
/// A machine of MAAS that a cluster holds, as the ledger keeps it: what allocation, release and recovery after a crash
/// need. Derived records add the purpose.
/// </summary>
public abstract record HeldMachine
{
    public required SystemId Machine { get; init; }

    public required string Hostname { get; init; }

    public string Zone { get; init; } = "";

    public required MachineState State { get; init; }

    /// <summary>When the machine entered <see cref="State"/>.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>The id stored as MAAS's <c>agent_name</c>; it finds an allocation whose answer was lost.</summary>
    public required string Intent { get; init; }

    /// <summary>Why the machine failed, as text for operators; <c>null</c> when it did not.</summary>
    public string? Failure { get; init; }

    /// <summary>Why a failure is not the machine's own, so that it is not quarantined; <c>null</c> when it may be.</summary>
    public string? Excuse { get; init; }

    /// <summary>MAAS's message when it last gave up releasing the machine; <c>null</c> when it never did.</summary>
    public string? ReleaseFailure { get; init; }

    /// <summary>How often MAAS was asked to release the machine.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int ReleaseRequests { get; init; }

    /// <summary>When MAAS was last asked to release the machine; <c>null</c> when it never was.</summary>
    public DateTimeOffset? ReleaseRequestedAt { get; init; }

    /// <summary>Whether the failure is recorded in the quarantine.</summary>
    public bool Quarantined { get; init; }

    /// <summary>The deploy call was sent to MAAS, or is about to be.</summary>
    [JsonIgnore]
    public abstract bool DeployWasAsked { get; }

    /// <summary>The machine has been in use since it was installed, so no earlier call can still be in flight.</summary>
    [JsonIgnore]
    public abstract bool WasInUse { get; }
}

public static class HeldMachineStates
{
    public static T Enter<T>(this T machine, MachineState state, DateTimeOffset now)
        where T : HeldMachine => state == machine.State ? machine : (T)(machine with { State = state, Since = now });

    public static T Fail<T>(this T machine, string why, DateTimeOffset now)
        where T : HeldMachine => (T)(machine.Enter(MachineState.Failed, now) with { Failure = why });

    /// <summary>MAAS was asked to release the machine.</summary>
    public static HeldMachine RequestRelease(this HeldMachine machine, DateTimeOffset now) =>
        machine with
        {
            ReleaseRequests = machine.ReleaseRequests + 1,
            ReleaseRequestedAt = now,
        };

    /// <summary>
    /// Whether MAAS may be asked to release the machine: at once for the first time, and again after a pause that doubles with
    /// each request, up to <see cref="Limits.LongestReleasePause"/>.
    /// </summary>
    public static bool IsReleaseDue(this HeldMachine machine, Limits limits, DateTimeOffset now)
    {
        if (machine is not { ReleaseRequests: > 0 and var requests, ReleaseRequestedAt: { } last } || last > now)
        {
            return true;
        }

        var pause = limits.FirstReleasePause * Math.Pow(2, Math.Min(requests, 20) - 1);
        return now - last >= (pause < limits.LongestReleasePause ? pause : limits.LongestReleasePause);
    }
}
