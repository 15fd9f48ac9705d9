using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Gantry.Lab.Machines.Shell;

/// <summary>The basic programs of every image, as far as bootstrap scripts use them. An unsupported option is an error.</summary>
internal static class ShellPrograms
{
    public static Dictionary<string, ShellProgram> Standard(Func<TimeSpan, CancellationToken, Task> pause)
    {
        var programs = new Dictionary<string, ShellProgram>(StringComparer.Ordinal)
        {
            ["sleep"] = async (call, cancellationToken) =>
            {
                var total = TimeSpan.Zero;
                foreach (var argument in call.Arguments)
                {
                    var unit = argument[^1] switch
                    {
                        'm' => 60,
                        'h' => 3600,
                        'd' => 86400,
                        _ => 1,
                    };
                    if (!double.TryParse(argument.TrimEnd('s', 'm', 'h', 'd'), CultureInfo.InvariantCulture, out var seconds))
                    {
                        return call.Fail($"invalid time interval '{argument}'");
                    }

                    total += TimeSpan.FromSeconds(seconds * unit);
                }

                await pause(total, cancellationToken);
                return call.Arguments.Length > 0 ? 0 : call.Fail("missing operand");
            },
            ["timeout"] = (call, cancellationToken) =>
                Wrapped(call, call.Arguments.SkipWhile(a => a.StartsWith('-')).Skip(1), cancellationToken),
            ["sudo"] = (call, cancellationToken) =>
                Wrapped(call, call.Arguments.SkipWhile(a => a.StartsWith('-')), cancellationToken),
            ["env"] = (call, cancellationToken) =>
                Wrapped(call, call.Arguments.SkipWhile(a => a.Contains('=', StringComparison.Ordinal)), cancellationToken),
            ["nohup"] = (call, cancellationToken) => Wrapped(call, call.Arguments, cancellationToken),
            ["sh"] = RunShell,
            ["bash"] = RunShell,
            ["dash"] = RunShell,
        };
        foreach (var (name, run) in Plain)
        {
            programs[name] = (call, _) => Task.FromResult(run(call));
        }

        return programs;
    }

