using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Gantry.Lab.Kubernetes;

/// <summary>
/// The rules of labels, annotations, taints and keys of data, with the messages of an API server
/// (<c>k8s.io/apimachinery/pkg/util/validation</c> and <c>k8s.io/kubernetes/pkg/apis/core/validation</c>).
/// </summary>
internal static partial class MetadataRules
{
    private const int MostInName = 63;
    private const int MostInPrefix = 253;
    private const int MostAnnotationBytes = 256 * 1024;

    private const string BadName =
        "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
        + "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
        + "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

    private const string BadPrefix =
        "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
        + "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
        + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

    private const string BadValue =
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end "
        + "with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
        + "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

    private const string BadDataKey =
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or "
        + "'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

    private static readonly string[] Effects = ["NoExecute", "NoSchedule", "PreferNoSchedule"];

    public static void Check(KubeResource resource, JsonObject o)
    {
        foreach (var (key, value) in Map(o.At("metadata", "labels")))
        {
            Refuse(resource, o, "metadata.labels", key, QualifiedName(key));
            Refuse(resource, o, "metadata.labels", value, LabelValue(value));
        }

        var bytes = 0;
        foreach (var (key, value) in Map(o.At("metadata", "annotations")))
        {
            Refuse(resource, o, "metadata.annotations", key, QualifiedName(key.ToLowerInvariant()));
            bytes += Encoding.UTF8.GetByteCount(key) + Encoding.UTF8.GetByteCount(value);
        }

        if (bytes > MostAnnotationBytes)
        {
            throw KubeException.Invalid(
                resource,
                o.Name(),
                "metadata.annotations",
                $"Too long: may not be more than {MostAnnotationBytes} bytes"
            );
        }

        CheckFinalizers(resource, o);
        CheckOwners(resource, o);
        if (resource == KubeResources.Nodes)
        {
            CheckTaints(resource, o);
        }

        if (resource.Group.Length is 0 && resource.Kind is "ConfigMap" or "Secret")
        {
            foreach (var key in Map(o["data"]).Concat(Map(o["binaryData"])).Select(pair => pair.Key))
            {
                Refuse(
                    resource,
                    o,
                    $"data[{key}]",
                    key,
                    key.Length > MostInPrefix || !DataKey().IsMatch(key) ? BadDataKey : null
                );
            }
        }
    }

    private static void CheckFinalizers(KubeResource resource, JsonObject o)
    {
        var finalizers = (o.At("metadata", "finalizers") as JsonArray ?? []).Select(one => one?.ToString() ?? "").ToList();
        foreach (var finalizer in finalizers)
        {
            Refuse(resource, o, "metadata.finalizers", finalizer, QualifiedName(finalizer));
        }

        Refuse(
            resource,
            o,
            "metadata.finalizers",
            string.Join(',', finalizers),
            finalizers.Contains("orphan") && finalizers.Contains("foregroundDeletion")
                ? "finalizer orphan and foregroundDeletion cannot be both set"
                : null
        );
    }

    private static void CheckOwners(KubeResource resource, JsonObject o)
    {
        string? controller = null;
        foreach (var (owner, index) in o.At("metadata").Items("ownerReferences").Select((owner, index) => (owner, index)))
        {
            var at = $"metadata.ownerReferences[{index}]";
            var version = owner.Text("apiVersion") ?? "";
            Refuse(resource, o, $"{at}.apiVersion", version, version.Length is 0 ? "version must not be empty" : null);
            foreach (var field in (ReadOnlySpan<string>)["kind", "name", "uid"])
            {
                var text = owner.Text(field) ?? "";
                Refuse(resource, o, $"{at}.{field}", text, text.Length is 0 ? "must not be empty" : null);
            }

            if (owner.Flag("controller"))
            {
                var name = owner.Text("name")!;
                if (controller is not null)
                {
                    throw KubeException.Invalid(
                        resource,
                        o.Name(),
                        "metadata.ownerReferences",
                        $"Invalid value: {o.At("metadata", "ownerReferences")!.ToJsonString()}: Only one reference can have Controller "
                            + $"set to true. Found \"true\" in references for {controller} and {name}"
                    );
                }

                controller = name;
            }
        }
    }

    private static void CheckTaints(KubeResource resource, JsonObject node)
    {
        var seen = new HashSet<(string?, string?)>();
        foreach (var (taint, index) in node.At("spec").Items("taints").Select((taint, index) => (taint, index)))
        {
            var at = $"metadata.taints[{index}]";
            var (key, value, effect) = (taint.Text("key") ?? "", taint.Text("value") ?? "", taint.Text("effect"));
            Refuse(resource, node, $"{at}.key", key, QualifiedName(key));
            Refuse(resource, node, $"{at}.value", value, LabelValue(value));
            if (effect is null or "")
            {
                throw KubeException.Invalid(resource, node.Name(), $"{at}.effect", "Required value");
            }

            if (!Effects.Contains(effect))
            {
                throw KubeException.Invalid(
                    resource,
                    node.Name(),
                    $"{at}.effect",
                    $"Unsupported value: \"{effect}\": supported values: {string.Join(", ", Effects.Select(one => $"\"{one}\""))}"
                );
            }

            if (!seen.Add((key, effect)))
            {
                throw KubeException.Invalid(resource, node.Name(), at, $"Duplicate value: {taint.ToJsonString()}");
            }
        }
    }

    private static void Refuse(KubeResource resource, JsonObject o, string field, string text, string? problem)
    {
        if (problem is not null)
        {
            throw KubeException.Invalid(
                resource,
                o.Name(),
                field,
                $"Invalid value: {JsonValue.Create(text).ToJsonString()}: {problem}"
            );
        }
    }

    private static string? QualifiedName(string key)
    {
        var parts = key.Split('/');
        if (parts.Length > 2)
        {
            return "a qualified name " + BadName["name part ".Length..] + " with an optional DNS subdomain prefix and '/'";
        }

        if (parts is [var prefix, _])
        {
            if (prefix.Length is 0)
            {
                return "prefix part must be non-empty";
            }

            if (prefix.Length > MostInPrefix || !Subdomain().IsMatch(prefix))
            {
                return BadPrefix;
            }
        }

        return parts[^1] switch
        {
            "" => "name part must be non-empty",
            { Length: > MostInName } => $"name part must be no more than {MostInName} bytes",
            var name => Name().IsMatch(name) ? null : BadName,
        };
    }

    private static string? LabelValue(string value) =>
        value.Length > MostInName ? $"must be no more than {MostInName} bytes"
        : value.Length is 0 || Name().IsMatch(value) ? null
        : BadValue;

    private static IEnumerable<KeyValuePair<string, string>> Map(JsonNode? map) =>
        (map as JsonObject ?? []).Select(pair =>
            KeyValuePair.Create(pair.Key, pair.Value is JsonValue value && value.TryGetValue<string>(out var text) ? text : "")
        );

    [GeneratedRegex("^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Name();

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Subdomain();

    [GeneratedRegex("^[-._a-zA-Z0-9]+\\z", RegexOptions.ExplicitCapture)]
    private static partial Regex DataKey();
}
