namespace Gantry.Lab.Maas.Routing;

/// <summary>All resources of the region. Requests are dispatched by it, and the API's description is made from it.</summary>
internal sealed class RouteTable(IReadOnlyList<Resource> resources)
{
    public IReadOnlyList<Resource> Resources { get; } = resources;

    /// <exception cref="RegionFault">The path is no resource's; MAAS says so before it looks at the key.</exception>
    public Route Find(string path)
    {
        foreach (var resource in Resources)
        {
            if (resource.Match(path) is { } values)
            {
                return new Route(resource, values);
            }
        }

        throw new RegionFault(RegionAnswer.Refused(404, $"Unknown API endpoint: /MAAS/api/2.0/{path}.") with { Vary = null });
    }
}

/// <summary>A resource with the values of its path's variables.</summary>
internal sealed record Route(Resource Resource, IReadOnlyDictionary<string, string> Values)
{
    public RegionAnswer Run(RegionRequest request)
    {
        var operations = request.User is null && !Resource.IgnoresKey ? Resource.Anonymous : Resource.Operations;
        if (operations is null)
        {
            throw new RegionFault(RegionAnswer.Plain(401, "Forbidden"));
        }

        var methods = operations.Select(operation => operation.Method).Distinct().ToList();
        if (!methods.Contains(request.Method))
        {
            throw new RegionFault(
                RegionAnswer.Html(405, "") with
                {
                    Allow = string.Join(", ", methods),
                    Vary = Resource.IgnoresKey ? RegionAnswer.ByKeyAlone : RegionAnswer.ByKey,
                }
            );
        }

        var found = operations.FirstOrDefault(operation =>
            operation.Method == request.Method && operation.Name == request.Operation
        );
        return found is null
            ? throw RegionFault.Text(400, $"Unrecognised signature: method={request.Method} op={request.Operation ?? "None"}")
            : found.Run(request with { Route = Values });
    }
}
