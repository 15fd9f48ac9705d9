using System.Text.Json.Serialization;

namespace Gantry.Lab.Machines.Clusters;

/// <summary>What the lab writes down of a cluster beside its objects. Holds the CA's key.</summary>
internal sealed record ControlPlaneRecord
{
    public const string Kind = "control-plane";

    public required string Id { get; init; }

    /// <summary>As <c>v1.33.4</c>: what the first machine was initialized with.</summary>
    public required string Version { get; init; }

    /// <summary>Host and port all clients use.</summary>
    public required string Endpoint { get; init; }

    public required string CaPem { get; init; }

    public required string CaKeyPem { get; init; }

    /// <summary>
    /// The authority of etcd, as it lies on the disks of all its members. Empty in a record of an older lab: then nobody can ask
    /// etcd.
    /// </summary>
    public string EtcdCaPem { get; init; } = "";

    public string EtcdCaKeyPem { get; init; } = "";

    /// <summary><c>kubeadm init</c> has come to its end; before that a restart begins anew.</summary>
    public bool Formed { get; init; }

    /// <summary>The members of etcd. A machine that is gone stays one: only etcd forgets it.</summary>
    public IReadOnlyList<ControlPlaneMember> Members { get; init; } = [];

    /// <summary>Counts members, those that were removed too: no id comes twice.</summary>
    public int MembersEver { get; init; }

    /// <summary>The id of the member that leads; empty while there is no quorum.</summary>
    public string Leader { get; init; } = "";

    /// <summary>Counts elections.</summary>
    public long Term { get; init; }

    [JsonIgnore]
    public IReadOnlyList<ControlPlaneMember> Voters => [.. Members.Where(member => !member.Learner)];

    /// <summary>etcd commits with more than half of the members that vote.</summary>
    public bool HasQuorum => Voters is var voters && voters.Count(member => member.Up) > voters.Count / 2;

    public override string ToString() => $"cluster {Id} at {Endpoint}";
}

/// <param name="Address">Its own, where its API server and its etcd listen.</param>
/// <param name="Names">What its serving certificate holds.</param>
/// <param name="VirtualIp">The address its kube-vip competes for; null without one.</param>
/// <param name="Up">Powered, and its disk still has this system.</param>
internal sealed record ControlPlaneMember(
    string SystemId,
    string NodeName,
    string Address,
    int Port,
    string Version,
    IReadOnlyList<string> Names,
    string? VirtualIp,
    bool Up
)
{
    public const int EtcdPort = 2379;

    /// <summary>As etcd writes it in JSON: decimal.</summary>
    public string EtcdId { get; init; } = "";

    /// <summary>It follows the others and does not vote yet.</summary>
    public bool Learner { get; init; }

    /// <summary>Its process has run once and told the others its name.</summary>
    public bool Started { get; init; } = true;

    /// <summary>Its database is full: etcd raises an alarm.</summary>
    public bool NoSpace { get; init; }

    /// <summary>The installation of the machine that holds its data; another one of the same machine has an empty disk.</summary>
    public int Installation { get; init; }
}
