using System.Text;
using Gantry.Api;

namespace Gantry.Client;

/// <summary>Puts parameters into the route of an operation; those that the route does not name become its query.</summary>
internal static class OperationUri
{
    /// <exception cref="ArgumentException">A parameter of the route is missing, or one is not the operation's.</exception>
    public static string Of(Operation operation, IReadOnlyList<(string Name, string? Value)> parameters)
    {
        var path = operation.Route.TrimStart('/');
        var query = new StringBuilder();
        foreach (var (name, value) in parameters)
        {
            var place = $"{{{name}}}";
            if (path.Contains(place, StringComparison.Ordinal))
            {
                path = path.Replace(place, Uri.EscapeDataString(value ?? ""), StringComparison.Ordinal);
            }
            else if (value is not null && operation.Query.All(parameter => parameter.Name != name))
            {
                throw new ArgumentException($"{operation.Name} has no parameter '{name}'.", nameof(parameters));
            }
            else if (value is not null)
            {
                query.Append(query.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
            }
        }

        return path.Contains('{', StringComparison.Ordinal)
            ? throw new ArgumentException(
                $"{operation.Name} needs a value for each parameter of {operation.Route}.",
                nameof(parameters)
            )
            : path + query;
    }
}
