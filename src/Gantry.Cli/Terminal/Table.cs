using System.Text;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Terminal;

/// <summary>Columns padded with spaces, in kubectl's layout, which <c>awk</c> can cut.</summary>
public sealed class Table(params string[] columns)
{
    private const int Gap = 3;
    private readonly List<string[]> _rows = [];

    public Table Row(params string?[] cells)
    {
        if (cells.Length != columns.Length)
        {
            throw new ArgumentException($"A row of this table has {columns.Length} cells, not {cells.Length}.", nameof(cells));
        }

        _rows.Add([.. cells.Select(cell => string.IsNullOrEmpty(cell) ? "-" : PlainText.OneLine(cell))]);
        return this;
    }

    public string Render()
    {
        string[][] all = [columns, .. _rows];
        var widths = Enumerable.Range(0, columns.Length).Select(column => all.Max(row => row[column].Length)).ToArray();
        var text = new StringBuilder();
        foreach (var row in all)
        {
            var line = string.Concat(row.Select((cell, column) => cell.PadRight(widths[column] + Gap)));
            text.Append(line.TrimEnd()).Append('\n');
        }

        return text.ToString();
    }
}
