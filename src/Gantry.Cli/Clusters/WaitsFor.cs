using Gantry.Api;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Cli.Clusters;

/// <summary>What a cluster waits for right after it was asked for or changed, in the words of its plan.</summary>
public static class WaitsFor
{
    /// <summary>Writes nothing when nothing is in the way.</summary>
    public static async Task TellAsync(
        CliHost host,
        ConsoleSession console,
        string uid,
        string name,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var plan = await console.CallAsync(Operations.Plans.Plan, [("uid", uid)], null, cancellationToken);
            foreach (var blocker in plan.Blockers)
            {
                host.Error.WriteLine($"{name} waits: {PlainText.Clean($"{blocker.Reason}: {blocker.Message}")}");
            }

            if (plan.Blockers.Any(blocker => blocker.Reason is Reasons.TooFewMachines or Reasons.NoMachineFits))
            {
                host.Error.WriteLine($"`gantry why-not {name}` shows which machines there are and why they do not fit");
            }
        }
        catch (CliException unknown) when (unknown.ExitCode is ExitCode.Unreachable)
        {
            host.Error.WriteLine($"{name} waits: {PlainText.Clean(unknown.Message)}");
        }
        catch (CliException)
        {
            // The change is made. Whoever must not plan is not told what it waits for.
        }
    }
}
