using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Clusters.Model;
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

    /// <inheritdoc cref="IWorkloadCluster.ListMissingAsync"/>
    public async Task<IReadOnlyList<AddonObject>> ListMissingAsync(
        IReadOnlyList<AddonObject> objects,
        CancellationToken cancellationToken
    )
    {
        var missing = new List<AddonObject>();
        foreach (var one in objects)
        {
            if (await FindMetadataAsync(one, cancellationToken) is null)
            {
                missing.Add(one);
            }
        }

        return missing;
    }

    /// <inheritdoc cref="IWorkloadCluster.DeleteAsync"/>
    public async Task DeleteAsync(AddonObject old, CancellationToken cancellationToken)
    {
        if (await FindMetadataAsync(old, cancellationToken) is not { } found || IsOfOthers(found.Metadata))
        {
            return;
        }

        var options = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "DeleteOptions",
            ["propagationPolicy"] = "Background",
            ["preconditions"] = new JsonObject { ["uid"] = found.Metadata["uid"]?.ToString() },
        };
        using var request = new HttpRequestMessage(HttpMethod.Delete, found.Url)
        {
            Content = new StringContent(options.ToJsonString(), Encoding.UTF8, "application/json"),
        };
        using var answer = await client.HttpClient.SendAsync(request, cancellationToken);

        // A conflict means that another object has taken the name since.
        if (!answer.IsSuccessStatusCode && answer.StatusCode is not (HttpStatusCode.NotFound or HttpStatusCode.Conflict))
        {
            throw await RefusalAsync(answer, $"{old}", cancellationToken);
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
        var path = PathOf(new AddonObject(version, kind, document["metadata"]?["namespace"]?.GetValue<string>(), name), resource);
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
            throw await RefusalAsync(answer, $"{kind} {name}", cancellationToken);
        }
    }

    // Who sets no field of an object, such as a service account with a name alone, is not listed; then nobody is.
    private static bool IsOfOthers(JsonObject metadata) =>
        metadata["managedFields"] is JsonArray { Count: > 0 } managers
        && !managers.Any(entry => entry?["manager"]?.ToString() is FieldManager);

    /// <returns><c>null</c> when the cluster has no such object, or no such kind.</returns>
    private async Task<(Uri Url, JsonObject Metadata)?> FindMetadataAsync(AddonObject one, CancellationToken cancellationToken)
    {
        if (await FindAsync(one.ApiVersion, one.Kind, cancellationToken) is not { } resource)
        {
            return null;
        }

        var url = new Uri(client.BaseUri, PathOf(one, resource));
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.TryAddWithoutValidation(
            "Accept",
            "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
        );
        using var answer = await client.HttpClient.SendAsync(request, cancellationToken);
        if (answer.StatusCode is HttpStatusCode.NotFound)
        {
            return null;
        }

        if (!answer.IsSuccessStatusCode)
        {
            throw await RefusalAsync(answer, $"{one}", cancellationToken);
        }

        return JsonNode.Parse(await answer.Content.ReadAsStringAsync(cancellationToken))?["metadata"] is JsonObject metadata
            ? (url, metadata)
            : null;
    }

    private static string PathOf(AddonObject one, Resource resource) =>
        resource.Namespaced
            ? $"{Group(one.ApiVersion)}/namespaces/{one.Namespace ?? "default"}/{resource.Plural}/{one.Name}"
            : $"{Group(one.ApiVersion)}/{resource.Plural}/{one.Name}";

    private static async Task<WorkloadException> RefusalAsync(
        HttpResponseMessage answer,
        string what,
        CancellationToken cancellationToken
    )
    {
        var body = await answer.Content.ReadAsStringAsync(cancellationToken);
        return new WorkloadException(
            answer.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout,
            $"{what}: {MessageOf(body) ?? $"the API server answers {(int)answer.StatusCode}"}"
        );
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
