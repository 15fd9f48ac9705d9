using System.Text.Json.Serialization;

namespace Gantry.Lab.Machines.Clusters;

/// <summary>The stored state of a cluster's control plane, beside its objects. Contains the CA's key.</summary>
internal sealed record ControlPlaneRecord
{
    public const string Kind = "control-plane";

    public required string Id { get; init; }

    /// <summary>The version of the first machine's <c>kubeadm init</c>, as <c>v1.33.4</c>.</summary>
    public required string Version { get; init; }

    /// <summary>The host and port of the control plane endpoint.</summary>
    public required string Endpoint { get; init; }

    public required string CaPem { get; init; }

    public required string CaKeyPem { get; init; }

    /// <summary>
    /// The etcd CA, which the disks of all members hold. Empty in a record of an older lab, whose etcd accepts no client.
    /// </summary>
    public string EtcdCaPem { get; init; } = "";

    public string EtcdCaKeyPem { get; init; } = "";

    /// <summary><c>kubeadm init</c> has completed; before that, a restart starts over.</summary>
    public bool Formed { get; init; }

    /// <summary>The etcd members. A released machine stays a member until it is removed from etcd.</summary>
    public IReadOnlyList<ControlPlaneMember> Members { get; init; } = [];

    /// <summary>
    /// Machines whose member was removed from etcd while they ran. Their API server is up and reads nothing; their kube-vip keeps the
    /// virtual IP for a while.
    /// </summary>
    public IReadOnlyList<ControlPlaneMember> Former { get; init; } = [];

    /// <summary>The number of members ever added, removed ones included, so that ids are unique.</summary>
    public int MembersEver { get; init; }

    /// <summary>The id of the leader; empty without a quorum.</summary>
    public string Leader { get; init; } = "";

    /// <summary>The raft term: the number of elections.</summary>
    public long Term { get; init; }

    [JsonIgnore]
    public IReadOnlyList<ControlPlaneMember> Voters => [.. Members.Where(member => !member.Learner)];

    /// <summary>etcd commits with more than half of the voting members.</summary>
    public bool HasQuorum => Voters is var voters && voters.Count(member => member.Up) > voters.Count / 2;

    public override string ToString() => $"cluster {Id} at {Endpoint}";
}

/// <param name="Address">The member's own address, at which its API server and its etcd listen.</param>
/// <param name="Names">The names in its serving certificate.</param>
/// <param name="VirtualIp">The virtual IP of its kube-vip; null without kube-vip.</param>
/// <param name="Up">The machine has power, and its disk still holds this installation.</param>
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

    /// <summary>The member id as etcd's JSON prints it: decimal.</summary>
    public string EtcdId { get; init; } = "";

    /// <summary>The version of its etcd, without the suffix of the image's tag.</summary>
    public string EtcdVersion { get; init; } = "3.5.21";

    /// <summary>The member is a learner, which does not vote yet.</summary>
    public bool Learner { get; init; }

    /// <summary>The member's process has started once and published its name.</summary>
    public bool Started { get; init; } = true;

    /// <summary>The member's database is full: etcd raises a NOSPACE alarm.</summary>
    public bool NoSpace { get; init; }

    /// <summary>The installation of the machine that holds the member's data; a later installation has an empty disk.</summary>
    public int Installation { get; init; }
}
