using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Engine.Ports;

namespace Gantry.Simulator.World;

/// <summary>
/// Documents and keys in plain text. Each secret in them carries <see cref="Mark"/>, so that a leak is recognized anywhere.
/// </summary>
public sealed class Documents : INodeDocuments
{
    public const string Mark = "pl4nted-s3cret";

    private readonly Dictionary<string, NodeDocument> _rendered = new(StringComparer.Ordinal);

    /// <summary>The template version; changed to simulate a product version that renders other documents.</summary>
    public string Template { get; set; } = "1";

    public NodeDocument? Find(string userData) => _rendered.GetValueOrDefault(userData);

    public string CreatePki(ClusterSpec cluster, DateTimeOffset now) => $"pki of {cluster.Id} {Mark}";

    public string JoinToken(byte[] key, string intent) => $"token of {intent} {Mark}";

    public string Render(NodeDocument node, string pki, DateTimeOffset now)
    {
        var text = $"document {_rendered.Count} of {node.Node.Hostname} {Mark}";
        _rendered[text] = node;
        return text;
    }

    public WorkloadAccess Access(
        ClusterId cluster,
        ApiEndpoint endpoint,
        IReadOnlyList<string> controlPlanes,
        string pki,
        DateTimeOffset now
    ) => new(cluster, endpoint, controlPlanes, new ClientCredentials("ca", "certificate", $"key {Mark}"));

    public IssuedAccess Issue(
        ClusterSpec cluster,
        ApiEndpoint endpoint,
        string pki,
        string user,
        DateTimeOffset now,
        TimeSpan validity
    ) => new($"kubeconfig of {user} for {endpoint.Host} {Mark}", now + validity);
}
