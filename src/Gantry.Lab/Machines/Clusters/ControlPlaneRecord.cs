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

    /// <summary><c>kubeadm init</c> has come to its end; before that a restart begins anew.</summary>
    public bool Formed { get; init; }

    /// <summary>The members of etcd. A machine that is gone stays one: only etcd forgets it.</summary>
    public IReadOnlyList<ControlPlaneMember> Members { get; init; } = [];

    /// <summary>etcd commits with more than half of its members.</summary>
    public bool HasQuorum => Members.Count(member => member.Up) > Members.Count / 2;

    public override string ToString() => $"cluster {Id} at {Endpoint}";
}

/// <param name="Address">Its own, where its API server listens.</param>
/// <param name="Names">What its serving certificate holds.</param>
/// <param name="VirtualIp">The address its kube-vip competes for; null without one.</param>
/// <param name="Up">Powered, and its disk still has this system.</param>
internal sealed record ControlPlaneMember(
    string SystemId, string NodeName, string Address, int Port, string Version, IReadOnlyList<string> Names, string? VirtualIp, bool Up);
