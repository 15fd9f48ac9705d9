using System.CommandLine;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Completion;

/// <summary>
/// <c>gantry completion bash|zsh|fish</c>: a short shell script that queries <c>gantry</c> through its <c>[suggest]</c>
/// directive.
/// </summary>
public static class CompletionCommand
{
    private const string Bash = """
        _gantry() {
            local IFS=$'\n'
            COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -F _gantry gantry ./gantry
        """;

    private const string Zsh = """
        _gantry() {
            local -a answers
            answers=("${(@f)$("${words[1]}" "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
            compadd -a answers
        }
        compdef _gantry gantry
        """;

    private const string Fish = """
        complete --command gantry --no-files --arguments '(gantry "[suggest:"(commandline --cursor)"]" (commandline) 2>/dev/null)'
        """;

    public static Command Create(CliHost host)
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Print the completion script of a shell: source <(gantry completion bash)")
        {
            shell,
        };
        command.SetAction(parsed =>
            host.Out.WriteLine(
                parsed.GetValue(shell) switch
                {
                    "zsh" => Zsh,
                    "fish" => Fish,
                    _ => Bash,
                }
            )
        );
        return command;
    }
}
