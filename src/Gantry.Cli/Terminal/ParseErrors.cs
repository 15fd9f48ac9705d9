using System.CommandLine.Parsing;

namespace Gantry.Cli.Terminal;

/// <summary>Rewords the parser's errors: its own messages name types of the program.</summary>
public static class ParseErrors
{
    /// <returns>The message, and whether it differs from the parser's own.</returns>
    public static (string Message, bool Reworded) Reword(ParseError error)
    {
        if (
            error.SymbolResult is not OptionResult { Option: var option, Tokens: var tokens }
            || !error.Message.Contains(option.ValueType.ToString(), StringComparison.Ordinal)
        )
        {
            return (error.Message, false);
        }

        var form = Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType;
        var expected = form switch
        {
            { IsEnum: true } => "is none of " + string.Join(", ", Enum.GetNames(form).Select(name => name.ToLowerInvariant())),
            _ when form == typeof(int) || form == typeof(long) => "is not a whole number",
            _ when form == typeof(double) => "is not a number; write it as 60 or 0.5",
            _ when form == typeof(bool) => "is neither true nor false",
            _ => "cannot be used here",
        };
        return ($"{option.Name}: `{(tokens.Count > 0 ? tokens[^1].Value : "")}` {expected}", true);
    }
}
