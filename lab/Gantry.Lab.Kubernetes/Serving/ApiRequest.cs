using Microsoft.AspNetCore.Http;

namespace Gantry.Lab.Kubernetes.Serving;

/// <summary>The verb, resource and name of a request, parsed from method and path as in kube-apiserver.</summary>
/// <param name="Verb">The verb of RBAC rules: <c>get</c>, <c>list</c>, <c>watch</c>, <c>create</c>, …</param>
/// <param name="IsResource">False for paths outside <c>/api/v1</c> and <c>/apis/group/version</c>.</param>
internal sealed record ApiRequest(
    string Verb,
    bool IsResource,
    string Path,
    string Group,
    string Version,
    string? Namespace,
    string Plural,
    string Name,
    string Subresource
)
{
    public static ApiRequest Read(HttpRequest request)
    {
        var path = request.Path.Value ?? "/";
        var verb = request.Method.ToLowerInvariant();
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var rest = parts switch
        {
            ["api", _, ..] => parts[2..],
            ["apis", _, _, ..] => parts[3..],
            _ => [],
        };
        if (rest.Length == 0)
        {
            return new ApiRequest(verb, IsResource: false, path, "", "", null, "", "", "");
        }

        var (group, version) = parts[0] == "api" ? ("", parts[1]) : (parts[1], parts[2]);
        var watchPath = rest[0] == "watch" && rest.Length > 1;
        rest = watchPath ? rest[1..] : rest;
        string? ns = null;
        if (
            rest is ["namespaces", var within, ..]
            && (rest.Length > 3 || (rest.Length == 3 && rest[2] is not ("status" or "finalize")))
        )
        {
            ns = within;
            rest = rest[2..];
        }

        var plural = rest[0];
        var name = rest.Length > 1 ? rest[1] : "";
        var subresource = rest.Length > 2 ? rest[2] : "";
        var watch = watchPath || request.Query["watch"].ToString() is "true" or "1" or "True";
        verb = (request.Method, name.Length > 0) switch
        {
            ("GET" or "HEAD", _) when watch => "watch",
            ("GET" or "HEAD", true) => "get",
            ("GET" or "HEAD", false) => "list",
            ("POST", _) => "create",
            ("PUT", _) => "update",
            ("PATCH", _) => "patch",
            ("DELETE", true) => "delete",
            ("DELETE", false) => "deletecollection",
            _ => verb,
        };
        return new ApiRequest(verb, IsResource: true, path, group, version, ns, plural, name, subresource);
    }
}
