using System.Runtime.InteropServices;

namespace Gantry.Cli.Hosting;

/// <summary>Waits for Ctrl-C or SIGTERM, so that the process shuts down in order.</summary>
public static class Shutdown
{
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
