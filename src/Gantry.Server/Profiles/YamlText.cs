using Gantry.Server.Api;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace Gantry.Server.Profiles;

/// <summary>Parses YAML from clients.</summary>
public static class YamlText
{
    // The underlying parser is recursive: a document of brackets alone would crash the process.
    private const int MaxDepth = 64;

    /// <returns>The documents; null when <paramref name="check"/> has a problem.</returns>
    public static IReadOnlyList<YamlNode>? Documents(Check check, string field, string text)
    {
        try
        {
            if (Depth(text) > MaxDepth)
            {
                check.Problem(field, $"is nested deeper than {MaxDepth} levels");
                return null;
            }

            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            return [.. stream.Documents.Select(document => document.RootNode)];
        }
        catch (YamlException unreadable)
        {
            check.Problem(
                field,
                $"is not YAML (line {unreadable.Start.Line}, column {unreadable.Start.Column}): {unreadable.Message}"
            );
            return null;
        }
    }

    /// <summary>The value of a scalar: null for <c>null</c>, <c>~</c> and an empty one.</summary>
    public static string? Scalar(YamlNode? node) =>
        node is YamlScalarNode { Value: { Length: > 0 } value } scalar
        && !(scalar.Style is ScalarStyle.Plain && value is "null" or "~")
            ? value
            : null;

    private static int Depth(string text)
    {
        var parser = new Parser(new StringReader(text));
        var (depth, deepest) = (0, 0);
        while (parser.MoveNext() && deepest <= MaxDepth)
        {
            depth += parser.Current switch
            {
                MappingStart or SequenceStart => 1,
                MappingEnd or SequenceEnd => -1,
                _ => 0,
            };
            deepest = Math.Max(deepest, depth);
        }

        return deepest;
    }
}
