using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Gantry.Server.Api;

namespace Gantry.Server.Clusters;

/// <summary>A merge patch (RFC 7396) of a machine pool in its read form: all settings in one object. Pure.</summary>
internal static class PoolPatch
{
    private static readonly HashSet<string> InCloudConfig = Names<PoolCloudConfig>();
    private static readonly HashSet<string> InPoolConfig = Names<PoolConfig>();

    /// <param name="field">The patch's place in the request, with a trailing dot; empty when the patch is the request.</param>
    /// <exception cref="ApiException">Status 400 with the field that a pool does not have, or whose value cannot be
    /// parsed.</exception>
    public static PoolEntity Apply(PoolEntity pool, JsonElement patch, string field)
    {
        if (patch.ValueKind is not JsonValueKind.Object)
        {
            throw ApiError.Invalid(field.TrimEnd('.'), "is not an object; write the settings to change");
        }

        var cloud = JsonSerializer.SerializeToNode(pool.CloudConfig ?? new PoolCloudConfig(), ApiJson.Options)!.AsObject();
        var config = JsonSerializer.SerializeToNode(pool.PoolConfig ?? new PoolConfig(), ApiJson.Options)!.AsObject();
        var isScaled =
            patch.TryGetProperty("size", out _)
            && !patch.TryGetProperty("minSize", out _)
            && !patch.TryGetProperty("maxSize", out _);
        foreach (var setting in patch.EnumerateObject())
        {
            var target =
                InCloudConfig.Contains(setting.Name) ? cloud
                : InPoolConfig.Contains(setting.Name) ? config
                : null;
            Merge(
                target ?? throw ApiError.Invalid($"{field}{ApiError.Shown(setting.Name)}", "is not a setting of a machine pool"),
                setting
            );
        }

        // Limits of a scaler that repeat the old size would contradict the new one.
        if (isScaled)
        {
            (config["minSize"], config["maxSize"]) = (0, 0);
        }

        return new PoolEntity
        {
            CloudConfig = JsonPlace.Read<PoolCloudConfig>(cloud, field),
            PoolConfig = JsonPlace.Read<PoolConfig>(config, field),
        };
    }

    private static void Merge(JsonObject target, JsonProperty setting)
    {
        switch (setting.Value.ValueKind)
        {
            case JsonValueKind.Null:
                target.Remove(setting.Name);
                break;
            case JsonValueKind.Object:
                if (target[setting.Name] is not JsonObject inner)
                {
                    target[setting.Name] = inner = [];
                }

                foreach (var below in setting.Value.EnumerateObject())
                {
                    Merge(inner, below);
                }

                break;
            default:
                target[setting.Name] = JsonNode.Parse(setting.Value.GetRawText());
                break;
        }
    }

    private static HashSet<string> Names<T>() =>
        [
            .. ((JsonTypeInfo<T>)ApiJson.Options.GetTypeInfo(typeof(T)))
                .Properties.Where(one => !one.IsExtensionData)
                .Select(one => one.Name),
        ];
}
