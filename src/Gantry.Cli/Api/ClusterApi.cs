using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Api;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Api;

/// <summary>A cluster with its newest status.</summary>
/// <param name="Status"><c>null</c> until its gateway has reported on it.</param>
/// <param name="Generation">Of the wish; a status with a lower one speaks of an older wish.</param>
/// <param name="AutoRepair">Whether silent machines are replaced without a person; <c>null</c> when the console does not say.</param>
/// <param name="AutoRepairFrom"><c>project</c> where the cluster says nothing of its own, else <c>cluster</c>.</param>
/// <param name="Sizes">How many machines each pool is to have; <c>null</c> where nobody asked for it.</param>
public sealed record ClusterProgress(
    string Uid, string Name, ReportedStatus? Status, long Generation = 0, IReadOnlyDictionary<string, int>? Sizes = null,
    bool? AutoRepair = null, string? AutoRepairFrom = null)
{
    public bool IsOfNewestWish => Status is not null && Status.ObservedGeneration >= Generation;
}

/// <summary>Calls on clusters that more than one command makes.</summary>
public static class ClusterApi
{
    /// <summary>Finds the one cluster of that name, or of that uid.</summary>
    /// <param name="alsoDeleted">Whether, where none of that name lives, the one that was deleted last is meant.</param>
    public static async Task<string> UidAsync(
        ConsoleClient console, string nameOrUid, CancellationToken cancel, bool alsoDeleted = false)
    {
        var found = await SearchAsync(console, nameOrUid, cancel);
        if (found.Count == 0 && alsoDeleted)
        {
            var last = (await SearchAsync(console, nameOrUid, cancel, deleted: true))
                .MaxBy(item => (string?)item?["metadata"]?["creationTimestamp"], StringComparer.Ordinal);
            found = last is null ? [] : new JsonArray(last.DeepClone());
        }

        if (found.Count == 1)
        {
            return (string)found[0]!["metadata"]!["uid"]!;
        }

        if (found.Count > 1)
        {
            throw new CliException(
                ExitCode.Refused,
                $"several clusters are named `{nameOrUid}`; say which by uid: "
                + string.Join(", ", found.Select(item => (string?)item?["metadata"]?["uid"])));
        }

        if (nameOrUid.Length == 24 && nameOrUid.All(char.IsAsciiHexDigitLower))
        {
            await console.GetAsync($"v1/spectroclusters/{nameOrUid}", cancel);
            return nameOrUid;
        }

        throw new CliException(ExitCode.NotFound, $"there is no cluster `{nameOrUid}`; `gantry cluster list` shows what there is");
    }

    /// <param name="name"><c>null</c> finds all clusters of the project.</param>
    public static async Task<JsonArray> SearchAsync(ConsoleClient console, string? name, CancellationToken cancel, bool deleted = false)
    {
        var filters = new JsonArray(Filter("isDeleted", "bool", new JsonObject { ["value"] = deleted }));
        var groups = new JsonArray(Group(filters));
        if (name is not null)
        {
            groups.Add(Group(new JsonArray(Filter(
                "clusterName",
                "string",
                new JsonObject { ["operator"] = "eq", ["match"] = new JsonObject { ["conjunction"] = "or", ["values"] = new JsonArray(name) } }))));
        }

        var all = new JsonArray();
        string? more = null;
        do
        {
            var path = "v1/dashboard/spectroclusters/search?limit=50" + (more is null ? "" : $"&continue={Uri.EscapeDataString(more)}");
            var page = await console.PostAsync(
                path, new JsonObject { ["filter"] = new JsonObject { ["conjunction"] = "and", ["filterGroups"] = groups.DeepClone() } }, cancel);
            foreach (var item in page?["items"]?.AsArray() ?? [])
            {
                all.Add(item?.DeepClone());
            }

            more = (string?)page?["listmeta"]?["continue"];
        }
        while (!string.IsNullOrEmpty(more));
        return all;
    }

    public static async Task<(ClusterProgress Progress, JsonNode Document)> ProgressAsync(
        ConsoleClient console, string uid, CancellationToken cancel)
    {
        var document = await console.GetAsync($"v1/spectroclusters/{uid}/progress", cancel)
            ?? throw new CliException(ExitCode.Unexpected, $"the console said nothing about cluster {uid}");
        var status = document["status"].Deserialize<ReportedStatus>(ApiJson.Options);
        return (new ClusterProgress(uid, (string?)document["name"] ?? uid, status, (long?)document["generation"] ?? 0)
        {
            AutoRepair = (bool?)document["autoRepair"],
            AutoRepairFrom = (string?)document["autoRepairFrom"],
        }, document);
    }

    /// <summary>The uid of the object that holds a cluster's machine pools.</summary>
    public static async Task<string> CloudConfigAsync(ConsoleClient console, string uid, CancellationToken cancel)
    {
        var cluster = await console.GetAsync($"v1/spectroclusters/{uid}", cancel);
        return (string)cluster!["spec"]!["cloudConfigRef"]!["uid"]!;
    }

    private static JsonObject Group(JsonArray filters) => new() { ["conjunction"] = "and", ["filters"] = filters };

    private static JsonObject Filter(string property, string type, JsonObject condition) => new()
    {
        ["property"] = property,
        ["type"] = type,
        ["condition"] = new JsonObject { [type] = condition },
    };
}
