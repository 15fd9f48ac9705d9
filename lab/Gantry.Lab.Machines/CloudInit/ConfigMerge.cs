using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Gantry.Lab.Machines.CloudInit;

/// <summary>
/// Merges the cloud-config of several parts as cloud-init does. By default a later key replaces an earlier one whole;
/// <c>merge_how</c>, <c>merge_type</c> or the header <c>Merge-Type</c> select another strategy.
/// </summary>
internal sealed partial class ConfigMerge
{
    private readonly IReadOnlyList<(string Kind, IReadOnlyList<string> Options)> _mergers;

    private ConfigMerge(IReadOnlyList<(string Kind, IReadOnlyList<string> Options)> mergers) => _mergers = mergers;

    /// <summary>Merges one part into the earlier ones. Removes the merge instructions from the part.</summary>
    /// <exception cref="FormatException">The merge instructions are invalid.</exception>
    public static JsonObject Into(JsonObject merged, JsonObject part, string? header)
    {
        var how = part["merge_how"] ?? part["merge_type"];
        part.Remove(part.ContainsKey("merge_how") ? "merge_how" : "merge_type");
        (string, IReadOnlyList<string>)[] asked = [.. FromNode(how), .. FromText(header ?? "")];
        var merge = new ConfigMerge(asked.Length > 0 ? asked : [.. FromText("dict(replace)+list()+str()")]);
        return (JsonObject)merge.Merge(merged, part)!;
    }

    private static IEnumerable<(string, IReadOnlyList<string>)> FromNode(JsonNode? how) =>
        how switch
        {
            null => [],
            JsonArray list => list.Select(FromEntry),
            JsonValue text => FromText(text.ToString()),
            _ => throw new FormatException("merge_how must be a string or a list"),
        };

    private static (string, IReadOnlyList<string>) FromEntry(JsonNode? entry) =>
        entry switch
        {
            JsonObject { } o => (
                o["name"]?.ToString().Replace('-', '_').Trim() ?? "",
                [.. (o["settings"] as JsonArray ?? []).Select(setting => setting?.ToString() ?? "")]
            ),
            JsonArray { Count: > 0 } list => (list[0]!.ToString(), [.. list.Skip(1).Select(option => option?.ToString() ?? "")]),
            _ => throw new FormatException("an entry of merge_how must have a name and settings"),
        };

    private static IEnumerable<(string, IReadOnlyList<string>)> FromText(string how)
    {
        foreach (
            var piece in how.ToLowerInvariant()
                .Replace('-', '_')
                .Split('+', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        )
        {
            var match = Merger().Match(piece);
            yield return match.Success
                ? (
                    match.Groups[1].Value,
                    match.Groups[2].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                )
                : throw new FormatException($"the merger \"{piece}\" is not in the right format; write for example list(append)");
        }
    }

    private JsonNode? Merge(JsonNode? old, JsonNode? added) =>
        old switch
        {
            JsonObject map when Options("dict") is { } options => MergeMap(map, added, options),
            JsonArray list when Options("list") is { } options => MergeList(list, added, options),
            JsonValue text when Options("str") is { } options && added is JsonValue more => options.Contains("append")
                ? JsonValue.Create(text.ToString() + more)
            : options.Contains("replace") ? more.DeepClone()
            : old,
            _ => old,
        };

    private JsonNode MergeMap(JsonObject old, JsonNode? added, IReadOnlyList<string> options)
    {
        if (added is not JsonObject more)
        {
            return old;
        }

        var replace = options.Contains("replace");
        var result = (JsonObject)old.DeepClone();
        foreach (var (key, value) in more)
        {
            if (!result.TryGetPropertyValue(key, out var there))
            {
                result[key] = value?.DeepClone();
            }
            else if (value is null && options.Contains("allow_delete"))
            {
                result.Remove(key);
            }
            else if (replace)
            {
                result[key] = value?.DeepClone();
            }
            else if (
                value is JsonObject
                || value is JsonArray && (options.Contains("recurse_array") || options.Contains("recurse_list"))
                || value is JsonValue
                    && value.GetValueKind() is System.Text.Json.JsonValueKind.String
                    && options.Contains("recurse_str")
            )
            {
                result[key] = Merge(there, value)?.DeepClone();
            }
        }

        return result;
    }

    private JsonNode? MergeList(JsonArray old, JsonNode? added, IReadOnlyList<string> options)
    {
        var method = options.FirstOrDefault(option => option is "append" or "prepend" or "replace" or "no_replace") ?? "replace";
        if (added is not JsonArray more)
        {
            return method == "replace" ? added : old;
        }

        return method switch
        {
            "append" => Copy(old.Concat(more)),
            "prepend" => Copy(more.Concat(old)),
            "no_replace" => old,
            _ => Copy(
                old.Select(
                    (item, i) =>
                        i >= more.Count ? item
                        : Recurses(more[i], options) ? Merge(item, more[i])
                        : more[i]
                )
            ),
        };
    }

    private static bool Recurses(JsonNode? value, IReadOnlyList<string> options) =>
        value switch
        {
            JsonArray => options.Contains("recurse_array") || options.Contains("recurse_list"),
            JsonObject => options.Contains("recurse_dict"),
            _ => options.Contains("recurse_str"),
        };

    private static JsonArray Copy(IEnumerable<JsonNode?> items) => [.. items.Select(item => item?.DeepClone())];

    private IReadOnlyList<string>? Options(string kind) =>
        _mergers.FirstOrDefault(merger => merger.Kind == kind) is { Kind: not null } found ? found.Options : null;

    [GeneratedRegex(@"^([a-z_][a-z0-9_]*)\((.*?)\)$")]
    private static partial Regex Merger();
}
