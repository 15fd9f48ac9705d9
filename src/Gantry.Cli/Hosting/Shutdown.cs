using System.Runtime.InteropServices;

namespace Gantry.Cli.Hosting;

/// <summary>Pending for Ctrl-C or SIGTERM, so that what was started can be ended in order.</summary>
public static class Shutdown
{
    /// <returns>When a signal has come or <paramref name="cancellationToken"/> was cancelled.</returns>
    public static async Task RequestedAsync(CancellationToken cancellationToken)
    {
        var requested = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        await using var cancelled = cancellationToken.Register(() => requested.TrySetResult());
        await requested.Task;

        void End(PosixSignalContext signal)
        {
            // The runtime must not end the process now: what runs in it is ended in order first.
            signal.Cancel = true;
            requested.TrySetResult();
        }
    }
}
