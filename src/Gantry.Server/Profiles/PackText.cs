using System.Text.Json;
using Gantry.Server.Api;

namespace Gantry.Server.Profiles;

/// <summary>Sets one value in the YAML of a pack and keeps every other line, including comments.</summary>
public static class PackText
{
    /// <param name="path">One or two keys from the top, joined by a dot.</param>
    /// <returns>The unchanged text when <paramref name="check"/> has a problem.</returns>
    public static string Set(Check check, string field, string yaml, string path, string value)
    {
        var keys = path.Split('.');
        if (keys.Length > 2 || Array.Exists(keys, key => key.Length is 0 || !key.All(IsOfKey)))
        {
            check.Problem(field, $"'{ApiError.Shown(path)}' is not a path of one or two keys; write for example pack.version");
            return yaml;
        }

        var lines = yaml.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n').ToList();
        if (lines is [""])
        {
            lines.Clear();
        }

        if (keys is [var key])
        {
            Put(lines, (0, lines.Count), "", key, Scalar(value));
        }
        else if (!PutBelow(lines, keys[0], keys[1], Scalar(value)))
        {
            check.Problem(field, $"the values write '{keys[0]}' on one line; write it as a block in the profile first");
            return yaml;
        }

        return string.Join('\n', lines) + "\n";
    }

    /// <summary>Whether a value stands below a key at the top.</summary>
    public static bool Has(string yaml, string parent, string key) =>
        yaml.ReplaceLineEndings("\n")
            .Split('\n')
            .SkipWhile(line => !Is(line, "", parent))
            .Skip(1)
            .TakeWhile(IsBelow)
            .Any(line => line.TrimStart().StartsWith(key + ":", StringComparison.Ordinal));

    /// <returns>False when the parent is not written as a block.</returns>
    private static bool PutBelow(List<string> lines, string parent, string key, string value)
    {
        var at = lines.FindIndex(line => Is(line, "", parent));
        if (at < 0)
        {
            lines.Add($"{parent}:");
            at = lines.Count - 1;
        }

        switch (Written(lines[at], parent))
        {
            case "":
                break;
            case "{}":
                lines[at] = $"{parent}:";
                break;
            default:
                return false;
        }

        var end = lines.FindIndex(at + 1, line => !IsBelow(line));
        end = end < 0 ? lines.Count : end;
        var first = lines
            .Skip(at + 1)
            .Take(end - at - 1)
            .FirstOrDefault(line => line.Trim() is { Length: > 0 } text && text[0] != '#');
        Put(lines, (at + 1, end), first is null ? "  " : first[..(first.Length - first.TrimStart().Length)], key, value);
        return true;
    }

    private static void Put(List<string> lines, (int Start, int End) block, string indent, string key, string value)
    {
        var at = lines.FindIndex(block.Start, block.End - block.Start, line => Is(line, indent, key));
        if (at < 0)
        {
            lines.Insert(block.Start, $"{indent}{key}: {value}");
        }
        else
        {
            lines[at] = $"{indent}{key}: {value}";
        }
    }

    private static bool IsBelow(string line) => line.Length is 0 || char.IsWhiteSpace(line[0]) || line[0] is '#';

    private static bool Is(string line, string indent, string key) =>
        line == $"{indent}{key}:" || line.StartsWith($"{indent}{key}: ", StringComparison.Ordinal);

    private static bool IsOfKey(char letter) => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '/';

    // Plain where YAML reads it as the same text; otherwise quoted as JSON, which YAML also reads.
    private static string Scalar(string value) =>
        char.IsAsciiLetterOrDigit(value.FirstOrDefault())
        && value.All(letter => char.IsAsciiLetterOrDigit(letter) || "._/-{}".Contains(letter))
            ? value
            : JsonSerializer.Serialize(value, ApiJson.Options.GetTypeInfo(typeof(string)));

    private static string Written(string line, string key)
    {
        var text = line[(key.Length + 1)..];
        var comment = text.IndexOf(" #", StringComparison.Ordinal);
        return (comment < 0 ? text : text[..comment]).Trim();
    }
}
