using CsCheck;
using Gantry.Clusters.Model;
using Gantry.Gateway.Link;
using Gantry.Gateway.Sync;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Gateway.Tests;

public sealed class OutboxTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 11, 1, 8, 0, 0, TimeSpan.Zero);
    private readonly string _folder = Directory.CreateTempSubdirectory("gantry-outbox-").FullName;
    private readonly FakeTimeProvider _time = new(Start);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Events_are_sent_in_order_and_removed_only_when_delivered()
    {
        using (var outbox = EventOutbox.Open(_folder, bound: 100))
        {
            outbox.Add(Event(1));
            outbox.Add(Event(2));
            outbox.Add(Event(3));
            outbox.Delivered(outbox.Peek(1).UpTo);
        }

        using var reopened = EventOutbox.Open(_folder, bound: 100);
        Assert.Equal(["e2", "e3"], reopened.Peek(10).Events.Select(happened => happened.Id));
    }

    [Fact]
    public void Above_the_limit_the_oldest_events_are_dropped_and_counted()
    {
        using var outbox = EventOutbox.Open(_folder, bound: 10);

        var dropped = Enumerable.Range(1, 25).Sum(number => outbox.Add(Event(number)));

        var left = outbox.Peek(100).Events.Select(happened => happened.Id).ToList();
        Assert.Equal(25 - dropped, left.Count);
        Assert.True(left.Count <= 10);
        Assert.Equal(Enumerable.Range(dropped + 1, left.Count).Select(number => $"e{number}"), left);
    }

    [Fact]
    public void The_newest_status_of_each_cluster_is_sent()
    {
        var outbox = new StatusOutbox(_time);
        outbox.Put(Status("a", "one"));
        outbox.Put(Status("b", "one"));
        outbox.Put(Status("a", "two"));

        Assert.Equal(
            ["a two", "b one"],
            outbox.Peek(10).Select(status => $"{status.Id} {status.Message}").Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void A_status_that_comes_while_an_older_one_is_on_its_way_is_not_lost()
    {
        var outbox = new StatusOutbox(_time);
        outbox.Put(Status("a", "one"));
        var onItsWay = outbox.Peek(10);
        outbox.Put(Status("a", "two"));
        outbox.Delivered(onItsWay);

        Assert.Equal("two", Assert.Single(outbox.Peek(10)).Message);
    }

    [Fact]
    public void An_unchanged_status_is_sent_only_at_intervals()
    {
        var outbox = new StatusOutbox(_time);
        outbox.Put(Status("a", "one"));
        outbox.Delivered(outbox.Peek(10));

        Assert.False(outbox.Put(Status("a", "one") with { ReportedAt = Start.AddSeconds(2) }));
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.True(outbox.Put(Status("a", "one")));
    }

    [Fact]
    public void After_a_change_from_the_console_an_unchanged_status_is_sent_again()
    {
        var outbox = new StatusOutbox(_time);
        outbox.Put(Status("a", "one"));
        outbox.Delivered(outbox.Peek(10));
        outbox.ForgetDelivered(new ClusterId("a"));

        Assert.True(outbox.Put(Status("a", "one")));
    }

    [Fact]
    public void Waits_grow_to_a_minute_and_are_the_same_for_the_same_seed() =>
        Gen.Int.Sample(seed =>
        {
            var first = Pending(seed);
            return first.SequenceEqual(Pending(seed))
                && first[0] <= TimeSpan.FromSeconds(1)
                && first[^1] >= TimeSpan.FromSeconds(30)
                && first.All(wait => wait >= TimeSpan.FromSeconds(0.5) && wait <= TimeSpan.FromMinutes(1));
        });

    private static List<TimeSpan> Pending(int seed)
    {
        var backOff = new BackOff(new Random(seed));
        return [.. Enumerable.Range(0, 9).Select(_ => backOff.Next())];
    }

    private static ClusterEvent Event(int number) =>
        new($"e{number}", new ClusterId("a"), null, EventSeverity.Info, "Deploy", "deploys", Start);

    private static ClusterStatus Status(string cluster, string message) =>
        new()
        {
            Id = new ClusterId(cluster),
            ObservedGeneration = 1,
            Phase = ClusterPhase.Provisioning,
            Message = message,
            ReportedAt = Start,
        };
}
