using System.Net;
using System.Text.Json.Nodes;
using Gantry.Clusters.Model;
using Gantry.Engine.Ports;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Gantry.Engine.Workloads;

/// <summary>Puts our marks on a node and takes away those we no longer want; what others put there stays.</summary>
internal sealed class NodeLabelling(Kubernetes client)
{
    private const int Attempts = 5;

    public async Task ApplyAsync(string node, NodeMetadata marks, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var known = await client.CoreV1.ReadNodeAsync(node, cancellationToken: cancellationToken);
            if (NodeMetadataCheck.Carries(WorkloadNodes.Map(known), marks))
            {
                return;
            }

            try
            {
                await client.CoreV1.PatchNodeAsync(
                    new V1Patch(Patch(known, marks).ToJsonString(), V1Patch.PatchType.MergePatch),
                    node,
                    cancellationToken: cancellationToken
                );
                return;
            }
            catch (HttpOperationException conflict)
                when (conflict.Response.StatusCode is HttpStatusCode.Conflict && attempt < Attempts)
            {
                // The node controller changes the same list of taints.
            }
        }
    }

    private static JsonObject Patch(V1Node node, NodeMetadata marks)
    {
        var earlier = NodeMetadataCheck.Applied(
            node.Metadata.Annotations?.TryGetValue(NodeMetadataCheck.Annotation, out var text) is true ? text : null
        );
        var annotations = Changes(marks.Annotations, earlier.Annotations);
        annotations[NodeMetadataCheck.Annotation] = NodeMetadataCheck.Remember(marks);
        var spec = new JsonObject { ["taints"] = Taints(node, marks, earlier) };
        if (node.Spec?.ProviderID is null or "")
        {
            spec["providerID"] = marks.ProviderId;
        }

        return new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                // A list is replaced as a whole, so the patch holds for the node that was read and for no other.
                ["resourceVersion"] = node.ResourceVersion(),
                ["labels"] = Changes(marks.Labels, earlier.Labels),
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

    private static JsonArray Taints(V1Node node, NodeMetadata marks, AppliedMetadata earlier)
    {
        var ours = earlier.Taints.Concat(marks.Taints.Select(NodeMetadataCheck.Name)).ToHashSet(StringComparer.Ordinal);
        var taints = new JsonArray();
        foreach (var taint in node.Spec?.Taints?.Where(taint => !ours.Contains($"{taint.Key}:{taint.Effect}")) ?? [])
        {
            taints.Add(JsonNode.Parse(KubernetesJson.Serialize(taint)));
        }

        foreach (var taint in marks.Taints)
        {
            taints.Add((JsonNode)Write(node, taint));
        }

        return taints;
    }

    // One that is there already keeps the moment it was added: it counts for the pods that tolerate it for a while.
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
