using System.CommandLine;
using System.CommandLine.Completions;
using Gantry.Cli.Connection;

namespace Gantry.Cli.Completion;

/// <summary>
/// Completes names of the console's resources; offers none and prints no error when the console is down or slow.
/// </summary>
public static class NameCompletion
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.5);

    public static T CompletedFrom<T>(
        this T argument,
        ConnectionOptions connection,
        Func<ConsoleSession, CancellationToken, Task<IEnumerable<string?>>> list
    )
        where T : Argument
    {
        // Help shows the completions of an argument without a name, and so would ask the console.
        argument.HelpName = argument.Name;
        argument.CompletionSources.Add(context =>
            Names(connection, context.ParseResult, list).Select(name => new CompletionItem(name))
        );
        return argument;
    }

    public static Option<string?> CompletedFrom(
        this Option<string?> option,
        ConnectionOptions connection,
        Func<ConsoleSession, CancellationToken, Task<IEnumerable<string?>>> list
    )
    {
        option.HelpName ??= option.Name.TrimStart('-');
        option.CompletionSources.Add(context =>
            Names(connection, context.ParseResult, list).Select(name => new CompletionItem(name))
        );
        return option;
    }

    public static string[] Names(
        ConnectionOptions connection,
        ParseResult command,
        Func<ConsoleSession, CancellationToken, Task<IEnumerable<string?>>> list
    )
    {
        try
        {
            using var patience = new CancellationTokenSource(Patience);
            using var console = new ConsoleSession(connection.Resolve(command));
            var items = Task.Run(() => list(console, patience.Token)).GetAwaiter().GetResult();
            return [.. items.OfType<string>().Distinct()];
        }
        catch (Exception away)
            when (away is CliException or OperationCanceledException or InvalidOperationException or IOException)
        {
            // Completion shows no errors: without names it offers none.
            return [];
        }
    }
}
