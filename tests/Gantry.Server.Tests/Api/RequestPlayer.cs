using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Gantry.Api;
using Gantry.Protocol;
using Gantry.Server.Tests.Hosting;

namespace Gantry.Server.Tests.Api;

/// <param name="Seen">What can be seen afterwards, without names, uids and times of this request; null after a failure.</param>
internal sealed record Played(int Status, JsonElement Answer, string? Seen);

/// <summary>
/// Sends requests of one operation that asks for a little of everything, each for an object of its own where the operation makes
/// one, and looks at what can be seen afterwards: the object as it is read, and the desired state at the gateway.
/// </summary>
internal sealed partial class RequestPlayer
{
    // What differs between two requests of the same content.
    private static readonly string[] Passing =
    [
        "uid",
        "id",
        "configUid",
        "packUid",
        "manifestUid",
        "createdAt",
        "creationTimestamp",
        "lastTransitionTime",
        "lastProbeTime",
        "lastModifiedTimestamp",
        "generation",
        "revision",
        "versions",
    ];

    private readonly World _world;
    private readonly Operation _operation;
    private string _uid = "";
    private string _config = "";
    private JsonArray _packs = [];
    private int _number;

    private RequestPlayer(World world, Operation operation) => (_world, _operation) = (world, operation);

    private TestConsole Console => _world.Console;

    private string Name => $"object-{_number}";

    public static async Task<RequestPlayer> OfAsync(World world, string operation)
    {
        var player = new RequestPlayer(world, Operations.All.Single(one => one.Name == operation));
        await player.PrepareAsync();
        return player;
    }

    public async Task<Played> PlayAsync(Action<JsonNode>? change = null)
    {
        _number++;
        var body = Body();
        change?.Invoke(body);
        using var request = new HttpRequestMessage(new HttpMethod(_operation.Method), Path())
        {
            Content = JsonContent.Create(body),
        };
        using var response = await Console.Client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        var answer = text.Length is 0 ? default : JsonSerializer.Deserialize<JsonElement>(text);
        if (!response.IsSuccessStatusCode)
        {
            return new Played((int)response.StatusCode, answer, null);
        }

        if (_operation.Name is not "v1CloudConfigsMaasMachinePoolCreate")
        {
            var uid =
                _operation.Method is "POST"
                && answer is { ValueKind: JsonValueKind.Object }
                && answer.TryGetProperty("uid", out var made)
                    ? made.GetString()!
                    : _uid;
            return new Played((int)response.StatusCode, answer, Plain(await SeenAsync(uid, answer)));
        }

        // One pool at a time, so that two requests can be compared.
        var seen = Plain(await SeenAsync(_uid, answer));
        await Console.DeleteAsync($"{_config}/machinePools/{answer.GetProperty("uid").GetString()}");
        return new Played((int)response.StatusCode, answer, seen);
    }

    private async Task PrepareAsync()
    {
        _packs = await _world.PacksAsync();
        switch (Noun())
        {
            case "cluster":
            case "pool":
                _uid = await _world.CreateClusterAsync("demo");
                _config = await _world.ConfigAsync(_uid);
                break;
            case "profile":
                _uid = (await Console.PostAsync("/v1/clusterprofiles", Profile("before"))).GetProperty("uid").GetString()!;
                break;
            case "account":
                _uid = _world.Account;
                break;
            case "project":
                _uid = _world.Project;
                break;
            case "key":
                _uid = (await Console.PostAsync("/v1/apiKeys", new { metadata = new { name = "before" } }))
                    .GetProperty("uid")
                    .GetString()!;
                break;
            case "gateway":
                _uid = _world.Gateway.Uid;
                break;
        }
    }

    private string Noun() =>
        _operation.Route switch
        {
            "/v1/spectroclusters/maas" => "new cluster",
            _ when _operation.Route.StartsWith("/v1/spectroclusters/", StringComparison.Ordinal) => "cluster",
            _ when _operation.Route.StartsWith("/v1/cloudconfigs/", StringComparison.Ordinal) => "pool",
            _ when _operation.Route.StartsWith("/v1/clusterprofiles", StringComparison.Ordinal) => "profile",
            _ when _operation.Route.StartsWith("/v1/cloudaccounts", StringComparison.Ordinal) => "account",
            _ when _operation.Route.StartsWith("/v1/projects", StringComparison.Ordinal) => "project",
            _ when _operation.Route.StartsWith("/v1/apiKeys", StringComparison.Ordinal) => "key",
            _ when _operation.Route.StartsWith("/v1/overlords", StringComparison.Ordinal) => "gateway",
            _ => "packs",
        };

    private string Path() =>
        _operation
            .Route.Replace("/v1/cloudconfigs/maas/{configUid}", _config, StringComparison.Ordinal)
            .Replace("{machinePoolName}", "worker-pool", StringComparison.Ordinal)
            .Replace("{uid}", _uid, StringComparison.Ordinal);

