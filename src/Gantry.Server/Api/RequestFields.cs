using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Gantry.Server.Clusters;

namespace Gantry.Server.Api;

/// <summary>
/// Refuses a request with fields that its operation does not know, by their names: a setting that is accepted and forgotten looks
/// like one that works. Fields that ask for nothing are taken, because clients write every field that they know.
/// </summary>
internal sealed class RequestFields(RequestDelegate next)
{
    // Fields of an answer around metadata and spec, which clients send back with what they changed.
    private static readonly string[] Envelope = ["apiVersion", "kind", "status"];

    public async Task InvokeAsync(HttpContext context)
    {
        if (
            context.GetEndpoint()?.Metadata.GetMetadata<Operation>() is { } operation
            && operation.Request != typeof(NoBody)
            && context.Request.HasJsonContentType()
        )
        {
            // In memory alone: a body may hold a secret.
            context.Request.EnableBuffering((int)Limits.RequestBody, Limits.RequestBody + 1);
            var problems = await UnknownAsync(context, operation.Request);
            context.Request.Body.Position = 0;
            if (problems.Count > 0)
            {
                throw ApiError.Invalid(problems);
            }
        }

        await next(context);
    }

    /// <summary>The unknown fields of a JSON value of this type; the serializer finds everything else that is wrong.</summary>
    public static IReadOnlyList<FieldError> Unknown(JsonElement body, Type type)
    {
        List<FieldError> problems = [];
        Walk(body, ApiJson.Options.GetTypeInfo(type), "", problems);
        return problems;
    }

    private static async Task<IReadOnlyList<FieldError>> UnknownAsync(HttpContext context, Type type)
    {
        try
        {
            var options = new JsonDocumentOptions { MaxDepth = ApiJson.Options.MaxDepth };
            using var body = await JsonDocument.ParseAsync(context.Request.Body, options, context.RequestAborted);
            return Unknown(body.RootElement, type);
        }
        catch (JsonException)
        {
            // The serializer names the place.
            return [];
        }
        catch (InvalidOperationException)
        {
            return [new FieldError("body", "holds a name that is not Unicode")];
        }
    }

    private static void Walk(JsonElement value, JsonTypeInfo type, string place, List<FieldError> problems)
    {
        if (type.Kind is JsonTypeInfoKind.Object && value.ValueKind is JsonValueKind.Object)
        {
            foreach (var field in value.EnumerateObject())
            {
                var at = place.Length is 0 ? ApiError.Shown(field.Name) : $"{place}.{ApiError.Shown(field.Name)}";
                var known = type.Properties.FirstOrDefault(one =>
                    string.Equals(one.Name, field.Name, StringComparison.OrdinalIgnoreCase)
                );
                if (known is not null)
                {
                    Walk(field.Value, ApiJson.Options.GetTypeInfo(known.PropertyType), at, problems);
                }
                else if (!Blank.Is(field.Value) && !(place.Length is 0 && Envelope.Contains(field.Name)))
                {
                    problems.Add(new FieldError(at, Reason(type.Type, field.Name)));
                }
            }
        }
        else if (
            type is { Kind: JsonTypeInfoKind.Enumerable, ElementType: { } element }
            && value.ValueKind is JsonValueKind.Array
        )
        {
            foreach (var (index, item) in value.EnumerateArray().Index())
            {
                Walk(item, ApiJson.Options.GetTypeInfo(element), $"{place}[{index}]", problems);
            }
        }
        else if (type.Type == typeof(JsonElement))
        {
            ReadNames(value);
        }
    }

    // A part that is kept as it is: reading a name that is not Unicode fails here and not where it is used.
    private static void ReadNames(JsonElement value)
    {
        if (value.ValueKind is JsonValueKind.Object)
        {
            foreach (var field in value.EnumerateObject())
            {
                _ = field.Name;
                ReadNames(field.Value);
            }
        }
        else if (value.ValueKind is JsonValueKind.Array)
        {
            foreach (var item in value.EnumerateArray())
            {
                ReadNames(item);
            }
        }
    }

    private static string Reason(Type type, string field) =>
        field switch
        {
            "overrideClusterApiConfig" => NotAvailable.ClusterApi,
            "overrideHealthCheckConfiguration" => NotAvailable.HealthCheck,
            _ when type == typeof(VariableInput) => NotAvailable.Variables,
            _ when type == typeof(HostClusterConfig) => "is not available: no cluster hosts virtual ones; leave it out",
            _ => "this console has no such field; leave it out",
        };
}
