using System.Text.Json.Nodes;
using Gantry.Cli.Api;
using Gantry.Cli.Connection;

namespace Gantry.Cli.Up;

/// <summary>
/// What a new Gantry needs before the first cluster, made over the public API as anybody would make it: a cloud account
/// for the region, and a profile. What is there already stays.
/// </summary>
public sealed class Bootstrap(Credentials credentials)
{
    private const string LabAccount = "lab";
    private const string OwnAccount = "maas";
    private const string ProfileName = "kubernetes";
    private const string ProfileKubernetes = "1.33.5";

    public async Task EnsureAsync(string gatewayName, OwnMaas maas, bool isLab, CancellationToken cancel)
    {
        using var console = Client();
        var gateway = await GatewayApi.UidAsync(console, gatewayName, cancel);
        await EnsureAccountAsync(console, gateway, isLab ? LabAccount : OwnAccount, maas, cancel);
        await EnsureProfileAsync(console, cancel);
    }

    /// <returns>What the gateway was told instead of an answer to this key; <c>null</c> when MAAS accepts it.</returns>
    public async Task<string?> WhyNotAsync(string gatewayName, OwnMaas maas, CancellationToken cancel)
    {
        using var console = Client();
        try
        {
            var gateway = await GatewayApi.UidAsync(console, gatewayName, cancel);
            var account = new JsonObject { ["apiEndpoint"] = maas.Endpoint.ToString(), ["apiKey"] = maas.Key.Reveal() };
            await console.PostAsync($"v1/overlords/maas/{gateway}/account/validate", new JsonObject { ["account"] = account }, cancel);
            return null;
        }
        catch (CliException refused)
        {
            return refused.Message;
        }
    }

    private ConsoleClient Client() => new(
        new ConsoleAddress(new Uri(credentials.Url), credentials.ApiKey, credentials.CaFile, ConsoleAddress.DefaultProject));

    private static async Task EnsureAccountAsync(ConsoleClient console, string gateway, string name, OwnMaas maas, CancellationToken cancel)
    {
        var body = new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = name, ["annotations"] = new JsonObject { ["overlordUid"] = gateway } },
            ["spec"] = new JsonObject { ["apiEndpoint"] = maas.Endpoint.ToString(), ["apiKey"] = maas.Key.Reveal() },
        };
        var accounts = await console.ListAsync("v1/cloudaccounts/maas?limit=0", cancel);
        var known = accounts.FirstOrDefault(account => (string?)account?["metadata"]?["name"] == name);
        if (known is null)
        {
            await console.PostAsync("v1/cloudaccounts/maas", body, cancel);
        }
        else if ((string?)known["spec"]?["apiEndpoint"] != maas.Endpoint.ToString() || name == OwnAccount)
        {
            // The key on the command line may be a new one; the console cannot tell, it holds only ciphertext.
            await console.PutAsync($"v1/cloudaccounts/maas/{(string?)known["metadata"]?["uid"]}", body, cancel);
        }
    }

    /// <summary>What a console alone can have before its first gateway.</summary>
    public async Task EnsureProfileAsync(CancellationToken cancel)
    {
        using var console = Client();
        await EnsureProfileAsync(console, cancel);
    }

    private static async Task EnsureProfileAsync(ConsoleClient console, CancellationToken cancel)
    {
        var profiles = await console.GetAsync("v1/dashboard/clusterprofiles/metadata", cancel);
        if (profiles?["items"]?.AsArray() is { Count: > 0 })
        {
            return;
        }

        var packs = (await console.GetAsync("v1/packs", cancel))?["items"]?.AsArray() ?? [];
        var layers = new JsonArray();
        foreach (var layer in (string[])["os", "k8s", "cni", "csi"])
        {
            var pack = packs.First(one =>
                (string?)one?["spec"]?["layer"] == layer && (layer != "k8s" || (string?)one["spec"]?["version"] == ProfileKubernetes));
            layers.Add(new JsonObject
            {
                ["name"] = (string?)pack!["spec"]!["name"],
                ["tag"] = (string?)pack["spec"]!["version"],
                ["type"] = "spectro",
                ["uid"] = (string?)pack["metadata"]!["uid"],
                ["registryUid"] = (string?)pack["spec"]!["registryUid"],
                ["values"] = (string?)pack["spec"]!["values"],
            });
        }

        var created = await console.PostAsync(
            "v1/clusterprofiles",
            new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["name"] = ProfileName,
                    ["annotations"] = new JsonObject { ["description"] = "Ubuntu, Kubernetes, Flannel and local volumes" },
                },
                ["spec"] = new JsonObject
                {
                    ["version"] = "1.0.0",
                    ["template"] = new JsonObject { ["cloudType"] = "maas", ["type"] = "infra", ["packs"] = layers },
                },
            },
            cancel);
        await console.PatchAsync($"v1/clusterprofiles/{(string?)created?["uid"]}/publish", null, cancel);
    }
}
