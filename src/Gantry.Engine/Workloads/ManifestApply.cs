using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Engine.Ports;
using k8s;

namespace Gantry.Engine.Workloads;

/// <summary>
/// Applies YAML streams server-side. Objects may be of any kind that the API server's discovery lists. Namespaces and custom
/// resource definitions are applied first, because other objects need them.
/// </summary>
internal sealed class ManifestApply(Kubernetes client)
{
    private const string FieldManager = "gantry";

    private readonly ConcurrentDictionary<string, IReadOnlyDictionary<string, Resource>> _resources = new(StringComparer.Ordinal);

    /// <exception cref="WorkloadException">The API server refused an object, which the message names.</exception>
    public async Task ApplyAsync(string manifest, CancellationToken cancellationToken)
    {
        foreach (var document in ManifestReader.Read(manifest).OrderBy(Rank))
        {
            await ApplyAsync(document, cancellationToken);
        }
    }

    /// <summary>The message of a Kubernetes Status; <c>null</c> when the body is something else.</summary>
    public static string? MessageOf(string? body)
    {
        if (string.IsNullOrWhiteSpace(body))
        {
            return null;
        }

        try
        {
            return JsonNode.Parse(body)?["message"]?.GetValue<string>();
        }
        catch (Exception other) when (other is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static int Rank(JsonObject document) =>
        document["kind"]?.GetValue<string>() switch
        {
            "Namespace" => 0,
            "CustomResourceDefinition" => 1,
            _ => 2,
        };

    private async Task ApplyAsync(JsonObject document, CancellationToken cancellationToken)
    {
        var version = document["apiVersion"]?.GetValue<string>();
        var kind = document["kind"]?.GetValue<string>();
        var name = document["metadata"]?["name"]?.GetValue<string>();
        if (version is null || kind is null || name is null)
        {
            throw new WorkloadException(unreachable: false, "an object of the manifest lacks apiVersion, kind or metadata.name");
        }

        var resource =
            await FindAsync(version, kind, cancellationToken)
            ?? throw new WorkloadException(unreachable: false, $"{kind} {name}: the API server does not serve {version} {kind}");
        var @namespace = document["metadata"]?["namespace"]?.GetValue<string>() ?? "default";
        var path = resource.Namespaced
            ? $"{Group(version)}/namespaces/{@namespace}/{resource.Plural}/{name}"
            : $"{Group(version)}/{resource.Plural}/{name}";
        using var request = new HttpRequestMessage(
            HttpMethod.Patch,
            new Uri(client.BaseUri, $"{path}?fieldManager={FieldManager}&force=true")
        )
        {
            Content = new StringContent(document.ToJsonString(), Encoding.UTF8),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/apply-patch+yaml");
        using var answer = await client.HttpClient.SendAsync(request, cancellationToken);
        if (!answer.IsSuccessStatusCode)
        {
            var body = await answer.Content.ReadAsStringAsync(cancellationToken);
            throw new WorkloadException(
                answer.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout,
                $"{kind} {name}: {MessageOf(body) ?? $"the API server answers {(int)answer.StatusCode}"}"
            );
        }
    }

    private async Task<Resource?> FindAsync(string version, string kind, CancellationToken cancellationToken)
    {
        if (_resources.TryGetValue(version, out var resources) && resources.TryGetValue(kind, out var found))
        {
            return found;
        }

        // Discovery is repeated for an unknown kind, because its definition may be new.
        using var answer = await client.HttpClient.GetAsync(new Uri(client.BaseUri, Group(version)), cancellationToken);
        if (!answer.IsSuccessStatusCode)
        {
            return null;
        }

        var list = JsonNode.Parse(await answer.Content.ReadAsStringAsync(cancellationToken))?["resources"]?.AsArray() ?? [];
        var read = list.OfType<JsonObject>()
            .Select(entry =>
                (
                    Kind: entry["kind"]?.GetValue<string>() ?? "",
                    Name: entry["name"]?.GetValue<string>() ?? "",
                    Namespaced: entry["namespaced"]?.GetValue<bool>() ?? false
                )
            )
            .Where(entry => !entry.Name.Contains('/', StringComparison.Ordinal))
            .DistinctBy(entry => entry.Kind)
            .ToDictionary(entry => entry.Kind, entry => new Resource(entry.Name, entry.Namespaced));
        _resources[version] = read;
        return read.GetValueOrDefault(kind);
    }

    private static string Group(string version) =>
        version.Contains('/', StringComparison.Ordinal) ? $"apis/{version}" : $"api/{version}";

    private sealed record Resource(string Plural, bool Namespaced);
}
