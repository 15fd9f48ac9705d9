using System.CommandLine;
using System.Globalization;

namespace Gantry.Cli.Terminal;

/// <summary>Options that take numbers of a range.</summary>
public static class Numbers
{
    public const int LastPort = 65535;

    /// <summary>Refuses numbers outside the range; the parser already refuses text that is not a number.</summary>
    /// <param name="instead">The permitted form: <c>1 to 65535, or 0 for a free one</c>.</param>
    public static Option<int> Between(this Option<int> option, int least, int most, string instead)
    {
        option.Validators.Add(result =>
        {
            if (
                result.Tokens is [{ Value: var text }]
                && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                && (number < least || number > most)
            )
            {
                result.AddError($"{option.Name}: {number} is out of range; write {instead}");
            }
        });
        return option;
    }

    public static Option<int> AsPort(this Option<int> option) =>
        option.Between(0, LastPort, $"1 to {LastPort}, or 0 for a free one");
}
