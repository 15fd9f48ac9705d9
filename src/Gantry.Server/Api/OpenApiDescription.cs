using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Gantry.Server.Auth;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Gantry.Server.Api;

/// <summary>
/// Completes the generated document: the name of the API, how callers show who they are, the one form of errors, and which fields
/// are always there.
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
            .AddSchemaTransformer(
                (schema, context, _) =>
                {
                    Complete(schema, context.JsonTypeInfo);
                    Enumerate(schema, context.JsonPropertyInfo);
                    return Task.CompletedTask;
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

    // What is not nullable is always written. Unknown fields are kept and echoed where the type has a place for them.
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
            schema.Enum = [.. allowed.Values.OfType<string>().Select(value => (JsonNode)value)];
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
