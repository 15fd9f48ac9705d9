using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Gantry.Lab.Kubernetes;

/// <summary>
/// The validation rules of stored objects, with the messages of an API server (<c>k8s.io/kubernetes/pkg/apis/*/validation</c>). An API
/// server tells of every problem of an object, the lab of the first.
/// </summary>
internal static partial class ObjectRules
{
    private const int MostInName = 253;
    private const int MostInLabel = 63;
    private const int MostDataBytes = 1024 * 1024;

    private const string BadSubdomain =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an "
        + "alphanumeric character (e.g. 'example.com', regex used for validation is "
        + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

    private const string BadLabel =
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an "
        + "alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

    private const string BadServiceName =
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an "
        + "alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

    public static void CheckName(KubeResource resource, JsonObject o)
    {
        var name = o.Name();
        if (name.Length == 0)
        {
            throw KubeException.Invalid(resource, "", "metadata.name", "Required value: name or generateName is required");
        }

        if (NameProblem(resource, name) is { } problem)
        {
            throw KubeException.Invalid(
                resource,
                name,
                "metadata.name",
                $"Invalid value: {JsonValue.Create(name).ToJsonString(KubeJson.Relaxed)}: {problem}"
            );
        }
    }

    public static void Check(KubeResource resource, JsonObject o, JsonObject? before)
    {
        MetadataRules.Check(resource, o);
        if (resource.Group is "apps" && resource.Kind is "Deployment" or "ReplicaSet" or "DaemonSet" or "StatefulSet")
        {
            CheckWorkload(resource, o);
        }

        if (resource == KubeResources.Pods && before is null)
        {
            CheckPodSpec(resource, o, o.At("spec"), "spec");
        }

        if (resource == KubeResources.Jobs && before is null)
        {
            CheckPodSpec(resource, o, o.At("spec", "template", "spec"), "spec.template.spec");
            CheckRestartPolicy(resource, o, "OnFailure", "Never");
        }

        if (resource == KubeResources.Services)
        {
            CheckService(resource, o);
        }

        if (resource == KubeResources.ConfigMaps || resource == KubeResources.Secrets)
        {
            var bytes = (o["data"] as JsonObject ?? [])
                .Concat(o["binaryData"] as JsonObject ?? [])
                .Sum(pair => System.Text.Encoding.UTF8.GetByteCount(pair.Value?.ToString() ?? ""));
            if (bytes > MostDataBytes)
            {
                throw KubeException.Invalid(
                    resource,
                    o.Name(),
                    resource == KubeResources.Secrets ? "data" : "",
                    $"Too long: may not be more than {MostDataBytes} bytes"
                );
            }
        }

        if (o.Number("spec", "replicas") < 0)
        {
            throw KubeException.Invalid(
                resource,
                o.Name(),
                "spec.replicas",
                $"Invalid value: {o.Number("spec", "replicas")}: must be greater than or equal to 0"
            );
        }
    }

    private static string? NameProblem(KubeResource resource, string name) =>
        resource.Group is "rbac.authorization.k8s.io" ? PathSegmentProblem(name)
        : resource == KubeResources.Services ? Problem(name, MostInLabel, ServiceName(), BadServiceName)
        : resource == KubeResources.Namespaces ? Problem(name, MostInLabel, Label(), BadLabel)
        : Problem(name, MostInName, Subdomain(), BadSubdomain);

    private static string? Problem(string name, int most, Regex form, string bad) =>
        name.Length > most ? $"must be no more than {most} bytes"
        : form.IsMatch(name) ? null
        : bad;

    private static string? PathSegmentProblem(string name) =>
        name is "." or ".." ? $"may not be '{name}'"
        : name.Contains('/', StringComparison.Ordinal) ? "may not contain '/'"
        : name.Contains('%', StringComparison.Ordinal) ? "may not contain '%'"
        : null;

    private static void CheckWorkload(KubeResource resource, JsonObject o)
    {
        var selector = Selector.Of(o.At("spec", "selector"));
        if (selector is null or { IsEmpty: true })
        {
            throw KubeException.Invalid(resource, o.Name(), "spec.selector", "Required value");
        }

        if (!selector.MatchesLabelMap(o.At("spec", "template", "metadata", "labels")))
        {
            throw KubeException.Invalid(
                resource,
                o.Name(),
                "spec.template.metadata.labels",
                $"Invalid value: {o.At("spec", "template", "metadata", "labels")?.ToJsonString() ?? "null"}: `selector` "
                    + "does not match template `labels`"
            );
        }

        CheckPodSpec(resource, o, o.At("spec", "template", "spec"), "spec.template.spec");
        CheckRestartPolicy(resource, o, "Always");
    }

