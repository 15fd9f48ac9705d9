using System.Globalization;

namespace Gantry.Cli.Terminal;

/// <summary>The text forms of memory and disk sizes.</summary>
public static class Sizes
{
    private const int MiBPerGiB = 1024;
    private const int GBPerTB = 1000;

    /// <summary>Memory in MiB.</summary>
    public static ValueForm<int> Memory { get; } =
        new("an amount of memory", "64GiB or 65536MiB; a number alone is MiB", TryParseMemory) { HelpName = "SIZE" };

    /// <summary>In MAAS's GB of 10^9 bytes.</summary>
    public static ValueForm<int> Disk { get; } =
        new("a disk size", "500GB or 2TB; a number alone is GB", TryParseDisk) { HelpName = "SIZE" };

    public static ValueForm<int> Count { get; } = new("a number", "a whole number, 0 or more", TryParseCount) { HelpName = "N" };

    public static bool TryParseMemory(string text, out int mebibytes) =>
        TryParse(
            text,
            unit =>
                unit switch
                {
                    "" or "MiB" or "Mi" => 1,
                    "GiB" or "Gi" or "G" => MiBPerGiB,
                    "TiB" or "Ti" => MiBPerGiB * MiBPerGiB,
                    _ => 0,
                },
            out mebibytes
        );

    public static bool TryParseDisk(string text, out int gigabytes) =>
        TryParse(
            text,
            unit =>
                unit switch
                {
                    "" or "GB" or "G" => 1,
                    "TB" or "T" => GBPerTB,
                    _ => 0,
                },
            out gigabytes
        );

    private static bool TryParseCount(string text, out int count) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count);

    private static bool TryParse(string text, Func<string, int> factorOf, out int amount)
    {
        amount = 0;
        var digits = text.TakeWhile(char.IsAsciiDigit).Count();
        var factor = factorOf(text[digits..].Trim());
        if (
            factor == 0
            || !long.TryParse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || number > int.MaxValue / factor
        )
        {
            return false;
        }

        amount = (int)number * factor;
        return true;
    }
}
