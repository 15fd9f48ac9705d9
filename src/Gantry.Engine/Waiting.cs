namespace Gantry.Engine;

/// <summary>Waits with a limit, made of nothing but awaits, so that the simulator's one thread carries all of it.</summary>
internal static class Waiting
{
    /// <returns>Whether the task has ended within the limit; how it ended is told by the task.</returns>
    /// <exception cref="OperationCanceledException">The wait was cancelled; the task goes on.</exception>
    public static async Task<bool> EndsInTimeAsync(
        Task task,
        TimeSpan limit,
        TimeProvider time,
        CancellationToken cancellationToken = default
    )
    {
        if (!task.IsCompleted)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var decided = new TaskCompletionSource();
            _ = DecideAsync(task);
            _ = DecideAsync(Task.Delay(limit, time, stop.Token));
            await decided.Task;
            cancellationToken.ThrowIfCancellationRequested();
            stop.Cancel();

            async Task DecideAsync(Task either)
            {
                await EndOf(either);
                decided.TrySetResult();
            }
        }

        return task.IsCompleted;
    }

    /// <summary>Ends with the task, whatever becomes of it.</summary>
    public static async Task EndOf(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception)
        {
            // Whoever awaits the task is told.
        }
    }
}
