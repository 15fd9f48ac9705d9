using Xunit;

namespace Gantry.Testing;

/// <summary>Re-checks a condition until it holds. At the deadline the test reports the last failure.</summary>
public static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public static Task HoldsAsync(Action check, TimeSpan? within = null) =>
        HoldsAsync(
            () =>
            {
                check();
                return Task.CompletedTask;
            },
            within
        );

    public static async Task HoldsAsync(Func<Task> check, TimeSpan? within = null)
    {
        var clock = TimeProvider.System;
        var started = clock.GetTimestamp();
        while (true)
        {
            try
            {
                await check();
                return;
            }
            catch (Exception) when (clock.GetElapsedTime(started) < (within ?? TimeSpan.FromSeconds(60)))
            {
                await Task.Delay(Pause, clock, TestContext.Current.CancellationToken);
            }
        }
    }
}
