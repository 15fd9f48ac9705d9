using System.Text.RegularExpressions;

namespace Gantry.Cli.Tests;

internal static partial class Ansi
{
    public static string Stripped(string text) => Sequence().Replace(text, "");

    [GeneratedRegex("\e\\[[0-9;]*m", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Sequence();
}
