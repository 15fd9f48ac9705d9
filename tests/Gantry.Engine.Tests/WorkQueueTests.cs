using Gantry.Clusters.Model;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Engine.Tests;

public sealed class WorkQueueTests
{
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 11, 1, 8, 0, 0, TimeSpan.Zero));
    private readonly ClusterId cluster = new("web");

    [Fact]
    public async Task What_falls_due_just_before_the_wait_is_not_slept_through()
    {
        var queue = await QueueWithOneDueInASecondAsync();
        Assert.Null(queue.TryTake());
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.True(queue.WaitAsync(anyPlace: true, TestContext.Current.CancellationToken).IsCompletedSuccessfully);
        Assert.Equal(cluster, queue.TryTake());
    }

    [Fact]
    public async Task What_is_due_waits_for_the_end_of_another_when_there_is_no_place()
    {
        var queue = await QueueWithOneDueInASecondAsync();
        time.Advance(TimeSpan.FromSeconds(1));

        var waiting = queue.WaitAsync(anyPlace: false, TestContext.Current.CancellationToken);
        Assert.False(waiting.IsCompleted);
        queue.Done(new ClusterId("other"));

        await waiting;
    }

    private async Task<WorkQueue> QueueWithOneDueInASecondAsync()
    {
        var queue = new WorkQueue(time);
        queue.Add(cluster, TimeSpan.FromSeconds(1), time.GetUtcNow());
        await queue.WaitAsync(anyPlace: true, TestContext.Current.CancellationToken);
        return queue;
    }
}
