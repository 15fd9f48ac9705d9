using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Api;

namespace Gantry.Cli.Changes;

/// <summary>The settings that a change and the changes that came before it both set, to different values. Pure.</summary>
internal static class ChangeConflicts
{
    private const string Taints = "taints";

    /// <param name="read">The cluster that the change was made from.</param>
    /// <param name="now">The cluster after the changes that came before it.</param>
    /// <returns>Each conflict as a clause: <c>worker-pool: size was 2, is 5 now</c>; empty when the change can be made on
    /// top.</returns>
    public static IReadOnlyList<string> Between(DesiredCluster read, DesiredCluster now, ClusterChange change)
    {
        var found = (change.MachinePools ?? []).SelectMany(pool => OfPool(read, now, pool)).ToList();
        if ((change.Upgrade is not null || change.Profiles is { Count: > 0 }) && Text(read.Profiles) != Text(now.Profiles))
        {
            found.Add("its profiles are others now");
        }

        return found;
    }

    private static IEnumerable<string> OfPool(DesiredCluster read, DesiredCluster now, PoolChange change)
    {
        if (change.Name is not { } name || read.FindPool(name) is not { } before || now.FindPool(name) is not { } theirs)
        {
            return [];
        }

        var (was, isNow) = (Settings(Document(before)), Settings(Document(theirs)));
        var ours = change.Patch is { } patch ? Patched(was, patch) : new Dictionary<string, string>();
        return was
            .Keys.Union(isNow.Keys)
            .Union(ours.Keys)
            .Where(setting => Of(was, setting) != Of(ours, setting))
            .Where(setting => Of(was, setting) != Of(isNow, setting) && Of(isNow, setting) != Of(ours, setting))
            .Select(setting => $"{name}: {setting} was {Of(was, setting)}, is {Of(isNow, setting)} now");
    }

    private static Dictionary<string, string> Patched(Dictionary<string, string> before, MachinePoolPatch patch)
    {
        var changes = JsonSerializer.SerializeToNode(patch, ApiJson.Options)!.AsObject();
        var after = before
            .Where(setting => !(changes.ContainsKey(Taints) && setting.Key.StartsWith($"{Taints}.", StringComparison.Ordinal)))
            .ToDictionary();
        foreach (var (setting, value) in Settings(changes))
        {
            after[setting] = value;
        }

        return after;
    }

    private static string Of(Dictionary<string, string> settings, string name) => settings.GetValueOrDefault(name, "null");

    private static JsonObject Document(MachinePoolView pool) => JsonSerializer.SerializeToNode(pool, ApiJson.Options)!.AsObject();

    private static string Text(IReadOnlyList<TemplateView> profiles) => JsonSerializer.Serialize(profiles, ApiJson.Options);

    // Labels and taints are set one by one, other lists as a whole.
    private static Dictionary<string, string> Settings(JsonObject document)
    {
        var settings = new Dictionary<string, string>();
        Add(settings, "", document);
        return settings;
    }

    private static void Add(Dictionary<string, string> settings, string prefix, JsonObject document)
    {
        foreach (var (name, value) in document)
        {
            switch (value)
            {
                case JsonObject inner:
                    Add(settings, $"{prefix}{name}.", inner);
                    break;
                case JsonArray taints when name is Taints:
                    foreach (var taint in taints.OfType<JsonObject>())
                    {
                        settings[$"{Taints}.{taint["key"]}:{taint["effect"]}"] = $"{taint["value"]}";
                    }

                    break;
                default:
                    settings[$"{prefix}{name}"] = value?.ToJsonString() ?? "null";
                    break;
            }
        }
    }
}
