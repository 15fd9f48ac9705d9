using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Gantry.Lab.Kubernetes.Serving;

/// <summary>Non-resource paths: health, version, discovery, OpenAPI.</summary>
internal static class Documents
{
    public static bool IsHealth(string path) =>
        path.Split('/', StringSplitOptions.RemoveEmptyEntries) is ["healthz" or "livez" or "readyz", ..];

    /// <summary>The answer of health checks while etcd does not answer: all three of them include it.</summary>
    public static Task AnswerUnhealthyAsync(HttpContext context, string path)
    {
        var check = path.Split('/', StringSplitOptions.RemoveEmptyEntries)[0];
        return Answers.BytesAsync(
            context,
            500,
            "text/plain; charset=utf-8",
            Encoding.UTF8.GetBytes($"[+]ping ok\n[+]log ok\n[-]etcd failed: reason withheld\n{check} check failed\n")
        );
    }

    public static Task AnswerAsync(HttpContext context, LabCluster cluster, string version, string path)
    {
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            throw KubeException.MethodNotAllowed();
        }

        var accept = context.Request.Headers.Accept.ToString();
        switch (path.TrimEnd('/').Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            case ["healthz" or "livez" or "readyz", ..]:
                return Answers.BytesAsync(context, 200, "text/plain; charset=utf-8", "ok"u8.ToArray());
            case ["version"]:
                return Answers.JsonAsync(context, 200, Version(version));
            case ["api" or "apis"] when Discovery.WantsAggregated(accept) is { } aggregated:
                context.Response.Headers.Vary = "Accept";
                return Answers.BytesAsync(
                    context,
                    200,
                    $"application/json;g=apidiscovery.k8s.io;v={aggregated};as=APIGroupDiscoveryList",
                    System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(
                        Discovery.Aggregated(cluster, core: path.TrimEnd('/') == "/api", aggregated)
                    )
                );
            case ["api"]:
                return Answers.JsonAsync(
                    context,
                    200,
                    Discovery.CoreVersions(context.Connection.LocalIpAddress, context.Connection.LocalPort)
                );
            case ["apis"]:
                return Answers.JsonAsync(context, 200, Discovery.Groups(cluster));
            case ["apis", var group]:
                return Answers.JsonAsync(context, 200, Discovery.Group(cluster, group) ?? throw KubeException.NoSuchPath());
            case ["api", var v]:
                return Answers.JsonAsync(context, 200, Discovery.Resources(cluster, "", v) ?? throw KubeException.NoSuchPath());
            case ["apis", var group, var v]:
                return Answers.JsonAsync(
                    context,
                    200,
                    Discovery.Resources(cluster, group, v) ?? throw KubeException.NoSuchPath()
                );
            case ["openapi", "v2"]:
                // Clients request the media type with an @ and get it with a dot: an @ is invalid in a media type, and clients
                // refuse it.
                return accept.Contains("proto-openapi", StringComparison.Ordinal)
                    ? Answers.BytesAsync(
                        context,
                        200,
                        "application/com.github.proto-openapi.spec.v2.v1.0+protobuf",
                        OpenApiV2.Protobuf
                    )
                    : Answers.BytesAsync(context, 200, "application/json", OpenApiV2.Json);
            case ["openapi", "v3"]:
                return Answers.JsonAsync(context, 200, OpenApiV3.Index(cluster));
            case ["openapi", "v3", .. var place]:
                return Answers.BytesAsync(
                    context,
                    200,
                    "application/json",
                    OpenApiV3.Find(cluster, string.Join('/', place)) ?? throw KubeException.NoSuchPath()
                );
            case []:
                return Answers.JsonAsync(
                    context,
                    200,
                    new JsonObject
                    {
                        ["paths"] = new JsonArray(
                            "/api",
                            "/api/v1",
                            "/apis",
                            "/healthz",
                            "/livez",
                            "/openapi/v2",
                            "/openapi/v3",
                            "/readyz",
                            "/version"
                        ),
                    }
                );
            default:
                throw KubeException.NoSuchPath();
        }
    }

    private static JsonObject Version(string version)
    {
        var parts = version.TrimStart('v').Split('.');
        return new JsonObject
        {
            ["major"] = parts[0],
            ["minor"] = parts.Length > 1 ? parts[1] : "0",
            ["gitVersion"] = version,
            ["gitCommit"] = "0000000000000000000000000000000000000000",
            ["gitTreeState"] = "clean",
            ["buildDate"] = KubeJson.Stamp(DateTimeOffset.UnixEpoch),
            ["goVersion"] = "none",
            ["compiler"] = "gantry-lab",
            ["platform"] = "linux/amd64",
        };
    }
}
