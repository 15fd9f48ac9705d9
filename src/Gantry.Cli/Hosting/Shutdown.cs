using System.Runtime.InteropServices;

namespace Gantry.Cli.Hosting;

/// <summary>Waits for Ctrl-C or SIGTERM, so that the process shuts down in order.</summary>
public static class Shutdown
{
    /// <summary>Waits for the end of a process whose work should end only when it is asked to.</summary>
    /// <param name="work">Ends when the work has failed.</param>
    /// <param name="what">The work in the message: <c>the gateway</c>.</param>
    /// <exception cref="CliException">The work ended by itself.</exception>
    public static async Task RequestedOrEndedAsync(Task work, string what, CancellationToken cancellationToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var requested = RequestedAsync(waiting.Token);
        if (await Task.WhenAny(requested, work) == requested)
        {
            return;
        }

        await waiting.CancelAsync();
        await requested;
        var cause = work.Exception?.InnerException;
        throw new CliException(
            ExitCode.Unexpected,
            $"{what} has ended: {(cause is null ? "it stopped by itself" : $"{cause.GetType().Name}: {cause.Message}")}",
            cause
        );
    }

    /// <returns>Completes at a signal or when <paramref name="cancellationToken"/> is cancelled.</returns>
    public static async Task RequestedAsync(CancellationToken cancellationToken)
    {
        var requested = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        await using var cancelled = cancellationToken.Register(() => requested.TrySetResult());
        await requested.Task;

        void End(PosixSignalContext signal)
        {
            // The runtime must not end the process yet: its components shut down in order first.
            signal.Cancel = true;
            requested.TrySetResult();
        }
    }
}
