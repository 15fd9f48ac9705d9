using System.Text.RegularExpressions;

namespace Gantry.Cli.Terminal;

/// <summary>A text on a terminal that each later one replaces in place.</summary>
public sealed partial class LiveText(TextWriter terminal)
{
    private int _rows;

    /// <param name="columns">Width of the terminal now; longer lines take several of its rows.</param>
    public void Show(string text, int columns)
    {
        // Up to the first row of the last text; what is below goes away.
        terminal.Write((_rows > 0 ? $"\e[{_rows}A\e[J" : "") + text);
        terminal.Flush();
        _rows = RowsOf(text, columns);
    }

    /// <param name="text">Ends with a line break.</param>
    public static int RowsOf(string text, int columns) =>
        text.TrimEnd('\n').Split('\n').Sum(line => Math.Max(1, (Colors().Replace(line, "").Length + columns - 1) / columns));

    [GeneratedRegex("\e\\[[0-9;]*m", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Colors();
}
