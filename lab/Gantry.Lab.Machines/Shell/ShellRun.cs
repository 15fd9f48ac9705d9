using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Gantry.Lab.Machines.Shell;

/// <summary>The arguments, input and outputs of a command.</summary>
internal sealed record ShellCall(
    ShellRun Shell,
    string Name,
    string[] Arguments,
    string Input,
    StringBuilder Output,
    StringBuilder Errors
)
{
    public MachineFiles Files => Shell.Files;

    public int Say(string line)
    {
        Output.Append(line).Append('\n');
        return 0;
    }

    public int Fail(string message, int status = 1)
    {
        Errors.Append(Name).Append(": ").Append(message).Append('\n');
        return status;
    }
}

/// <summary>Runs a program of the machine and returns its exit status.</summary>
internal delegate Task<int> ShellProgram(ShellCall call, CancellationToken cancellationToken);

/// <summary>One shell process on an emulated machine. An unknown command fails with 127, as in every shell.</summary>
internal sealed partial class ShellRun(MachineFiles files, IReadOnlyDictionary<string, ShellProgram> programs)
{
    private const int MostCommands = 200_000;

    private readonly Dictionary<string, string> _variables = new(StringComparer.Ordinal)
    {
        ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        ["HOME"] = "/root",
    };
    private string[] _parameters = [];
    private string _scriptName = "sh";
    private int _status;
    private int _commands;
    private bool _exitOnError;
    private int _guarded;

    public MachineFiles Files => files;

    public IReadOnlyDictionary<string, ShellProgram> Programs => programs;

    /// <summary>Runs a script to its end and returns the exit status of its last command, or that of <c>exit</c>.</summary>
    public async Task<int> RunAsync(
        string script,
        string name,
        string[] arguments,
        string input,
        StringBuilder output,
        StringBuilder errors,
        CancellationToken cancellationToken
    )
    {
        _scriptName = name;
        _parameters = arguments;
        _exitOnError =
            script.StartsWith("#!", StringComparison.Ordinal) && script.Split('\n')[0].Contains(" -e", StringComparison.Ordinal);
        try
        {
            return await RunAsync(ShellParser.Parse(script), new ShellStreams(input, output, errors), cancellationToken);
        }
        catch (ShellSyntaxException problem)
        {
            errors.Append(name).Append(": ").Append(problem.Message).Append('\n');
            return 2;
        }
        catch (ShellExit exit)
        {
            return exit.Status;
        }
    }

    private async Task<int> RunAsync(ShellNode node, ShellStreams streams, CancellationToken cancellationToken)
    {
        switch (node)
        {
            case ShellNode.Sequence sequence:
                _status = 0;
                foreach (var command in sequence.Commands)
                {
                    await RunAsync(command, streams, cancellationToken);
                    if (
                        _status != 0
                        && _exitOnError
                        && _guarded == 0
                        && command is not ShellNode.AndOr and not ShellNode.Pipeline { Negated: true }
                    )
                    {
                        throw new ShellExit(_status);
                    }
                }

                break;
            case ShellNode.AndOr chain:
                _guarded++;
                await RunAsync(chain.First, streams, cancellationToken);
                for (var i = 0; i < chain.Rest.Count; i++)
                {
                    var (and, command) = chain.Rest[i];
                    if (and == (_status == 0))
                    {
                        _guarded -= i == chain.Rest.Count - 1 ? 1 : 0;
                        await RunAsync(command, streams, cancellationToken);
                        _guarded += i == chain.Rest.Count - 1 ? 1 : 0;
                        if (i == chain.Rest.Count - 1 && _status != 0 && _exitOnError && _guarded == 1)
                        {
                            throw new ShellExit(_status);
                        }
                    }
                }

                _guarded--;
                break;
            case ShellNode.Pipeline pipeline:
                await RunPipelineAsync(pipeline, streams, cancellationToken);
                break;
            case ShellNode.If choice:
                await RunIfAsync(choice, Redirected(choice.Redirects, streams), cancellationToken);
                break;
            case ShellNode.Loop loop:
                await RunLoopAsync(loop, Redirected(loop.Redirects, streams), cancellationToken);
                break;
            case ShellNode.For each:
                var into = Redirected(each.Redirects, streams);
                var items = await ExpandAllAsync(each.Items, streams, cancellationToken);
                _status = 0;
                foreach (var item in items)
                {
                    _variables[each.Name] = item;
                    if (!await BodyAsync(each.Body, into, cancellationToken))
                    {
                        break;
                    }
                }

                into.Close();
                break;
            case ShellNode.Case cases:
                var subject = await ExpandOneAsync(cases.Subject, streams, cancellationToken);
                _status = 0;
                foreach (var (patterns, body) in cases.Branches)
                {
                    var matched = false;
                    foreach (var pattern in patterns)
                    {
                        matched |= Glob(await ExpandOneAsync(pattern, streams, cancellationToken)).IsMatch(subject);
                    }

                    if (matched)
                    {
                        await RunAsync(body, streams, cancellationToken);
                        break;
                    }
                }

                break;
            case ShellNode.Group group:
                var inner = Redirected(group.Redirects, streams);
                try
                {
                    await RunAsync(group.Body, inner, cancellationToken);
                }
                catch (ShellExit exit) when (group.Subshell)
                {
                    _status = exit.Status;
                }

                inner.Close();
                break;
            case ShellNode.Simple simple:
                await RunSimpleAsync(simple, streams, cancellationToken);
                break;
        }

        return _status;
    }

