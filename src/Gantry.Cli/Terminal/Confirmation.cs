using System.CommandLine;

namespace Gantry.Cli.Terminal;

/// <summary>Asks a person before something goes. Nothing is asked where nobody can answer: without a terminal.</summary>
public sealed class Confirmation
{
    private readonly Option<bool> _yes = new("--yes", "-y") { Description = "Skip the confirmation" };

    public void AddTo(Command command) => command.Add(_yes);

    /// <param name="what">What is about to happen, as a question: <c>Remove pool gpu of demo and release its 2 machines?</c></param>
    /// <param name="word">What has to be typed: the name of what goes.</param>
    /// <exception cref="CliException">The person did not confirm.</exception>
    public void Ask(CliHost host, ParseResult command, string what, string word)
    {
        if (!host.Interactive || command.GetValue(_yes))
        {
            return;
        }

        host.Error.Write($"{what} Type `{word}` to continue: ");
        if (host.In.ReadLine()?.Trim() != word)
        {
            throw new CliException(ExitCode.Cancelled, "nothing was changed");
        }
    }
}
