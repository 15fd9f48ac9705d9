using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gantry.RealMachines;

/// <summary>A node as its kubelet and kubeadm have told of it.</summary>
internal sealed record Node(IReadOnlyDictionary<string, string> Labels, IReadOnlyList<string> Taints, bool IsMarked, long Seen);

/// <summary>
/// What the API servers of a cluster would have stored: tokens, nodes, members of etcd. The stand-ins read and write it over
/// HTTP, and tests look at it. Who a caller is has been checked before: by certificate, or by a token that is stored here.
/// </summary>
internal sealed class ClusterState(X509Certificate2 authority)
{
    private const string Standing = "standing";

    // A kubelet reports every second.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly TimeProvider _clock = TimeProvider.System;
    private bool _stands;
    private string? _leader;
    private long _led;

    public ConcurrentDictionary<string, Node> Nodes { get; } = new(StringComparer.Ordinal);

    /// <summary>Members of etcd by the name of their machine.</summary>
    public ConcurrentDictionary<string, string> Members { get; } = new(StringComparer.Ordinal);

    public ConcurrentDictionary<string, bool> Tokens { get; } = new(StringComparer.Ordinal);

    /// <summary>kubeadm has ended the part of init after which the administrator's group has its rights.</summary>
    public bool IsInitialized { get; set; }

    public bool IsReady(string name) =>
        Nodes.TryGetValue(name, out var node) && node.Seen > 0 && _clock.GetElapsedTime(node.Seen) < Grace;

    public bool Knows(string token) => Tokens.ContainsKey(token);

    public bool IsAdmin(string? user) => user is "kubernetes-super-admin" || (user is "kubernetes-admin" && IsInitialized);

    /// <summary>The test's own control plane is a member, and the virtual IP stays with it.</summary>
    public void Stand(string peer)
    {
        _stands = true;
        IsInitialized = true;
        Members[Standing] = peer;
    }

    /// <summary>
    /// etcd has begun with an empty folder. When it is the only member, the cluster is another one than before.
    /// </summary>
    public void BeginEtcd(string machine)
    {
        if (Members.Keys.All(member => member == machine))
        {
            Members.Clear();
            Nodes.Clear();
            Tokens.Clear();
            IsInitialized = false;
            _leader = null;
        }
    }

    public void Report(string name, IReadOnlyDictionary<string, string> labels) =>
        Nodes.AddOrUpdate(
            name,
            _ => new Node(labels, [], IsMarked: false, _clock.GetTimestamp()),
            (_, node) => node with { Seen = _clock.GetTimestamp() }
        );

    public bool Mark(string name, IReadOnlyList<string> taints) =>
        Nodes.TryGetValue(name, out var node) && Nodes.TryUpdate(name, node with { Taints = taints, IsMarked = true }, node);

    /// <summary>Who may hold the virtual IP: one at a time, and the next when that one has been silent.</summary>
    public string Lead(string candidate)
    {
        lock (_gate)
        {
            if (_stands)
            {
                return Standing;
            }

            if (_leader is null || _leader == candidate || _clock.GetElapsedTime(_led) > Grace)
            {
                (_leader, _led) = (candidate, _clock.GetTimestamp());
            }

            return _leader;
        }
    }

    public string Sign(string request)
    {
        var signed = CertificateRequest.LoadSigningRequestPem(request, HashAlgorithmName.SHA256);
        using var certificate = Certificates.Issue(authority, signed);
        return certificate.ExportCertificatePem() + "\n";
    }
}
