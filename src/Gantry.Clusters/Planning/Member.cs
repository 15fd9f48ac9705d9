using System.Text.Json.Serialization;
using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>A machine of a cluster as the ledger keeps it.</summary>
public sealed record Member
{
    public required SystemId Machine { get; init; }

    public required string Hostname { get; init; }

    public required string Pool { get; init; }

    public required PoolRole Role { get; init; }

    public string Zone { get; init; } = "";

    public required MachineState State { get; init; }

    /// <summary>When it entered <see cref="State"/>.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>The id that travels as MAAS's <c>agent_name</c>, so that an allocation whose answer was lost is found again.</summary>
    public required string Intent { get; init; }

    /// <summary>Its document runs <c>kubeadm init</c>. At most one machine that we hold has it.</summary>
    public bool Initializes { get; init; }

    /// <summary>When its turn to join came; <c>null</c> before that.</summary>
    public DateTimeOffset? AdmittedAt { get; init; }

    /// <summary>Until when its bootstrap token is good.</summary>
    public DateTimeOffset? AdmittedUntil { get; init; }

    /// <summary>Whether the labels, annotations and provider id that a kubelet may not set itself are on its node.</summary>
    public bool Labelled { get; init; }

    /// <summary>Whether every pod that must leave has left.</summary>
    public bool Drained { get; init; }

    /// <summary>Why it failed, for people; <c>null</c> when it did not.</summary>
    public string? Failure { get; init; }

    /// <summary>Whether its failure is on record in the quarantine.</summary>
    public bool Quarantined { get; init; }

    /// <summary>Addresses MAAS gave it.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>MAAS may know it as ours: it was asked for and not yet seen to be free.</summary>
    [JsonIgnore]
    public bool IsHeld => State is not MachineState.Released;

    /// <summary>It counts towards the size of its pool.</summary>
    [JsonIgnore]
    public bool Stays => State is MachineState.Chosen or MachineState.Allocated or MachineState.Deploying
        or MachineState.Joining or MachineState.Ready or MachineState.NotReady;

    public Member Enter(MachineState state, DateTimeOffset now) =>
        state == State ? this : this with { State = state, Since = now };

    public Member Fail(string why, DateTimeOffset now) => Enter(MachineState.Failed, now) with { Failure = why };
}