    private static IEnumerable<(string Name, Func<ShellCall, int> Run)> Plain =>
        [
            ("true", _ => 0),
            ("false", _ => 1),
            ("echo", Echo),
            ("printf", Printf),
            ("test", call => Test(call, call.Arguments)),
            ("[", call => call.Arguments is [.. var inside, "]"] ? Test(call, inside) : call.Fail("missing ]", 2)),
            ("cat", Cat),
            ("tee", Tee),
            ("mkdir", MakeFolders),
            ("touch", call => Each(call, path => call.Files.Write(path, call.Files.Find(path)?.Content ?? []))),
            ("rm", Remove),
            ("cp", call => Copy(call, move: false)),
            ("mv", call => Copy(call, move: true)),
            ("ln", call => Copy(call, move: false)),
            ("install", call => Copy(call, move: false)),
            ("chmod", ChangeMode),
            ("chown", ChangeOwner),
            ("grep", TextPrograms.Grep),
            ("sed", TextPrograms.Sed),
            (
                "ls",
                call =>
                    Operands(call).ToArray() is var paths && paths.Any(path => !call.Files.Exists(path))
                        ? call.Fail(
                            $"cannot access '{paths.First(path => !call.Files.Exists(path))}': No such file or directory",
                            2
                        )
                        : paths.Aggregate(
                            0,
                            (_, path) => call.Say(call.Files.IsFolder(path) ? string.Join('\n', call.Files.Names(path)) : path)
                        )
            ),
            ("head", call => Lines(call, lines => lines.Take(Count(call)))),
            ("tail", call => Lines(call, lines => lines.TakeLast(Count(call)))),
            (
                "wc",
                call =>
                    call.Say(
                        call.Input.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                            .Length.ToString(CultureInfo.InvariantCulture)
                    )
            ),
            ("cut", Cut),
            (
                "tr",
                call =>
                    call.Arguments is ["-d", var gone]
                        ? Raw(call, string.Concat(call.Input.Where(c => !gone.Contains(c, StringComparison.Ordinal))))
                    : call.Arguments is [{ Length: 1 } from, { Length: 1 } to] ? Raw(call, call.Input.Replace(from[0], to[0]))
                    : call.Fail("only -d SET and single characters are known here")
            ),
            (
                "base64",
                call =>
                    call.Arguments is ["-d" or "--decode", ..]
                        ? Raw(call, Encoding.UTF8.GetString(Convert.FromBase64String(call.Input.Trim())))
                        : call.Say(Convert.ToBase64String(Encoding.UTF8.GetBytes(call.Input)))
            ),
            ("basename", call => call.Say(call.Arguments[0].TrimEnd('/').Split('/')[^1])),
            ("dirname", call => call.Say(call.Arguments[0].LastIndexOf('/') is > 0 and var cut ? call.Arguments[0][..cut] : "/")),
            (
                "seq",
                call =>
                    Enumerable
                        .Range(
                            call.Arguments.Length > 1 ? int.Parse(call.Arguments[0], CultureInfo.InvariantCulture) : 1,
                            int.Parse(call.Arguments[^1], CultureInfo.InvariantCulture)
                                - (call.Arguments.Length > 1 ? int.Parse(call.Arguments[0], CultureInfo.InvariantCulture) : 1)
                                + 1
                        )
                        .Aggregate(0, (_, i) => call.Say(i.ToString(CultureInfo.InvariantCulture)))
            ),
            ("id", call => call.Say(call.Arguments is ["-u"] ? "0" : "uid=0(root) gid=0(root) groups=0(root)")),
            ("whoami", call => call.Say("root")),
            ("sync", _ => 0),
            ("find", FindAndDelete),
        ];

    private static Task<int> Wrapped(ShellCall call, IEnumerable<string> command, CancellationToken cancellationToken) =>
        command.ToArray() is [var name, .. var rest]
            ? call.Shell.CallAsync(name, rest, new ShellStreams(call.Input, call.Output, call.Errors), cancellationToken)
            : Task.FromResult(call.Fail("missing operand", 125));

    private static async Task<int> RunShell(ShellCall call, CancellationToken cancellationToken)
    {
        var arguments = call.Arguments.ToList();
        var exitOnError = false;
        while (arguments.Count > 0 && arguments[0].StartsWith('-') && !arguments[0].Contains('c', StringComparison.Ordinal))
        {
            exitOnError |= arguments[0].Contains('e', StringComparison.Ordinal);
            arguments.RemoveAt(0);
        }

        string? script;
        if (arguments.Count > 0 && arguments[0].StartsWith('-'))
        {
            exitOnError |= arguments[0].Contains('e', StringComparison.Ordinal);
            script = arguments.ElementAtOrDefault(1);
            arguments = [.. arguments.Skip(2)];
        }
        else
        {
            script = arguments.Count > 0 ? call.Files.Find(arguments[0])?.Text : call.Input;
        }

        if (script is null)
        {
            return call.Fail($"0: cannot open {arguments.FirstOrDefault()}: No such file", 2);
        }

        return await new ShellRun(call.Files, call.Shell.Programs).RunAsync(
            exitOnError ? "set -e\n" + script : script,
            call.Name,
            [.. arguments.Skip(1)],
            call.Input,
            call.Output,
            call.Errors,
            cancellationToken
        );
    }

    private static int Echo(ShellCall call)
    {
        var bare = call.Arguments.SkipWhile(a => a is "-n" or "-e" or "-ne" or "-en").ToArray();
        var text = string.Join(' ', bare);
        call.Output.Append(call.Arguments.FirstOrDefault() is "-e" or "-ne" ? Escapes(text) : text);
        call.Output.Append(call.Arguments.FirstOrDefault() is "-n" or "-ne" or "-en" ? "" : "\n");
        return 0;
    }

