namespace Gantry.Cli.Changes;

/// <summary>
/// Sets one value in the YAML of a pack and leaves every other line, comments included, as a person wrote it.
/// </summary>
public static class PackText
{
    /// <param name="path">Keys from the top, one or two of them.</param>
    /// <exception cref="CliException">The parent of the value is not written as a block.</exception>
    public static string Set(string yaml, string value, params IReadOnlyList<string> path)
    {
        value = Scalar(value);
        var lines = yaml.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n').ToList();
        if (lines is [""])
        {
            lines.Clear();
        }

        if (path.Count == 1)
        {
            Put(lines, 0, lines.Count, "", path[0], value);
        }
        else
        {
            PutBelow(lines, path[0], path[1], value);
        }

        return string.Join('\n', lines) + "\n";
    }

    /// <summary>Whether a value stands below a key at the top.</summary>
    public static bool Has(string yaml, string parent, string key)
    {
        var lines = yaml.ReplaceLineEndings("\n").Split('\n').SkipWhile(line => !Is(line, "", parent)).Skip(1);
        return lines
            .TakeWhile(line => line.Length == 0 || char.IsWhiteSpace(line[0]) || line[0] == '#')
            .Any(line => line.TrimStart().StartsWith(key + ":", StringComparison.Ordinal));
    }

    private static void PutBelow(List<string> lines, string parent, string key, string value)
    {
        var at = lines.FindIndex(line => Is(line, "", parent));
        if (at < 0)
        {
            lines.Add($"{parent}:");
            at = lines.Count - 1;
        }

        var written = Written(lines[at], parent);
        if (written is "{}")
        {
            lines[at] = $"{parent}:";
        }
        else if (written.Length > 0)
        {
            throw new CliException(
                ExitCode.Refused, $"the pack's values write `{parent}` on one line (`{written}`): set {key}: {value} in the profile");
        }

        var end = lines.FindIndex(at + 1, line => line.Length > 0 && !char.IsWhiteSpace(line[0]) && line[0] != '#');
        end = end < 0 ? lines.Count : end;
        var first = lines.Skip(at + 1).Take(end - at - 1).FirstOrDefault(line => line.Trim() is { Length: > 0 } text && text[0] != '#');
        var indent = first is null ? "  " : first[..(first.Length - first.TrimStart().Length)];
        Put(lines, at + 1, end, indent, key, value);
    }

    private static void Put(List<string> lines, int start, int end, string indent, string key, string value)
    {
        var at = lines.FindIndex(start, end - start, line => Is(line, indent, key));
        if (at < 0)
        {
            lines.Insert(start, $"{indent}{key}: {value}");
        }
        else
        {
            lines[at] = $"{indent}{key}: {value}";
        }
    }

    private static bool Is(string line, string indent, string key) =>
        line == $"{indent}{key}:" || line.StartsWith($"{indent}{key}: ", StringComparison.Ordinal);

    private static string Scalar(string value) =>
        value.All(letter => char.IsAsciiLetterOrDigit(letter) || "._/-{}".Contains(letter)) && char.IsAsciiLetterOrDigit(value.FirstOrDefault())
            ? value
            : System.Text.Json.Nodes.JsonValue.Create(value).ToJsonString();

    private static string Written(string line, string key)
    {
        var text = line[(key.Length + 1)..];
        var comment = text.IndexOf(" #", StringComparison.Ordinal);
        return (comment < 0 ? text : text[..comment]).Trim();
    }
}
