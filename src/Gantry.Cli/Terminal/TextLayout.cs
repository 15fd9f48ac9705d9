using System.Text;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Terminal;

/// <param name="Right">Whether the text is aligned to the right.</param>
public sealed record Cell(string? Text, TextColor Color = TextColor.Plain, bool Right = false)
{
    public static implicit operator Cell(string? text) => new(text);
}

/// <param name="Text">Text of any length; wrapped below itself, or below the cells where the terminal is narrow.</param>
/// <param name="Heads">Whether the line is a header; a header has no text below its cells on a narrow terminal.</param>
public sealed record Line(IReadOnlyList<Cell> Cells, string Text = "", TextColor Color = TextColor.Plain, bool Heads = false)
{
    public static Line Head(IEnumerable<Cell> cells, string text = "") =>
        new([.. cells.Select(cell => cell with { Color = TextColor.Quiet })], text, TextColor.Quiet, Heads: true);
}

/// <summary>Text laid out for the width of the terminal.</summary>
/// <param name="width">Columns of the terminal; <c>null</c> keeps lines whole, so that <c>grep</c> finds them.</param>
public sealed class TextLayout(int? width, TextStyle style)
{
    private const int Gap = 2;
    private const int LeastText = 30;
    private readonly StringBuilder _text = new();

    public TextLayout(CliHost host)
        : this(host.Width, new TextStyle(host.Colors)) { }

    public int? Width => width;

    public TextLayout Blank()
    {
        if (_text.Length > 0)
        {
            _text.Append('\n');
        }

        return this;
    }

    public TextLayout Title(string text) => Paragraph(text, color: TextColor.Strong);

    /// <param name="hanging">Additional indent of the second and later lines.</param>
    public TextLayout Paragraph(string text, int indent = 0, int hanging = 0, TextColor color = TextColor.Plain)
    {
        var first = true;
        foreach (var line in Wrap(PlainText.OneLine(text), indent + hanging))
        {
            _text.Append(' ', first ? indent : indent + hanging).Append(style.Paint(color, line)).Append('\n');
            first = false;
        }

        return this;
    }

    /// <summary>Text to copy and paste, which is never wrapped.</summary>
    public TextLayout Verbatim(string text, int indent = 2)
    {
        _text.Append(' ', indent).Append(style.Paint(TextColor.Strong, PlainText.Clean(text))).Append('\n');
        return this;
    }

    /// <summary>Lines with aligned cells.</summary>
    public TextLayout Lines(IReadOnlyList<Line> lines, int indent = 2)
    {
        if (lines.Count == 0)
        {
            return this;
        }

        lines = [.. lines.Select(Plain)];
        var widths = Enumerable
            .Range(0, lines.Max(line => line.Cells.Count))
            .Select(column => lines.Max(line => line.Cells.ElementAtOrDefault(column)?.Text?.Length ?? 0))
            .ToArray();
        var head = indent + widths.Sum(column => column == 0 ? 0 : column + Gap);
        var beside = width is not { } columns || columns - head >= LeastText;
        foreach (var line in lines)
        {
            var cells = Head(line, widths, indent);
            if (beside)
            {
                Append(cells, head, Wrap(line.Text, head), line.Color);
            }
            else
            {
                _text.Append(Trimmed(cells)).Append('\n');
                Paragraph(line.Heads ? "" : line.Text, indent + (2 * Gap), color: line.Color);
            }
        }

        return this;
    }

    public override string ToString() => _text.ToString();

    private void Append(string cells, int head, IReadOnlyList<string> text, TextColor color)
    {
        if (text.Count == 0)
        {
            _text.Append(Trimmed(cells)).Append('\n');
            return;
        }

        _text.Append(cells).Append(style.Paint(color, text[0])).Append('\n');
        foreach (var more in text.Skip(1))
        {
            _text.Append(' ', head).Append(style.Paint(color, more)).Append('\n');
        }
    }

    private string Head(Line line, int[] widths, int indent)
    {
        var head = new StringBuilder().Append(' ', indent);
        for (var column = 0; column < widths.Length; column++)
        {
            if (widths[column] == 0)
            {
                continue;
            }

            var cell = line.Cells.ElementAtOrDefault(column) ?? new Cell("");
            var text = cell.Text ?? "";
            var padding = widths[column] - text.Length;
            head.Append(' ', cell.Right ? padding : 0)
                .Append(style.Paint(cell.Color, text))
                .Append(' ', (cell.Right ? 0 : padding) + Gap);
        }

        return head.ToString();
    }

    private static Line Plain(Line line) =>
        line with
        {
            Cells = [.. line.Cells.Select(cell => cell with { Text = PlainText.OneLine(cell.Text ?? "") })],
            Text = PlainText.OneLine(line.Text),
        };

    private static string Trimmed(string line) => line.TrimEnd();

    private IReadOnlyList<string> Wrap(string text, int indent)
    {
        if (text.Length == 0)
        {
            return [];
        }

        if (width is not { } columns)
        {
            return [text];
        }

        var room = Math.Max(columns - indent, LeastText / 2);
        var lines = new List<string>();
        var line = new StringBuilder();
        foreach (var word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > room)
            {
                lines.Add(line.ToString());
                line.Clear();
            }

            line.Append(line.Length > 0 ? " " : "").Append(word);
        }

        lines.Add(line.ToString());
        return lines;
    }
}