    private JsonNode Body() =>
        _operation.Name switch
        {
            "v1SpectroClustersMaasCreate" => Cluster(),
            "v1CloudConfigsMaasMachinePoolCreate" => Pool(Name),
            "v1CloudConfigsMaasMachinePoolUpdate" => Pool("worker-pool"),
            "v1CloudConfigsMaasUidClusterConfig" => Json("""{"clusterConfig":{"domain":"maas"}}"""),
            "v1SpectroClustersUidMetadataUpdate" => Json("""{"metadata":{"labels":{},"annotations":{}}}"""),
            "v1SpectroClustersPatchProfiles" or "v1SpectroClustersUpdateProfiles" => new JsonObject
            {
                ["profiles"] = new JsonArray(Choice()),
                ["spcApplySettings"] = Json("""{"actionType":"DownloadAndInstall"}"""),
            },
            "v1ClusterProfilesCreate" or "v1ClusterProfilesUpdate" => Profile(Name),
            "v1ClusterProfilesUidMetadataUpdate" => Json($$$"""{"metadata":{"name":"{{{Name}}}"},"spec":{"version":"1.0.0"}}"""),
            "v1CloudAccountsMaasCreate" or "v1CloudAccountsMaasUpdate" => new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["name"] = Name,
                    ["annotations"] = new JsonObject { ["overlordUid"] = _world.Gateway.Uid },
                },
                ["spec"] = Json("""{"apiEndpoint":"http://maas:5240/MAAS","apiKey":"a:b:c"}"""),
            },
            "v1ApiKeysUidActiveState" or "v1ApiKeysUidState" => Json("""{"isActive":true}"""),
            _ when Noun() is "project" or "key" or "gateway" => Json($$$"""{"metadata":{"name":"{{{Name}}}"}}"""),
            _ => new JsonObject(),
        };

    private JsonObject Cluster()
    {
        var body = _world.Body(Name);
        body["spec"]!["profiles"]![0] = Choice();
        body["spec"]!["machinepoolconfig"]![1] = Pool("worker-pool");
        return body;
    }

    private static JsonObject Pool(string name)
    {
        var pool = World.Pool(name, 1, controlPlane: false);
        pool["poolConfig"]!["taints"] = Json("""[{"key":"base","value":"base","effect":"NoSchedule"}]""");
        pool["poolConfig"]!["updateStrategy"] = Json("""{"type":"OverrideScaling","maxSurge":"1","maxUnavailable":"0"}""");
        return pool;
    }

    private JsonObject Choice() =>
        Json($$"""{"uid":"{{_world.Profile}}","packValues":[{"name":"kubernetes","tag":"1.36.4"}]}""").AsObject();

    private JsonObject Profile(string name)
    {
        var packs = _packs.DeepClone().AsArray();
        packs.Add(
            Json("""{"name":"extra","type":"manifest","manifests":[{"name":"one","content":"{ apiVersion: v1, kind: One }"}]}""")
        );
        return new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = name },
            ["spec"] = new JsonObject
            {
                ["version"] = "1.0.0",
                ["template"] = new JsonObject
                {
                    ["cloudType"] = "maas",
                    ["type"] = "cluster",
                    ["packs"] = packs,
                },
            },
        };
    }

    private async Task<string> SeenAsync(string uid, JsonElement answer) =>
        Noun() switch
        {
            "new cluster" or "cluster" or "pool" => $"[{await ReadAsync($"/v1/spectroclusters/{uid}")},"
                + $"{await ReadAsync(await _world.ConfigAsync(uid))},"
                + $"{JsonSerializer.Serialize(await _world.WantedAsync(uid), ProtocolJson.Options)}]",
            "profile" => $"[{await ReadAsync($"/v1/clusterprofiles/{uid}")},"
                + $"{await ReadAsync($"/v1/clusterprofiles/{uid}/packs/extra/manifests")}]",
            "account" => await ReadAsync($"/v1/cloudaccounts/maas/{uid}"),
            "project" => await ReadAsync($"/v1/projects/{uid}"),
            "key" => await ReadAsync($"/v1/apiKeys/{uid}"),
            "gateway" => await ReadAsync($"/v1/overlords/{uid}"),
            _ => answer.GetRawText(),
        };

    private async Task<string> ReadAsync(string path) => (await Console.GetAsync(path)).GetRawText();

    private string Plain(string seen)
    {
        var json = JsonNode.Parse(seen)!;
        Strip(json);
        if (Noun() is "key")
        {
            json["spec"]!.AsObject().Remove("key");
        }

        return Named().Replace(json.ToJsonString(), "NAME");
    }

    private static void Strip(JsonNode? json)
    {
        if (json is JsonObject members)
        {
            foreach (var name in Passing)
            {
                members.Remove(name);
            }

            foreach (var (_, value) in members)
            {
                Strip(value);
            }
        }
        else if (json is JsonArray items)
        {
            foreach (var item in items)
            {
                Strip(item);
            }
        }
    }

    private static JsonNode Json(string text) => JsonNode.Parse(text)!;

    [GeneratedRegex("object-[0-9]+")]
    private static partial Regex Named();
}