    private async Task RunPipelineAsync(ShellNode.Pipeline pipeline, ShellStreams streams, CancellationToken cancellationToken)
    {
        _guarded += pipeline.Negated ? 1 : 0;
        var input = streams.Input;
        for (var i = 0; i < pipeline.Commands.Count; i++)
        {
            var last = i == pipeline.Commands.Count - 1;
            var output = last ? streams.Output : new StringBuilder();
            await RunAsync(pipeline.Commands[i], new ShellStreams(input, output, streams.Errors), cancellationToken);
            input = last ? input : output.ToString();
        }

        _guarded -= pipeline.Negated ? 1 : 0;
        _status = pipeline.Negated ? (_status == 0 ? 1 : 0) : _status;
    }

    private async Task RunIfAsync(ShellNode.If choice, ShellStreams streams, CancellationToken cancellationToken)
    {
        foreach (var (condition, body) in choice.Branches)
        {
            if (await HoldsAsync(condition, streams, cancellationToken))
            {
                await RunAsync(body, streams, cancellationToken);
                streams.Close();
                return;
            }
        }

        _status = 0;
        if (choice.Otherwise is not null)
        {
            await RunAsync(choice.Otherwise, streams, cancellationToken);
        }

        streams.Close();
    }

    private async Task RunLoopAsync(ShellNode.Loop loop, ShellStreams streams, CancellationToken cancellationToken)
    {
        var result = 0;
        while (await HoldsAsync(loop.Condition, streams, cancellationToken) != loop.Until)
        {
            if (!await BodyAsync(loop.Body, streams, cancellationToken))
            {
                result = _status;
                break;
            }

            result = _status;
        }

        _status = result;
        streams.Close();
    }

    private async Task<bool> HoldsAsync(ShellNode condition, ShellStreams streams, CancellationToken cancellationToken)
    {
        _guarded++;
        await RunAsync(condition, streams, cancellationToken);
        _guarded--;
        return _status == 0;
    }

    // Returns false if the script left the loop.
    private async Task<bool> BodyAsync(ShellNode body, ShellStreams streams, CancellationToken cancellationToken)
    {
        try
        {
            await RunAsync(body, streams, cancellationToken);
            return true;
        }
        catch (ShellLoopJump jump)
        {
            _status = 0;
            return jump.Again;
        }
    }

    private async Task RunSimpleAsync(ShellNode.Simple simple, ShellStreams streams, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (++_commands > MostCommands)
        {
            throw new ShellExit(137);
        }

        var expandedTo = _status;
        foreach (var (name, value) in simple.Assignments)
        {
            _variables[name] = await ExpandOneAsync(value, streams, cancellationToken);
        }

        var words = await ExpandAllAsync(simple.Words, streams, cancellationToken);
        var into = streams;
        if (simple.Redirects.Count > 0)
        {
            var targets = new List<(Redirect, string)>();
            foreach (var redirect in simple.Redirects)
            {
                targets.Add((redirect, await ExpandOneAsync(redirect.Target, streams, cancellationToken)));
            }

            into = Redirected(targets, streams);
        }

        if (into.Broken is { } broken)
        {
            streams.Errors.Append(_scriptName).Append(": ").Append(broken).Append('\n');
            _status = 2;
            return;
        }

        if (words.Count == 0)
        {
            _status = simple.Assignments.Count > 0 && _status == expandedTo ? 0 : _status;
        }
        else
        {
            _status = await CallAsync(words[0], [.. words.Skip(1)], into, cancellationToken);
        }

        into.Close();
    }

