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
/// Server-side apply of whole YAML streams: objects of any kind, found through the API server's own discovery, with
/// namespaces and custom resource definitions first so that what needs them finds them.
/// </summary>
internal sealed class ManifestApply(Kubernetes client)
{
    private const string FieldManager = "gantry";

    private readonly ConcurrentDictionary<string, IReadOnlyDictionary<string, Resource>> _known = new(StringComparer.Ordinal);

    /// <exception cref="WorkloadException">An object was refused; the message names it.</exception>
    public async Task ApplyAsync(string manifest, CancellationToken cancellationToken)
    {
        foreach (var document in ManifestReader.Read(manifest).OrderBy(Rank))
        {
            await ApplyAsync(document, cancellationToken);
        }
    }

    /// <summary>The message of a Kubernetes status object; <c>null</c> when it is none.</summary>
    public static string? Said(string? body)
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
        var space = document["metadata"]?["namespace"]?.GetValue<string>() ?? "default";
        var path = resource.Namespaced
            ? $"{Group(version)}/namespaces/{space}/{resource.Plural}/{name}"
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
                $"{kind} {name}: {Said(body) ?? $"the API server answers {(int)answer.StatusCode}"}"
            );
        }
    }

    private async Task<Resource?> FindAsync(string version, string kind, CancellationToken cancellationToken)
    {
        if (_known.TryGetValue(version, out var resources) && resources.TryGetValue(kind, out var found))
        {
            return found;
        }

        // A kind that is missing may have been defined a moment ago.
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
        _known[version] = read;
        return read.GetValueOrDefault(kind);
    }

    private static string Group(string version) =>
        version.Contains('/', StringComparison.Ordinal) ? $"apis/{version}" : $"api/{version}";

    private sealed record Resource(string Plural, bool Namespaced);
}