    private static int Printf(ShellCall call)
    {
        if (call.Arguments.Length == 0)
        {
            return call.Fail("usage: printf format [arg ...]", 2);
        }

        var rest = new Queue<string>(call.Arguments.Skip(1));
        do
        {
            call.Output.Append(
                Regex.Replace(
                    Escapes(call.Arguments[0]),
                    "%[sdq%]",
                    match =>
                        match.Value == "%%" ? "%"
                        : rest.TryDequeue(out var next) ? next
                        : "",
                    RegexOptions.None,
                    TimeSpan.FromSeconds(1)
                )
            );
        } while (rest.Count > 0 && call.Arguments[0].Contains('%', StringComparison.Ordinal));
        return 0;
    }

    private static string Escapes(string text) =>
        text.Replace("\\n", "\n", StringComparison.Ordinal)
            .Replace("\\t", "\t", StringComparison.Ordinal)
            .Replace("\\\\", "\\", StringComparison.Ordinal);

    private static int Test(ShellCall call, string[] arguments)
    {
        bool Number(out long a, out long b)
        {
            b = 0;
            return long.TryParse(arguments[0], CultureInfo.InvariantCulture, out a)
                && long.TryParse(arguments[2], CultureInfo.InvariantCulture, out b);
        }

        switch (arguments)
        {
            case []:
                return 1;
            case ["!", .. var rest]:
                return Test(call, rest) switch
                {
                    0 => 1,
                    1 => 0,
                    var other => other,
                };
            case [var one]:
                return one.Length > 0 ? 0 : 1;
            case ["-f", var path]:
                return call.Files.Find(path) is not null ? 0 : 1;
            case ["-d", var path]:
                return call.Files.IsFolder(path) ? 0 : 1;
            case ["-e", var path]:
                return call.Files.Exists(path) ? 0 : 1;
            case ["-s", var path]:
                return call.Files.Find(path)?.Content.Length > 0 ? 0 : 1;
            case ["-r" or "-w", var path]:
                return call.Files.Exists(path) ? 0 : 1;
            case ["-x", var path]:
                return call.Files.Find(path) is { } file && (file.Mode & 0b001_001_001) != 0 ? 0 : 1;
            case ["-L" or "-h" or "-b" or "-S", _]:
                return 1;
            case ["-n", var text]:
                return text.Length > 0 ? 0 : 1;
            case ["-z", var text]:
                return text.Length == 0 ? 0 : 1;
            case [var a, "=" or "==", var b]:
                return a == b ? 0 : 1;
            case [var a, "!=", var b]:
                return a != b ? 0 : 1;
            case [_, "-eq" or "-ne" or "-lt" or "-le" or "-gt" or "-ge", _]:
                if (!Number(out var x, out var y))
                {
                    return call.Fail($"Illegal number: {arguments[0]} or {arguments[2]}", 2);
                }

                return (
                    arguments[1] switch
                    {
                        "-eq" => x == y,
                        "-ne" => x != y,
                        "-lt" => x < y,
                        "-le" => x <= y,
                        "-gt" => x > y,
                        _ => x >= y,
                    }
                )
                    ? 0
                    : 1;
            default:
                return call.Fail($"{string.Join(' ', arguments)}: unexpected operator", 2);
        }
    }

    private static int Cat(ShellCall call)
    {
        if (call.Arguments.Length == 0)
        {
            return Raw(call, call.Input);
        }

        foreach (var path in call.Arguments)
        {
            if (call.Files.Find(path) is not { } file)
            {
                return call.Fail($"{path}: No such file or directory");
            }

            call.Output.Append(file.Text);
        }

        return 0;
    }

