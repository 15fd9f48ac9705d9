using System.Text;
using System.Text.RegularExpressions;

namespace Gantry.Lab.Machines.Shell;

/// <summary><c>grep</c> and <c>sed</c>, as far as bootstrap scripts use them.</summary>
internal static class TextPrograms
{
    public static int Grep(ShellCall call)
    {
        var operands = ShellPrograms.Operands(call).ToArray();
        if (operands.Length == 0)
        {
            return call.Fail("usage: grep [OPTION]... PATTERNS [FILE]...", 2);
        }

        var flags = string.Concat(call.Arguments.Where(a => a.StartsWith('-')).Select(a => a[1..]));
        var pattern = flags.Contains('F', StringComparison.Ordinal)
            ? Regex.Escape(operands[0])
            : Basic(operands[0], flags.Contains('E', StringComparison.Ordinal));
        var regex = new Regex(
            pattern,
            flags.Contains('i', StringComparison.Ordinal) ? RegexOptions.IgnoreCase : RegexOptions.None,
            TimeSpan.FromSeconds(1)
        );
        var text = call.Input;
        if (operands.Length > 1)
        {
            if (operands.Skip(1).FirstOrDefault(path => call.Files.Find(path) is null) is { } missing)
            {
                return flags.Contains('s', StringComparison.Ordinal) ? 2 : call.Fail($"{missing}: No such file or directory", 2);
            }

            text = string.Concat(operands.Skip(1).Select(path => call.Files.Find(path)!.Text));
        }

        var found = text.TrimEnd('\n')
            .Split('\n')
            .Where(line => regex.IsMatch(line) != flags.Contains('v', StringComparison.Ordinal) && text.Length > 0)
            .ToArray();
        if (!flags.Contains('q', StringComparison.Ordinal))
        {
            call.Output.Append(string.Concat(found.Select(line => line + "\n")));
        }

        return found.Length > 0 ? 0 : 1;
    }

    public static int Sed(ShellCall call)
    {
        var inPlace = call.Arguments.Any(a => a.StartsWith("-i", StringComparison.Ordinal));
        var extended = call.Arguments.Any(a => a is "-E" or "-r");
        var scripts = new List<string>();
        var paths = new List<string>();
        for (var i = 0; i < call.Arguments.Length; i++)
        {
            var argument = call.Arguments[i];
            if (argument == "-e")
            {
                scripts.Add(call.Arguments[++i]);
            }
            else if (argument.StartsWith('-') && argument.Length > 1)
            {
                if (!argument.StartsWith("-i", StringComparison.Ordinal) && argument is not ("-E" or "-r"))
                {
                    return call.Fail($"the option {argument} is not known here");
                }
            }
            else if (scripts.Count == 0)
            {
                scripts.Add(argument);
            }
            else
            {
                paths.Add(argument);
            }
        }

        string Apply(string text) => scripts.Aggregate(text, (all, script) => SedScript(all, script, extended));
        try
        {
            if (paths.Count == 0)
            {
                return ShellPrograms.Raw(call, Apply(call.Input));
            }

            foreach (var path in paths)
            {
                if (call.Files.Find(path) is not { } file)
                {
                    return call.Fail($"can't read {path}: No such file or directory", 2);
                }

                if (inPlace)
                {
                    call.Files.Write(path, Encoding.UTF8.GetBytes(Apply(file.Text)));
                }
                else
                {
                    call.Output.Append(Apply(file.Text));
                }
            }

            return 0;
        }
        catch (ArgumentException problem)
        {
            return call.Fail($"-e expression #1: {problem.Message}");
        }
    }

    private static string SedScript(string text, string script, bool extended)
    {
        var address = (Func<string, bool>)(_ => true);
        var command = script.Trim();
        if (command.StartsWith('/') || command.StartsWith('\\'))
        {
            var mark = command[0] == '/' ? '/' : command[1];
            var start = command[0] == '/' ? 1 : 2;
            var end = EndOf(command, start, mark);
            var selected = new Regex(Basic(command[start..end], extended), RegexOptions.None, TimeSpan.FromSeconds(1));
            address = selected.IsMatch;
            command = command[(end + 1)..].Trim();
        }

        if (command == "d")
        {
            return string.Concat(ShellPrograms.SplitLines(text).Where(line => !address(line)).Select(line => line + "\n"));
        }

        if (command.Length < 4 || command[0] != 's')
        {
            throw new ArgumentException($"unknown command: '{command}'", nameof(script));
        }

        var delimiter = command[1];
        var middle = EndOf(command, 2, delimiter);
        var last = EndOf(command, middle + 1, delimiter);
        var regex = new Regex(
            Basic(command[2..middle], extended),
            command[(last + 1)..].Contains('I', StringComparison.Ordinal) ? RegexOptions.IgnoreCase : RegexOptions.None,
            TimeSpan.FromSeconds(1)
        );
        var replacement = Regex.Replace(
            command[(middle + 1)..last].Replace("$", "$$", StringComparison.Ordinal),
            @"\\.|&",
            match =>
                match.Value == "&" ? "$0"
                : char.IsAsciiDigit(match.Value[1]) ? "${" + match.Value[1] + "}"
                : match.Value[1] == 'n' ? "\n"
                : match.Value[1..],
            RegexOptions.None,
            TimeSpan.FromSeconds(1)
        );
        var all = command[(last + 1)..].Contains('g', StringComparison.Ordinal);
        return string.Concat(
            ShellPrograms
                .SplitLines(text)
                .Select(line => (address(line) ? regex.Replace(line, replacement, all ? -1 : 1) : line) + "\n")
        );
    }

    private static int EndOf(string command, int from, char mark)
    {
        for (var i = from; i < command.Length; i++)
        {
            if (command[i] == '\\')
            {
                i++;
            }
            else if (command[i] == mark)
            {
                return i;
            }
        }

        throw new ArgumentException($"unterminated address or 's' command: '{command}'", nameof(command));
    }

    // Basic regular expressions escape the operators that extended ones write bare.
    private static string Basic(string pattern, bool extended)
    {
        var posix = pattern
            .Replace("[[:space:]]", @"\s", StringComparison.Ordinal)
            .Replace("[:space:]", @"\s", StringComparison.Ordinal)
            .Replace("[:digit:]", "0-9", StringComparison.Ordinal)
            .Replace("[:alnum:]", "A-Za-z0-9", StringComparison.Ordinal);
        return extended
            ? posix
            : Regex.Replace(
                posix,
                @"\\?[+?(){}|]",
                match => match.Length == 2 ? match.Value[1..] : "\\" + match.Value,
                RegexOptions.None,
                TimeSpan.FromSeconds(1)
            );
    }
}