    /// <summary>Runs a program by name with this shell's files, variables and working directory.</summary>
    public async Task<int> CallAsync(string name, string[] arguments, ShellStreams streams, CancellationToken cancellationToken)
    {
        switch (name)
        {
            case ":":
                return 0;
            case "exit":
                throw new ShellExit(arguments.Length > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) & 255 : _status);
            case "break" or "continue":
                throw new ShellLoopJump(name == "continue");
            case "export" or "local" or "readonly":
                foreach (var argument in arguments.Where(a => a.Contains('=', StringComparison.Ordinal)))
                {
                    _variables[argument.Split('=')[0]] = argument[(argument.IndexOf('=', StringComparison.Ordinal) + 1)..];
                }

                return 0;
            case "set":
                _exitOnError =
                    arguments.Any(a => a.StartsWith('-') && a.Contains('e', StringComparison.Ordinal))
                    || _exitOnError && !arguments.Contains("+e");
                return 0;
            case "command" when arguments is ["-v", var wanted]:
                if (!programs.ContainsKey(wanted))
                {
                    return 1;
                }

                streams.Output.Append($"/usr/bin/{wanted}\n");
                return 0;
            case "umask" or "ulimit" or "cd" or "trap" or "wait" or "shopt":
                return 0;
            case "eval" or "." or "source":
                var script =
                    name == "eval" ? string.Join(' ', arguments)
                    : arguments.Length > 0 ? files.Find(arguments[0])?.Text
                    : null;
                if (script is null)
                {
                    streams.Errors.Append($"{name}: {arguments.FirstOrDefault()}: not found\n");
                    return 127;
                }

                return await RunAsync(ShellParser.Parse(script), streams, cancellationToken);
        }

        var bare = name.StartsWith('/') ? name[(name.LastIndexOf('/') + 1)..] : name;
        var call = new ShellCall(this, bare, arguments, streams.Input, streams.Output, streams.Errors);
        if (name.Contains('/', StringComparison.Ordinal) && files.Find(name) is { } file)
        {
            if ((file.Mode & 0b001_001_001) == 0)
            {
                streams.Errors.Append($"{_scriptName}: {name}: Permission denied\n");
                return 126;
            }

            return await new ShellRun(files, programs).RunAsync(
                file.Text,
                name,
                arguments,
                streams.Input,
                streams.Output,
                streams.Errors,
                cancellationToken
            );
        }

        if (
            (
                !name.StartsWith('/')
                || name.StartsWith("/usr/", StringComparison.Ordinal)
                || name.StartsWith("/bin/", StringComparison.Ordinal)
                || name.StartsWith("/sbin/", StringComparison.Ordinal)
            ) && programs.TryGetValue(bare, out var program)
        )
        {
            return await program(call, cancellationToken);
        }

        streams.Errors.Append($"{_scriptName}: {name}: not found\n");
        return 127;
    }

    private ShellStreams Redirected(IReadOnlyList<Redirect> redirects, ShellStreams streams) =>
        redirects.Count == 0
            ? streams
            : Redirected(
                [
                    .. redirects.Select(redirect =>
                        (redirect, string.Concat(redirect.Target.Parts.OfType<WordPart.Literal>().Select(part => part.Text)))
                    ),
                ],
                streams
            );

    private ShellStreams Redirected(List<(Redirect Redirect, string Target)> redirects, ShellStreams streams)
    {
        var into = new ShellStreams(streams.Input, streams.Output, streams.Errors);
        foreach (var (redirect, target) in redirects)
        {
            switch (redirect.Operator)
            {
                case "<<":
                    into.Input = target;
                    break;
                case "<":
                    into.Broken =
                        target != "/dev/null" && files.Find(target) is null ? $"cannot open {target}: No such file" : into.Broken;
                    into.Input = files.Find(target)?.Text ?? "";
                    break;
                case ">&" when redirect.Descriptor == 2 && target == "1":
                    into.Errors = into.Output;
                    break;
                case ">&" when redirect.Descriptor == 1 && target == "2":
                    into.Output = into.Errors;
                    break;
                case ">&":
                    into.Broken = $"bad descriptor {target}";
                    break;
                default:
                    into.ToFile(redirect.Descriptor, target, redirect.Operator == ">>", files);
                    break;
            }
        }

        return into;
    }

    internal static Regex Glob(string pattern, bool path = false) =>
        new(
            "^"
                + Regex
                    .Escape(pattern)
                    .Replace(@"\*", path ? "[^/]*" : ".*", StringComparison.Ordinal)
                    .Replace(@"\?", path ? "[^/]" : ".", StringComparison.Ordinal)
                + "$",
            RegexOptions.Singleline,
            TimeSpan.FromSeconds(1)
        );

    private sealed class ShellExit(int status) : Exception
    {
        public int Status { get; } = status;
    }

    private sealed class ShellLoopJump(bool again) : Exception
    {
        public bool Again { get; } = again;
    }
}
