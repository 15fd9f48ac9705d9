using System.CommandLine;
using System.CommandLine.Parsing;

namespace Gantry.Cli.Terminal;

/// <summary>What is wrong with a command line, in words of its own: the parser's messages name types of the program.</summary>
public static class ParseErrors
{
    /// <summary>Each problem once. A word that is not understood makes the parser miss another one, which is not said then.</summary>
    public static IReadOnlyList<string> Of(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        if (parsed.UnmatchedTokens is [var unknown, ..])
        {
            return [Unknown(command, unknown)];
        }

        if (command.Subcommands.Count > 0 && command.Action is null)
        {
            return [$"{Line(parsed)} needs one of: {string.Join(", ", Offered(command))}"];
        }

        return [.. parsed.Errors.Select(Reword).Distinct()];
    }

    private static string Unknown(Command command, string token)
    {
        var isOption = token.StartsWith('-');
        var nearest = (isOption ? Options(command) : Offered(command))
            .Select(name => (Name: name, Distance: Distance(name, token)))
            .Where(one => one.Distance <= Math.Max(1, token.TrimStart('-').Length / 3))
            .OrderBy(one => one.Distance)
            .Select(one => one.Name)
            .FirstOrDefault();
        var what = isOption ? $"there is no option {token} here" : $"`{token}` is not understood here";
        var more =
            nearest is not null ? $"did you mean {nearest}?"
            : !isOption && command.Subcommands.Count > 0 ? $"write one of: {string.Join(", ", Offered(command))}"
            : "--help shows what is";
        return $"{what}; {more}";
    }

    private static IEnumerable<string> Offered(Command command) =>
        command.Subcommands.Where(verb => !verb.Hidden).Select(verb => verb.Name);

    private static IEnumerable<string> Options(Command command) =>
        command
            .Options.Concat(
                command
                    .Parents.OfType<Command>()
                    .SelectMany(parent =>
                        parent.Options.Concat(parent.Parents.OfType<Command>().SelectMany(root => root.Options))
                    )
                    .Where(option => option.Recursive)
            )
            .Select(option => option.Name);

    private static string Line(ParseResult parsed)
    {
        var words = new List<string>();
        for (SymbolResult? part = parsed.CommandResult; part is CommandResult { Command: var command }; part = part.Parent)
        {
            words.Insert(0, command is RootCommand ? "gantry" : command.Name);
        }

        return string.Join(' ', words);
    }

    private static string Reword(ParseError error)
    {
        if (
            error.SymbolResult is not OptionResult { Option: var option, Tokens: var tokens }
            || !error.Message.Contains(option.ValueType.ToString(), StringComparison.Ordinal)
        )
        {
            return error.Message;
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
        return $"{option.Name}: `{(tokens.Count > 0 ? tokens[^1].Value : "")}` {expected}";
    }

    /// <summary>Letters to insert, to delete or to exchange.</summary>
    private static int Distance(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var (corner, left) = (row[0], i);
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var cost = from[i - 1] == to[j - 1] ? 0 : 1;
                left = Math.Min(Math.Min(row[j] + 1, left + 1), corner + cost);
                (corner, row[j]) = (row[j], left);
            }
        }

        return row[^1];
    }
}
