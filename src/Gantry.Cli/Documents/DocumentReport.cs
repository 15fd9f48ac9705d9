using System.Text;
using Gantry.Api;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Documents;

/// <summary>What documents change, as text. Pure.</summary>
public static class DocumentReport
{
    private const string NotSet = "not set";

    /// <param name="fileOf">The file of a document, by its kind and its place among those of its kind.</param>
    public static string Of(DocumentsAnswer answer, Func<string, int, string> fileOf)
    {
        var text = new StringBuilder();
        foreach (var results in new[] { answer.Profiles, answer.Clusters })
        {
            foreach (var (result, index) in results.Select((result, index) => (result, index)))
            {
                if (result.Action is not DocumentActions.Unchanged)
                {
                    var file = result.Action is DocumentActions.Delete ? "no document is left" : fileOf(result.Kind, index);
                    text.Append($"{Symbol(result.Action)} {result.Kind} {result.Name} ({file})\n");
                    Changes(text, result.Changes);
                }
            }
        }

        return text.ToString();
    }

    /// <summary><c>1 created, 2 updated, 7 unchanged</c></summary>
    public static string Count(DocumentsAnswer answer)
    {
        var all = answer.Profiles.Concat(answer.Clusters).ToList();
        (string Action, string Word)[] words =
        [
            (DocumentActions.Create, "created"),
            (DocumentActions.Update, "updated"),
            (DocumentActions.Delete, "deleted"),
            (DocumentActions.Unchanged, "unchanged"),
        ];
        return AreSame(answer)
            ? $"nothing to change: {Counted.Of(all.Count, "document says", "documents say")} what is there"
            : string.Join(
                ", ",
                words
                    .Select(word => (Count: all.Count(result => result.Action == word.Action), word.Word))
                    .Where(word => word.Count > 0)
                    .Select(word => $"{word.Count} {word.Word}")
            );
    }

    public static bool AreSame(DocumentsAnswer answer) =>
        answer.Profiles.Concat(answer.Clusters).All(result => result.Action is DocumentActions.Unchanged);

    private static string Symbol(string action) =>
        action switch
        {
            DocumentActions.Create => StepSymbols.Add,
            DocumentActions.Delete => StepSymbols.Remove,
            _ => StepSymbols.Change,
        };

    private static void Changes(StringBuilder text, IReadOnlyList<DocumentChange> changes)
    {
        foreach (var change in changes)
        {
            var (from, to) = (PlainText.Clean(change.From ?? ""), PlainText.Clean(change.To ?? ""));
            if (!from.Contains('\n', StringComparison.Ordinal) && !to.Contains('\n', StringComparison.Ordinal))
            {
                text.Append(
                    $"    {change.Field}: {(change.From is null ? NotSet : from)} → {(change.To is null ? NotSet : to)}\n"
                );
                continue;
            }

            text.Append($"    {change.Field}:\n");
            foreach (var line in LineDifference.Between(from, to))
            {
                text.Append($"      {line}\n");
            }
        }
    }
}
