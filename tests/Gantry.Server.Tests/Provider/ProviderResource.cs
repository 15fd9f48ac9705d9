using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Server.Tests.Hosting;

namespace Gantry.Server.Tests.Provider;

/// <summary>A resource of the Terraform provider: its attributes, and the calls that bring them about and read them back.</summary>
internal abstract class ProviderResource(World world, JsonObject attributes)
{
    protected World World { get; } = world;

    /// <summary>What is written in the file of the user.</summary>
    protected JsonObject Attributes { get; private set; } = attributes;

    public string Uid { get; protected set; } = "";

    public static async Task<ProviderResource> OfAsync(World world, string resource) =>
        resource switch
        {
            "cluster" => new ProviderCluster(world),
            "profile" => new ProviderProfile(world, await world.PacksAsync()),
            "account" => new ProviderAccount(world),
            "project" => new ProviderProject(world),
            _ => new ProviderAddon(world),
        };

    public abstract Task CreateAsync();

    protected abstract Task<JsonObject> ReadAsync();

    /// <summary>The calls for changed attributes.</summary>
    protected abstract Task UpdateAsync(Func<string, bool> hasChange);

    /// <summary>The differences between the file and what is read.</summary>
    public async Task<IReadOnlyList<string>> PlanAsync()
    {
        var read = await ReadAsync();
        return
        [
            .. Attributes
                .Where(one => read.ContainsKey(one.Key) && !JsonNode.DeepEquals(one.Value, read[one.Key]))
                .Select(one => $"{one.Key}: {one.Value?.ToJsonString()} is written, {read[one.Key]?.ToJsonString()} is read"),
        ];
    }

    /// <param name="force">Whether the calls are made without a change as well.</param>
    /// <returns>Status and body of the call that failed, after which the file is as before; null for a success.</returns>
    public async Task<string?> ApplyAsync(string attribute, JsonNode? value, bool force = false)
    {
        var before = Attributes;
        Attributes = before.DeepClone().AsObject();
        Attributes[attribute] = value?.DeepClone();
        try
        {
            await UpdateAsync(name => name == attribute && (force || !JsonNode.DeepEquals(before[name], value)));
            return null;
        }
        catch (FailedCall failed)
        {
            Attributes = before;
            return failed.Message;
        }
    }

    protected async Task<JsonElement> SendAsync(string method, string path, JsonNode? body = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Content = body is null ? null : JsonContent.Create(body);
        using var response = await World.Console.Client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return !response.IsSuccessStatusCode ? throw new FailedCall($"{(int)response.StatusCode} {text}")
            : text.Length is 0 ? default
            : JsonSerializer.Deserialize<JsonElement>(text);
    }

    protected async Task<JsonObject> GetAsync(string path) =>
        JsonNode.Parse((await SendAsync("GET", path)).GetRawText())!.AsObject();

    protected JsonNode? Given(string attribute) => Attributes[attribute]?.DeepClone();

    /// <summary>The provider's models leave out empty maps.</summary>
    protected static JsonObject WithoutEmptyMaps(JsonObject body)
    {
        foreach (var name in body.Where(one => one.Value is JsonObject { Count: 0 }).Select(one => one.Key).ToList())
        {
            body.Remove(name);
        }

        return body;
    }

    /// <summary>They write null for empty lists.</summary>
    protected static JsonNode? NullIfEmpty(JsonNode? list) => list is JsonArray { Count: 0 } ? null : list;

    protected static JsonNode Json(string text) => JsonNode.Parse(text)!;

    private sealed class FailedCall(string message) : Exception(message);
}
