using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes;

/// <summary>One object at one resource version, stored as UTF-8 because a document tree takes ten times the memory.</summary>
/// <param name="Kind">The group-resource, as <c>deployments.apps</c>.</param>
/// <param name="Key"><c>namespace/name</c>, or the name alone for kinds without namespaces.</param>
public sealed record StoredObject(
    string Kind,
    string Key,
    string Uid,
    long ResourceVersion,
    IReadOnlyList<string> OwnerUids,
    byte[] Json
)
{
    /// <summary>A fresh copy that the caller may change.</summary>
    public JsonObject Read() => JsonNode.Parse(Json)!.AsObject();

    internal static StoredObject Of(string kind, string key, JsonObject o)
    {
        var owners = o.Items("metadata", "ownerReferences").Select(r => r.Text("uid") ?? "").ToArray();
        var version = long.Parse(o.Text("metadata", "resourceVersion") ?? "0");
        return new StoredObject(kind, key, o.Uid(), version, owners, JsonSerializer.SerializeToUtf8Bytes(o, KubeJson.Relaxed));
    }
}

/// <summary>The type of a watch event.</summary>
public enum WatchKind
{
    Added,
    Modified,
    Deleted,
}

/// <param name="Before">
/// Null for an added object. A watch with a selector compares it to detect objects that stop matching.
/// </param>
public sealed record WatchEvent(WatchKind Kind, StoredObject Object, StoredObject? Before);
