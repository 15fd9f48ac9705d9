using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes;

/// <summary>An error of the API: an HTTP status, a machine-readable reason and a message.</summary>
public sealed class KubeException(int code, string reason, string message, JsonObject? details = null) : Exception(message)
{
    public int Code { get; } = code;

    /// <summary>A value of <c>Status.reason</c>: <c>NotFound</c>, <c>Conflict</c>, …</summary>
    public string Reason { get; } = reason;

    public JsonObject? Details { get; } = details;

    /// <summary>The value of <c>Retry-After</c>, also in the details; null for none.</summary>
    public int? RetryAfterSeconds { get; init; }

    public static KubeException NotFound(KubeResource resource, string name) =>
        new(404, "NotFound", $"{resource.GroupResource} \"{name}\" not found", Names(resource, name));

    public static KubeException AlreadyExists(KubeResource resource, string name) =>
        new(409, "AlreadyExists", $"{resource.GroupResource} \"{name}\" already exists", Names(resource, name));

    public static KubeException Conflict(KubeResource resource, string name, string why) =>
        new(
            409,
            "Conflict",
            $"Operation cannot be fulfilled on {resource.GroupResource} \"{name}\": {why}",
            Names(resource, name)
        );

    /// <summary>A field is invalid; the message carries its path, as <c>spec.replicas: Invalid value: …</c>.</summary>
    public static KubeException Invalid(KubeResource resource, string name, string field, string problem)
    {
        var facts = Names(resource, name);
        facts["kind"] = resource.Kind;
        facts["causes"] = new JsonArray(
            new JsonObject
            {
                ["reason"] = Cause(problem),
                ["message"] = problem,
                ["field"] = field,
            }
        );
        var kind = resource.Group.Length == 0 ? resource.Kind : $"{resource.Kind}.{resource.Group}";
        return new KubeException(422, "Invalid", $"{kind} \"{name}\" is invalid: {field}: {problem}", facts);
    }

    public static KubeException BadRequest(string message) => new(400, "BadRequest", message);

    public static KubeException Expired(string message) => new(410, "Expired", message);

    public static KubeException MethodNotAllowed() =>
        new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource");

    public static KubeException NoSuchPath() => new(404, "NotFound", "the server could not find the requested resource");

    /// <summary>The <c>Status</c> object of the response body.</summary>
    public JsonObject ToStatus()
    {
        var status = new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Failure",
            ["message"] = Message,
            ["reason"] = Reason,
        };
        var facts = Details?.DeepClone().AsObject();
        if (RetryAfterSeconds is { } seconds)
        {
            facts ??= [];
            facts["retryAfterSeconds"] = seconds;
        }

        if (facts is not null)
        {
            status["details"] = facts;
        }

        status["code"] = Code;
        return status;
    }

    // field.ErrorType of k8s.io/apimachinery/pkg/util/validation/field, by the words with which each begins.
    private static string Cause(string problem) =>
        problem[..Math.Max(0, problem.IndexOf(':', StringComparison.Ordinal))] switch
        {
            "Required value" => "FieldValueRequired",
            "Duplicate value" => "FieldValueDuplicate",
            "Unsupported value" => "FieldValueNotSupported",
            "Forbidden" => "FieldValueForbidden",
            "Not found" => "FieldValueNotFound",
            "Too long" => "FieldValueTooLong",
            "Too many" => "FieldValueTooMany",
            _ => problem is "Required value" ? "FieldValueRequired" : "FieldValueInvalid",
        };

    private static JsonObject Names(KubeResource resource, string name)
    {
        var names = new JsonObject { ["name"] = name };
        if (resource.Group.Length > 0)
        {
            names["group"] = resource.Group;
        }

        names["kind"] = resource.Plural;
        return names;
    }
}
