using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes;

/// <summary>Reads and writes the parts every Kubernetes object has.</summary>
internal static class KubeJson
{
    public static JsonSerializerOptions Relaxed { get; } =
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The node at a path of property names, or null where the path ends early.</summary>
    public static JsonNode? At(this JsonNode? node, params ReadOnlySpan<string> path)
    {
        foreach (var step in path)
        {
            if (node is not JsonObject o || !o.TryGetPropertyValue(step, out node))
            {
                return null;
            }
        }

        return node;
    }

    public static string? Text(this JsonNode? node, params ReadOnlySpan<string> path) =>
        node.At(path) is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    public static long? Number(this JsonNode? node, params ReadOnlySpan<string> path)
    {
        if (node.At(path) is not JsonValue value || value.GetValueKind() != JsonValueKind.Number)
        {
            return null;
        }

        return long.TryParse(value.ToJsonString(), NumberStyles.Integer, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
    }

    public static bool Flag(this JsonNode? node, params ReadOnlySpan<string> path) =>
        node.At(path)?.GetValueKind() == JsonValueKind.True;

    public static IEnumerable<JsonObject> Items(this JsonNode? node, params ReadOnlySpan<string> path) =>
        node.At(path) is JsonArray array ? array.OfType<JsonObject>() : [];

    /// <summary>The object under a property, created if it does not exist.</summary>
    public static JsonObject Under(this JsonObject parent, string property)
    {
        if (parent[property] is JsonObject there)
        {
            return there;
        }

        var made = new JsonObject();
        parent[property] = made;
        return made;
    }

    public static JsonArray ListUnder(this JsonObject parent, string property)
    {
        if (parent[property] is JsonArray there)
        {
            return there;
        }

        var made = new JsonArray();
        parent[property] = made;
        return made;
    }

    public static JsonObject Metadata(this JsonObject o) => o.Under("metadata");

    public static string Name(this JsonObject o) => o.Text("metadata", "name") ?? "";

    public static string? Namespace(this JsonObject o) => o.Text("metadata", "namespace");

    public static string Uid(this JsonObject o) => o.Text("metadata", "uid") ?? "";

    public static bool IsDeleting(this JsonObject o) => o.At("metadata", "deletionTimestamp") is not null;

    public static string? Label(this JsonObject o, string key) => o.Text("metadata", "labels", key);

    public static string? Annotation(this JsonObject o, string key) => o.Text("metadata", "annotations", key);

    /// <summary>The owner that manages the object, by uid.</summary>
    public static JsonObject? Controller(this JsonObject o) =>
        o.Items("metadata", "ownerReferences").FirstOrDefault(r => r.Flag("controller"));

    public static JsonObject? Condition(this JsonObject o, string type) =>
        o.Items("status", "conditions").FirstOrDefault(c => c.Text("type") == type);

    public static bool HasCondition(this JsonObject o, string type) => o.Condition(type).Text("status") == "True";

    /// <summary>Sets a condition; its transition time moves only when the status changes.</summary>
    public static void SetCondition(
        this JsonObject o,
        string type,
        string status,
        string now,
        string? reason = null,
        string? message = null
    )
    {
        var condition = o.Condition(type);
        if (condition is null)
        {
            condition = new JsonObject { ["type"] = type };
            o.Under("status").ListUnder("conditions").Add(condition);
        }

        if (condition.Text("status") != status)
        {
            condition["status"] = status;
            condition["lastTransitionTime"] = now;
        }

        SetOrRemove(condition, "reason", reason);
        SetOrRemove(condition, "message", message);
    }

    public static void SetOrRemove(this JsonObject o, string property, JsonNode? value)
    {
        if (value is null)
        {
            o.Remove(property);
        }
        else
        {
            o[property] = value;
        }
    }

    public static JsonObject Copy(this JsonObject o) => o.DeepClone().AsObject();

    /// <summary>As <c>metav1.Time</c>: whole seconds, UTC.</summary>
    public static string Stamp(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>As <c>metav1.MicroTime</c>, which leases use.</summary>
    public static string MicroStamp(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    public static DateTimeOffset? Time(string? stamp) =>
        DateTimeOffset.TryParse(stamp, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
}
