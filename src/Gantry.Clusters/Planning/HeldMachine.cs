using System.Text.Json.Serialization;
using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>
/// A machine of MAAS that somebody holds, as the ledger keeps it: what taking it, giving it back and finding it again after a
/// crash need. What it is held for, its owner adds.
/// </summary>
public abstract record HeldMachine
{
    public required SystemId Machine { get; init; }

    public required string Hostname { get; init; }

    public string Zone { get; init; } = "";

    public required MachineState State { get; init; }

    /// <summary>When it entered <see cref="State"/>.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>
    /// The id that travels as MAAS's <c>agent_name</c>, so that an allocation whose answer was lost is found again.
    /// </summary>
    public required string Intent { get; init; }

    /// <summary>Why it failed, for people; <c>null</c> when it did not.</summary>
    public string? Failure { get; init; }

    /// <summary>MAAS's words when it last gave up releasing it; <c>null</c> when it never did.</summary>
    public string? ReleaseFailure { get; init; }

    /// <summary>Whether its failure is on record in the quarantine.</summary>
    public bool Quarantined { get; init; }

    /// <summary>MAAS was asked to install it, or is about to be.</summary>
    [JsonIgnore]
    public abstract bool DeployWasAsked { get; }

    /// <summary>It has worked for its owner since it was installed: no call from before can still be on its way.</summary>
    [JsonIgnore]
    public abstract bool WasInUse { get; }
}

public static class HeldMachineStates
{
    public static T Enter<T>(this T machine, MachineState state, DateTimeOffset now)
        where T : HeldMachine => state == machine.State ? machine : (T)(machine with { State = state, Since = now });

    public static T Fail<T>(this T machine, string why, DateTimeOffset now)
        where T : HeldMachine => (T)(machine.Enter(MachineState.Failed, now) with { Failure = why });
}
