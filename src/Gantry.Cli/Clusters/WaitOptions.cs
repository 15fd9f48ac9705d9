using System.CommandLine;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Clusters;

/// <summary><c>--wait</c> and <c>--timeout</c>, shared by all long-running commands.</summary>
public sealed class WaitOptions
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(60);
    private readonly Option<bool> _wait = new("--wait") { Description = "Wait until the change is done, and show progress" };
    private readonly Option<TimeSpan> _timeout = Durations.Form.Option("--timeout", "Longest wait, 90s, 15m, 1h30m", Longest);

    public void AddTo(Command command)
    {
        command.Add(_wait);
        command.Add(_timeout);
    }

    /// <summary>For commands that only wait.</summary>
    public void AddTimeoutTo(Command command) => command.Add(_timeout);

    public bool IsWanted(ParseResult command) => command.GetValue(_wait);

    public TimeSpan Limit(ParseResult command) => command.GetValue(_timeout);
}
