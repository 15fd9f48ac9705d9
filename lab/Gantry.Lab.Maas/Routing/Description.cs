using System.Text.Json.Nodes;

namespace Gantry.Lab.Maas.Routing;

/// <summary>
/// <c>GET describe/</c>: the API in MAAS's machine-readable form, from which MAAS's own command line and python-libmaas learn what to
/// call. Made from the routes.
/// </summary>
internal sealed class Description(RouteTable routes)
{
    /// <summary>The hash of MAAS 3.7.3's description, which each response carries as <c>X-Maas-Api-Hash</c>.</summary>
    public const string Hash = "9720c37941393bb4dec7b5516a45b3d3245b3d5c";

    /// <param name="origin">Scheme and host of the caller's address, which the handlers' addresses begin with.</param>
    public RegionAnswer Answer(string origin)
    {
        var resources = new JsonArray();
        var handlers = new JsonArray();
        foreach (var resource in routes.Resources.Where(resource => resource.Name.Length > 0))
        {
            var withKey = resource.IgnoresKey ? null : Handler($"{resource.Name}Handler", resource, resource.Operations, origin);
            var withoutKey =
                resource.IgnoresKey ? Handler($"{resource.Name}Handler", resource, resource.Operations, origin)
                : resource.Anonymous is { } anonymous ? Handler($"Anon{resource.Name}Handler", resource, anonymous, origin)
                : null;
            resources.Add(
                new JsonObject
                {
                    ["name"] = $"{resource.Name}Handler",
                    ["auth"] = withKey?.DeepClone(),
                    ["anon"] = withoutKey?.DeepClone(),
                }
            );
            foreach (var handler in new[] { withoutKey, withKey }.OfType<JsonNode>())
            {
                handlers.Add(handler);
            }
        }

        return RegionAnswer.Json(
            new JsonObject
            {
                ["doc"] = "MAAS API",
                ["handlers"] = handlers,
                ["resources"] = resources,
                ["hash"] = Hash,
            }
        );
    }

    private static JsonObject Handler(string name, Resource resource, IReadOnlyList<Operation> operations, string origin)
    {
        var path = "/MAAS/api/2.0/" + resource.Path.Replace("{*", "{", StringComparison.Ordinal);
        return new JsonObject
        {
            ["name"] = name,
            ["doc"] = $"{resource.Name}: {resource.Path}",
            ["params"] = new JsonArray([.. resource.Variables.Select(variable => (JsonNode?)variable)]),
            ["path"] = path,
            ["uri"] = origin + path,
            ["actions"] = new JsonArray([
                .. operations.Select(operation =>
                    (JsonNode)
                        new JsonObject
                        {
                            ["name"] = operation.Title,
                            ["op"] = operation.Name,
                            ["method"] = operation.Method,
                            ["restful"] = operation.Name is null,
                            ["doc"] = $"{operation.Title} {resource.Name}",
                        }
                ),
            ]),
        };
    }
}