    private static int Tee(ShellCall call)
    {
        foreach (var path in Operands(call).Where(path => !path.StartsWith("/dev/", StringComparison.Ordinal)))
        {
            var bytes = Encoding.UTF8.GetBytes(call.Input);
            if (call.Arguments.Contains("-a"))
            {
                call.Files.Append(path, bytes);
            }
            else
            {
                call.Files.Write(path, bytes);
            }
        }

        return Raw(call, call.Input);
    }

    private static int MakeFolders(ShellCall call)
    {
        var parents =
            call.Arguments.Any(a =>
                a.StartsWith('-') && !a.StartsWith("--", StringComparison.Ordinal) && a.Contains('p', StringComparison.Ordinal)
            ) || call.Arguments.Contains("--parents");
        foreach (var path in Operands(call, "-m"))
        {
            if (!parents && call.Files.Exists(path))
            {
                return call.Fail($"cannot create directory '{path}': File exists");
            }

            call.Files.MakeFolder(path);
        }

        return 0;
    }

    private static int Remove(ShellCall call)
    {
        var force = call.Arguments.Any(a => a.StartsWith('-') && a.Contains('f', StringComparison.Ordinal));
        var deep = call.Arguments.Any(a => a.StartsWith('-') && a.AsSpan().ContainsAny('r', 'R'));
        foreach (var path in Operands(call))
        {
            if (!force && !call.Files.Exists(path))
            {
                return call.Fail($"cannot remove '{path}': No such file or directory");
            }

            if (!deep && call.Files.IsFolder(path))
            {
                return call.Fail($"cannot remove '{path}': Is a directory");
            }

            call.Files.Remove(path);
        }

        return 0;
    }

    // "find FOLDER... -xdev -mindepth 1 -delete": empties folders and keeps them.
    private static int FindAndDelete(ShellCall call)
    {
        var folders = call.Arguments.TakeWhile(a => !a.StartsWith('-')).ToArray();
        if (!call.Arguments.AsSpan(folders.Length).SequenceEqual(["-xdev", "-mindepth", "1", "-delete"]))
        {
            return call.Fail("the lab's find knows FOLDER... -xdev -mindepth 1 -delete");
        }

        var status = 0;
        foreach (var folder in folders)
        {
            if (!call.Files.IsFolder(folder))
            {
                status = call.Fail($"'{folder}': No such file or directory");
                continue;
            }

            foreach (var name in call.Files.Names(folder))
            {
                call.Files.Remove($"{folder}/{name}");
            }
        }

        return status;
    }

    private static int Copy(ShellCall call, bool move)
    {
        if (Operands(call, "-m", "-o", "-g").ToArray() is not [.. { Length: > 0 } sources, var target])
        {
            return call.Fail("missing file operand");
        }

        int? mode = call.Arguments.ToList().IndexOf("-m") is >= 0 and var at ? Convert.ToInt32(call.Arguments[at + 1], 8) : null;
        foreach (var named in sources)
        {
            // "FOLDER/." stands for what is in the folder.
            var content = named.EndsWith("/.", StringComparison.Ordinal);
            var source = content ? named[..^2] : named;
            var into =
                !content && call.Files.IsFolder(target) ? target.TrimEnd('/') + "/" + source.TrimEnd('/').Split('/')[^1] : target;
            if (call.Files.Find(source) is { } file)
            {
                call.Files.Write(into, file.Content, mode ?? file.Mode, file.Owner);
            }
            else if (call.Files.IsFolder(source))
            {
                call.Files.MakeFolder(into);
                foreach (var below in call.Files.Below(source))
                {
                    var inside = call.Files.Find(below)!;
                    call.Files.Write(into + below[source.TrimEnd('/').Length..], inside.Content, inside.Mode, inside.Owner);
                }
            }
            else
            {
                return call.Fail($"cannot stat '{source}': No such file or directory");
            }

            if (move)
            {
                call.Files.Remove(source);
            }
        }

        return 0;
    }

