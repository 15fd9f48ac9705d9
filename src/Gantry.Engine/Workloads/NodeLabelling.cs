using System.Net;
using System.Text.Json.Nodes;
using Gantry.Clusters.Model;
using Gantry.Engine.Ports;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Gantry.Engine.Workloads;

/// <summary>Applies Gantry's labels, annotations and taints to a node and removes outdated ones. Those of others stay.</summary>
internal sealed class NodeLabelling(Kubernetes client)
{
    private const int Attempts = 5;

    public async Task ApplyAsync(string node, NodeMetadata metadata, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var known = await client.CoreV1.ReadNodeAsync(node, cancellationToken: cancellationToken);
            if (NodeMetadataCheck.Matches(WorkloadNodes.Map(known), metadata))
            {
                return;
            }

            try
            {
                await client.CoreV1.PatchNodeAsync(
                    new V1Patch(Patch(known, metadata).ToJsonString(), V1Patch.PatchType.MergePatch),
                    node,
                    cancellationToken: cancellationToken
                );
                return;
            }
            catch (HttpOperationException conflict)
                when (conflict.Response.StatusCode is HttpStatusCode.Conflict && attempt < Attempts)
            {
                // The node controller changes the same list of taints: read the node again.
            }
        }
    }

    private static JsonObject Patch(V1Node node, NodeMetadata metadata)
    {
        var earlier = NodeMetadataCheck.Applied(
            node.Metadata.Annotations?.TryGetValue(NodeMetadataCheck.Annotation, out var text) is true ? text : null
        );
        var annotations = Changes(metadata.Annotations, earlier.Annotations);
        annotations[NodeMetadataCheck.Annotation] = NodeMetadataCheck.Serialize(metadata);
        var spec = new JsonObject { ["taints"] = Taints(node, metadata, earlier) };
        if (node.Spec?.ProviderID is null or "")
        {
            spec["providerID"] = metadata.ProviderId;
        }

        return new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                // The patch replaces the whole list of taints, so it must apply to the version of the node that was read.
                ["resourceVersion"] = node.ResourceVersion(),
                ["labels"] = Changes(metadata.Labels, earlier.Labels),
                ["annotations"] = annotations,
            },
            ["spec"] = spec,
        };
    }

    private static JsonObject Changes(IReadOnlyDictionary<string, string> wanted, IEnumerable<string> earlier)
    {
        var changes = new JsonObject();
        foreach (var gone in earlier.Where(name => !wanted.ContainsKey(name)))
        {
            changes[gone] = null;
        }

        foreach (var (name, value) in wanted)
        {
            changes[name] = value;
        }

        return changes;
    }

    private static JsonArray Taints(V1Node node, NodeMetadata metadata, AppliedMetadata earlier)
    {
        var ours = earlier.Taints.Concat(metadata.Taints.Select(NodeMetadataCheck.Name)).ToHashSet(StringComparer.Ordinal);
        if (metadata.Schedulable is true)
        {
            ours.UnionWith(NodeMetadataCheck.TaintsOfKubeadm.Select(NodeMetadataCheck.Name));
        }

        var taints = new JsonArray();
        foreach (var taint in node.Spec?.Taints?.Where(taint => !ours.Contains($"{taint.Key}:{taint.Effect}")) ?? [])
        {
            taints.Add(JsonNode.Parse(KubernetesJson.Serialize(taint)));
        }

        foreach (var taint in metadata.Taints)
        {
            taints.Add((JsonNode)Write(node, taint));
        }

        var tainted = WorkloadNodes
            .Map(node)
            .Taints.Any(taint => NodeMetadataCheck.Name(taint) == NodeMetadataCheck.Name(NodeMetadataCheck.ControlPlaneTaint));
        if (metadata.Schedulable is false && !tainted)
        {
            taints.Add((JsonNode)Write(node, NodeMetadataCheck.ControlPlaneTaint));
        }

        return taints;
    }

    // An existing taint keeps the time it was added: pods tolerate it for a number of seconds from then on.
    private static JsonObject Write(V1Node node, Taint taint)
    {
        var written = new JsonObject
        {
            ["key"] = taint.Key.Value,
            ["value"] = taint.Value.Value,
            ["effect"] = taint.Effect.ToString(),
        };
        if (
            node
                .Spec?.Taints?.FirstOrDefault(there => there.Key == taint.Key.Value && there.Effect == taint.Effect.ToString())
                ?.TimeAdded is
            { } since
        )
        {
            written["timeAdded"] = since.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
        }

        return written;
    }
}