    private static void CheckRestartPolicy(KubeResource resource, JsonObject o, params string[] allowed)
    {
        var policy = o.At("spec", "template", "spec").Text("restartPolicy") ?? "";
        if (!allowed.Contains(policy))
        {
            var supported = string.Join(", ", allowed.Select(one => $"\"{one}\""));
            throw KubeException.Invalid(
                resource,
                o.Name(),
                "spec.template.spec.restartPolicy",
                allowed.Length > 1 && policy.Length is 0
                    ? $"Required value: valid values: {supported}"
                    : $"Unsupported value: \"{policy}\": supported values: {supported}"
            );
        }
    }

    private static void CheckPodSpec(KubeResource resource, JsonObject o, JsonNode? spec, string path)
    {
        if (!spec.Items("containers").Any())
        {
            throw KubeException.Invalid(resource, o.Name(), path + ".containers", "Required value");
        }

        var volumes = spec.Items("volumes").Select(volume => volume.Text("name") ?? "").ToList();
        RefuseDuplicates(resource, o, volumes, $"{path}.volumes");
        RefuseDuplicates(
            resource,
            o,
            [.. spec.Items("containers").Select(container => container.Text("name") ?? "")],
            $"{path}.containers"
        );
        foreach (var (container, at) in Containers(spec, path))
        {
            if (container.Text("name") is not { Length: > 0 } name)
            {
                throw KubeException.Invalid(resource, o.Name(), $"{at}.name", "Required value");
            }

            if (Problem(name, MostInLabel, Label(), BadLabel) is { } bad)
            {
                throw KubeException.Invalid(resource, o.Name(), $"{at}.name", $"Invalid value: \"{name}\": {bad}");
            }

            if (container.Text("image") is null or "")
            {
                throw KubeException.Invalid(resource, o.Name(), $"{at}.image", "Required value");
            }

            foreach (var (mount, i) in container.Items("volumeMounts").Select((mount, i) => (mount, i)))
            {
                var volume = mount.Text("name") ?? "";
                var claims = o.At("spec").Items("volumeClaimTemplates").Select(claim => claim.Name());
                if (!volumes.Contains(volume) && !claims.Contains(volume))
                {
                    throw KubeException.Invalid(resource, o.Name(), $"{at}.volumeMounts[{i}].name", $"Not found: \"{volume}\"");
                }
            }
        }
    }

    private static IEnumerable<(JsonObject Container, string At)> Containers(JsonNode? spec, string path) =>
        from list in (string[])["initContainers", "containers"]
        from one in spec.Items(list).Select((container, i) => (container, i))
        select (one.container, $"{path}.{list}[{one.i}]");

    private static void RefuseDuplicates(KubeResource resource, JsonObject o, List<string> names, string path)
    {
        var index = names.FindIndex(name => names.IndexOf(name) != names.LastIndexOf(name));
        if (index >= 0)
        {
            throw KubeException.Invalid(
                resource,
                o.Name(),
                $"{path}[{names.LastIndexOf(names[index])}].name",
                $"Duplicate value: \"{names[index]}\""
            );
        }
    }

    private static void CheckService(KubeResource resource, JsonObject o)
    {
        var isHeadless = o.Text("spec", "clusterIP") is "None";
        if (o.Text("spec", "type") is not "ExternalName" && !isHeadless && !o.At("spec").Items("ports").Any())
        {
            throw KubeException.Invalid(resource, o.Name(), "spec.ports", "Required value");
        }

        foreach (var (port, i) in o.At("spec").Items("ports").Select((port, i) => (port, i)))
        {
            if (port.Number("port") is not (>= 1 and <= 65535))
            {
                throw KubeException.Invalid(
                    resource,
                    o.Name(),
                    $"spec.ports[{i}].port",
                    $"Invalid value: {port.Number("port") ?? 0}: must be between 1 and 65535, inclusive"
                );
            }
        }
    }

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Subdomain();

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?\\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Label();

    [GeneratedRegex("^[a-z]([-a-z0-9]*[a-z0-9])?\\z", RegexOptions.ExplicitCapture)]
    private static partial Regex ServiceName();
}
