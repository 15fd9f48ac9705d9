using CsCheck;
using Gantry.Clusters.Model;
using Gantry.Engine.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Engine.Tests;

public sealed class WorkQueueTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 1, 8, 0, 0, TimeSpan.Zero));
    private readonly ClusterId _cluster = new("web");

    [Fact]
    public async Task An_item_that_falls_due_just_before_the_wait_is_run()
    {
        var queue = await QueueWithOneDueInASecondAsync();
        Assert.Null(queue.TryTake());
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.True(queue.WaitAsync(hasCapacity: true, TestContext.Current.CancellationToken).IsCompletedSuccessfully);
        Assert.Equal(_cluster, queue.TryTake());
    }

    [Fact]
    public async Task A_due_item_waits_for_a_free_place()
    {
        var queue = await QueueWithOneDueInASecondAsync();
        _time.Advance(TimeSpan.FromSeconds(1));

        var waiting = queue.WaitAsync(hasCapacity: false, TestContext.Current.CancellationToken);
        Assert.False(waiting.IsCompleted);
        queue.Done(new ClusterId("other"));

        await waiting;
    }

    [Fact]
    public void Of_two_times_the_earlier_wins()
    {
        var queue = new WorkQueue(_time);
        queue.Add(_cluster, TimeSpan.FromSeconds(5), _time.GetUtcNow());
        queue.Add(_cluster, TimeSpan.FromSeconds(1), _time.GetUtcNow());
        queue.Add(_cluster, TimeSpan.FromSeconds(9), _time.GetUtcNow());

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(_cluster, queue.TryTake());
        queue.Done(_cluster);
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.Null(queue.TryTake());
    }

    [Fact]
    public void A_wake_up_during_a_run_is_kept_until_the_run_is_done()
    {
        var queue = new WorkQueue(_time);
        queue.Add(_cluster, TimeSpan.Zero, _time.GetUtcNow());
        Assert.Equal(_cluster, queue.TryTake());
        queue.Add(_cluster, TimeSpan.Zero, _time.GetUtcNow());
        Assert.Null(queue.TryTake());

        queue.Done(_cluster);
        Assert.Equal(_cluster, queue.TryTake());
        queue.Done(_cluster);
        Assert.Null(queue.TryTake());
    }

    [Fact]
    public void The_cluster_created_first_goes_first_whatever_fell_due_first()
    {
        var queue = new WorkQueue(_time);
        var created = _time.GetUtcNow();
        queue.Add(new ClusterId("young"), TimeSpan.Zero, created.AddMinutes(2));
        queue.Add(new ClusterId("b"), TimeSpan.FromSeconds(1), created);
        queue.Add(new ClusterId("a"), TimeSpan.FromSeconds(2), created);
        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(["a", "b", "young"], Enumerable.Range(0, 3).Select(_ => queue.TryTake()!.Value.Value));
    }

    [Theory]
    [InlineData(-6)]
    [InlineData(6)]
    public async Task A_clock_change_neither_delays_nor_advances_a_reconciliation(int hours)
    {
        var clock = new WrongClock(_time);
        var queue = new WorkQueue(clock);
        queue.Add(_cluster, TimeSpan.FromSeconds(10), clock.GetUtcNow());
        await queue.WaitAsync(hasCapacity: true, TestContext.Current.CancellationToken);

        clock.Off = TimeSpan.FromHours(hours);
        Assert.Null(queue.TryTake());
        var waiting = queue.WaitAsync(hasCapacity: true, TestContext.Current.CancellationToken);
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.False(waiting.IsCompleted);

        _time.Advance(TimeSpan.FromSeconds(1));
        await waiting;
        Assert.Equal(_cluster, queue.TryTake());
    }

    [Fact]
    public async Task The_queue_gives_the_same_results_as_a_list_for_any_operations() =>
        await Operations
            .Array[1, 120]
            .SampleAsync(async operations =>
            {
                var clock = new FakeTimeProvider();
                var queue = new WorkQueue(clock);
                var model = new ListQueue();
                foreach (var (kind, key, seconds) in operations)
                {
                    switch (kind)
                    {
                        case 0 or 1:
                            queue.Add(Key(key), TimeSpan.FromSeconds(seconds), Order(key));
                            model.Add(Key(key), clock.GetUtcNow().AddSeconds(seconds), Order(key));
                            break;
                        case 2:
                            Assert.Equal(model.TryTake(clock.GetUtcNow()), queue.TryTake());
                            break;
                        case 3:
                            queue.Done(Key(key));
                            model.Running.Remove(Key(key));
                            break;
                        case 4:
                            // The first wait only says that something has changed.
                            queue.Done(new ClusterId("none"));
                            await queue.WaitAsync(hasCapacity: true, TestContext.Current.CancellationToken);
                            var wait = queue.WaitAsync(hasCapacity: true, TestContext.Current.CancellationToken);
                            var due = model.NextDue();
                            Assert.Equal(due <= clock.GetUtcNow(), wait.IsCompleted);
                            if (due is { } at && !wait.IsCompleted)
                            {
                                clock.Advance(at - clock.GetUtcNow());
                                await wait;
                            }
                            else
                            {
                                queue.Done(new ClusterId("none"));
                                await wait;
                            }

                            break;
                        default:
                            clock.Advance(TimeSpan.FromSeconds(seconds));
                            break;
                    }
                }

                while (model.TryTake(clock.GetUtcNow()) is { } expected)
                {
                    Assert.Equal(expected, queue.TryTake());
                }

                Assert.Null(queue.TryTake());
            });

    private static readonly Gen<(int Kind, int Key, int Seconds)> Operations = Gen.Select(
        Gen.Int[0, 5],
        Gen.Int[0, 7],
        Gen.Int[0, 9]
    );

    private static ClusterId Key(int key) => new($"c{key}");

    // Two clusters are always as old as each other.
    private static DateTimeOffset Order(int key) => DateTimeOffset.UnixEpoch.AddHours(-(key / 2));

    private async Task<WorkQueue> QueueWithOneDueInASecondAsync()
    {
        var queue = new WorkQueue(_time);
        queue.Add(_cluster, TimeSpan.FromSeconds(1), _time.GetUtcNow());
        await queue.WaitAsync(hasCapacity: true, TestContext.Current.CancellationToken);
        return queue;
    }

    /// <summary>The queue as one would write it without a thought of how long it takes.</summary>
    private sealed class ListQueue
    {
        private readonly Dictionary<ClusterId, (DateTimeOffset Due, DateTimeOffset Order)> _waiting = [];

        public HashSet<ClusterId> Running { get; } = [];

        public void Add(ClusterId cluster, DateTimeOffset due, DateTimeOffset order)
        {
            if (!_waiting.TryGetValue(cluster, out var known) || due < known.Due)
            {
                _waiting[cluster] = (due, order);
            }
        }

        public ClusterId? TryTake(DateTimeOffset now)
        {
            var due = _waiting
                .Where(entry => entry.Value.Due <= now && !Running.Contains(entry.Key))
                .OrderBy(entry => entry.Value.Order)
                .ThenBy(entry => entry.Key.Value, StringComparer.Ordinal)
                .Select(entry => (ClusterId?)entry.Key)
                .FirstOrDefault();
            if (due is { } taken)
            {
                _waiting.Remove(taken);
                Running.Add(taken);
            }

            return due;
        }

        public DateTimeOffset? NextDue() =>
            _waiting.Where(entry => !Running.Contains(entry.Key)).Select(entry => (DateTimeOffset?)entry.Value.Due).Min();
    }

    /// <summary>A clock that can be set; what is monotonic does not follow it.</summary>
    private sealed class WrongClock(TimeProvider right) : TimeProvider
    {
        public TimeSpan Off { get; set; }

        public override long TimestampFrequency => right.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => right.GetUtcNow() + Off;

        public override long GetTimestamp() => right.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            right.CreateTimer(callback, state, dueTime, period);
    }
}
