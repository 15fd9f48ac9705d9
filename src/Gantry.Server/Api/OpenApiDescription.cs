using Gantry.Server.Auth;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Gantry.Server.Api;

/// <summary>What the generated description cannot know: the name of the API and how callers show who they are.</summary>
internal static class OpenApiDescription
{
    public static void Complete(OpenApiOptions options) => options.AddDocumentTransformer((document, _, _) =>
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
        return Task.CompletedTask;
    });

    private static OpenApiSecurityScheme Header(string name, string description) =>
        new() { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header, Name = name, Description = description };
}
