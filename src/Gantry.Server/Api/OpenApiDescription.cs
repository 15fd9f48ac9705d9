using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Gantry.Server.Auth;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Gantry.Server.Api;

/// <summary>
/// Completes the generated document: the API's name, its authentication, its one error format, and the required fields.
/// </summary>
internal static class OpenApiDescription
{
    public static void Complete(OpenApiOptions options) =>
        options
            .AddDocumentTransformer(
                (document, _, _) =>
                {
                    Head(document);
                    return Task.CompletedTask;
                }
            )
            .AddOperationTransformer(AddErrorsAsync)
            .AddOperationTransformer(AddQueryAsync)
            .AddSchemaTransformer(
                async (schema, context, cancellationToken) =>
                {
                    Complete(schema, context.JsonTypeInfo);
                    Enumerate(schema, context.JsonPropertyInfo);
                    if (context.JsonTypeInfo.Type == typeof(MachinePoolPatch))
                    {
                        Patch(schema, await context.GetOrCreateSchemaAsync(typeof(MachinePoolView), null, cancellationToken));
                    }
                }
            );

    private static void Head(OpenApiDocument document)
    {
        document.Info = new OpenApiInfo { Title = "Gantry console", Version = HealthEndpoints.Version };
        document.Servers = [];
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            [ApiKeyHandler.Header] = Header(ApiKeyHandler.Header, "An API key."),
            ["Authorization"] = Header("Authorization", "A session token, raw."),
        };
        document.Security =
        [
            new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(ApiKeyHandler.Header, document)] = [] },
            new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("Authorization", document)] = [] },
        ];
    }

    private static async Task AddErrorsAsync(
        OpenApiOperation operation,
        OpenApiOperationTransformerContext context,
        CancellationToken cancellationToken
    )
    {
        operation.Responses ??= [];
        operation.Responses["default"] = new OpenApiResponse
        {
            Description = "The request failed.",
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["application/json"] = new()
                {
                    Schema = await context.GetOrCreateSchemaAsync(typeof(ErrorBody), cancellationToken: cancellationToken),
                },
            },
        };
    }

    private static async Task AddQueryAsync(
        OpenApiOperation described,
        OpenApiOperationTransformerContext context,
        CancellationToken cancellationToken
    )
    {
        foreach (var parameter in context.Description.ActionDescriptor.EndpointMetadata.OfType<Operation>().Single().Query)
        {
            var schema = await context.GetOrCreateSchemaAsync(parameter.Type, cancellationToken: cancellationToken);
            schema.Enum = parameter.Allowed is [] ? null : [.. parameter.Allowed.Select(value => (JsonNode)value)];
            described.Parameters ??= [];
            described.Parameters.Add(
                new OpenApiParameter
                {
                    In = ParameterLocation.Query,
                    Name = parameter.Name,
                    Description = parameter.Summary,
                    Schema = schema,
                }
            );
        }
    }

    // Fields that are not nullable are always written. Unknown fields are kept and returned where the type has a place for
    // them.
    private static void Complete(OpenApiSchema schema, JsonTypeInfo type)
    {
        if (type.Kind is not JsonTypeInfoKind.Object)
        {
            return;
        }

        if (type.Properties.Any(property => property.IsExtensionData))
        {
            schema.AdditionalProperties = new OpenApiSchema();
        }

        schema.Required = type
            .Properties.Where(property => !property.IsExtensionData && !IsNullable(property))
            .Select(property => property.Name)
            .ToHashSet();
    }

    private static bool IsNullable(JsonPropertyInfo property) =>
        property.PropertyType.IsValueType
            ? Nullable.GetUnderlyingType(property.PropertyType) is not null
            : property.IsGetNullable;

    private static void Enumerate(OpenApiSchema schema, JsonPropertyInfo? property)
    {
        if (
            property?.AttributeProvider?.GetCustomAttributes(typeof(AllowedValuesAttribute), inherit: false)
            is [AllowedValuesAttribute allowed]
        )
        {
            schema.Enum =
            [
                .. allowed.Values.OfType<string>().Select(value => (JsonNode)value),
                .. IsNullable(property) ? [JsonNullSentinel.JsonNull] : Array.Empty<JsonNode>(),
            ];
        }
    }

    // A merge patch has the fields of its target, and removes map entries with null.
    private static void Patch(OpenApiSchema patch, OpenApiSchema whole)
    {
        patch.Type = JsonSchemaType.Object;
        patch.Properties = whole.Properties;
        patch.AdditionalProperties = whole.AdditionalProperties;
        foreach (var map in (patch.Properties ?? new Dictionary<string, IOpenApiSchema>()).Values.OfType<OpenApiSchema>())
        {
            if (map.AdditionalProperties is OpenApiSchema value)
            {
                value.Type |= JsonSchemaType.Null;
            }
        }
    }

    private static OpenApiSecurityScheme Header(string name, string description) =>
        new()
        {
            Type = SecuritySchemeType.ApiKey,
            In = ParameterLocation.Header,
            Name = name,
            Description = description,
        };
}