    private static int ChangeMode(ShellCall call)
    {
        if (Operands(call).ToArray() is not [var mode, .. { Length: > 0 } paths])
        {
            return call.Fail("missing operand");
        }

        return ChangeEach(
            call,
            paths,
            path =>
            {
                var before = call.Files.Find(path)?.Mode ?? 0;
                int? after =
                    mode.All(c => c is >= '0' and <= '7') ? Convert.ToInt32(mode, 8)
                    : mode is "+x" or "a+x" ? before | 0b001_001_001
                    : mode is "u+x" ? before | 0b001_000_000
                    : mode is "go-rwx" or "og-rwx" ? before & 0b111_000_000
                    : null;
                call.Files.Change(path, after, owner: null);
                return after is null ? $"invalid mode: '{mode}'" : null;
            }
        );
    }

    private static int ChangeOwner(ShellCall call) =>
        Operands(call).ToArray() is [var owner, .. { Length: > 0 } paths]
            ? ChangeEach(
                call,
                paths,
                path =>
                {
                    call.Files.Change(path, mode: null, owner.Contains(':', StringComparison.Ordinal) ? owner : owner + ":root");
                    return null;
                }
            )
            : call.Fail("missing operand");

    private static int ChangeEach(ShellCall call, string[] paths, Func<string, string?> change)
    {
        var deep = call.Arguments.Contains("-R");
        foreach (var path in paths)
        {
            if (!call.Files.Exists(path))
            {
                return call.Fail($"cannot access '{path}': No such file or directory");
            }

            foreach (var target in deep ? [path, .. call.Files.Below(path)] : (string[])[path])
            {
                if (change(target) is { } problem)
                {
                    return call.Fail(problem);
                }
            }
        }

        return 0;
    }

    internal static string[] SplitLines(string text) => text.Length == 0 ? [] : text.TrimEnd('\n').Split('\n');

    private static int Cut(ShellCall call)
    {
        var delimiter = call.Arguments.FirstOrDefault(a => a.StartsWith("-d", StringComparison.Ordinal)) is { Length: > 2 } joined
            ? joined[2]
            : '\t';
        if (
            call.Arguments.FirstOrDefault(a => a.StartsWith("-f", StringComparison.Ordinal)) is not { Length: > 2 } fields
            || !int.TryParse(fields[2..], out var field)
        )
        {
            return call.Fail("only -dX -fN is known here");
        }

        return Lines(call, lines => lines.Select(line => line.Split(delimiter).ElementAtOrDefault(field - 1) ?? ""));
    }

    private static int Count(ShellCall call)
    {
        var at = call.Arguments.ToList().IndexOf("-n");
        return at >= 0 && int.TryParse(call.Arguments.ElementAtOrDefault(at + 1), out var count) ? count
            : call.Arguments.Length > 0 && int.TryParse(call.Arguments[0].TrimStart('-', 'n'), out var joined) ? joined
            : 10;
    }

    private static int Lines(ShellCall call, Func<IEnumerable<string>, IEnumerable<string>> choose)
    {
        var text = Operands(call, "-n").LastOrDefault() is { } path ? call.Files.Find(path)?.Text : call.Input;
        if (text is null)
        {
            return call.Fail($"cannot open '{call.Arguments[^1]}' for reading: No such file or directory");
        }

        foreach (var line in choose(SplitLines(text)))
        {
            call.Say(line);
        }

        return 0;
    }

    internal static int Raw(ShellCall call, string text)
    {
        call.Output.Append(text);
        return 0;
    }

    private static int Each(ShellCall call, Action<string> act)
    {
        foreach (var path in Operands(call))
        {
            act(path);
        }

        return 0;
    }

    internal static IEnumerable<string> Operands(ShellCall call, params string[] withValue)
    {
        for (var i = 0; i < call.Arguments.Length; i++)
        {
            if (withValue.Contains(call.Arguments[i]))
            {
                i++;
            }
            else if (!call.Arguments[i].StartsWith('-') || call.Arguments[i].Length == 1)
            {
                yield return call.Arguments[i];
            }
        }
    }
}
