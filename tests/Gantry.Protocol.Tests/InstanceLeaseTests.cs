using Gantry.Protocol;

namespace Gantry.Protocol.Tests;

/// <summary>One instance of a gateway works, whatever was copied, restored or started twice.</summary>
public sealed class InstanceLeaseTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 1, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_first_instance_works() => Assert.Equal("a", Judge(null, Instance("a")).Id);

    [Fact]
    public void A_restart_continues_the_instance_before_it() =>
        Assert.Equal("b", Judge(Held("a"), Instance("b", "z", "a"), isAlive: false).Id);

    [Fact]
    public void A_restart_whose_first_answer_was_lost_is_continued_by_the_next_one() =>
        Assert.Equal("c", Judge(Held("b"), Instance("c", "a", "b"), isAlive: false).Id);

    [Fact]
    public void A_copy_does_not_work_while_the_original_lives()
    {
        var lease = Judge(Held("a"), Instance("copy", "a"), isAlive: true);

        Assert.Equal("a", lease.Id);
        Assert.Contains("copy-host", lease.Warning(Now), StringComparison.Ordinal);
        Assert.Contains("gantry gateway takeover dc1", lease.Refusal("dc1"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_copy_of_a_folder_on_which_a_newer_instance_has_run_since_never_works_by_itself() =>
        Assert.Equal("b", Judge(Held("b"), Instance("copy", "a"), isAlive: false).Id);

    [Fact]
    public void An_instance_that_the_original_has_outlived_is_a_copy_and_does_not_follow_it()
    {
        var lease = Judge(Held("a"), Instance("copy", "a"), isAlive: true);
        lease = Judge(lease, Instance("a", "z"), isAlive: true);

        Assert.Equal("a", Judge(lease, Instance("copy", "a"), isAlive: false).Id);
        Assert.Equal("a", Judge(lease, Instance("copy-restarted", "a", "copy"), isAlive: false).Id);
        Assert.Equal("b", Judge(lease, Instance("b", "a"), isAlive: false).Id);
    }

    [Fact]
    public void The_instance_before_it_whose_request_arrives_late_is_no_copy_and_the_next_restart_works()
    {
        var lease = Judge(Held("a"), Instance("b", "a"), isAlive: false);
        lease = Judge(lease, Instance("a"), isAlive: true);
        lease = Judge(lease, Instance("b", "a"), isAlive: true);

        Assert.Equal("b", lease.Id);
        Assert.Equal("c", Judge(lease, Instance("c", "a", "b"), isAlive: false).Id);
    }

    [Fact]
    public void An_instance_that_was_refused_works_once_the_holder_has_been_silent_for_two_minutes()
    {
        var lease = Judge(Held("a"), Instance("b", "a"), isAlive: true);
        var early = InstanceLease.Judge(lease, Instance("b", "a"), isAlive: false, Now.AddSeconds(119));

        Assert.Equal("a", early.Id);
        Assert.Equal("b", InstanceLease.Judge(early, Instance("b", "a"), isAlive: false, Now.AddMinutes(2)).Id);
        Assert.Equal("c", InstanceLease.Judge(early, Instance("c", "a", "b"), isAlive: false, Now.AddMinutes(2)).Id);
    }

    [Fact]
    public void A_restart_that_finds_its_former_process_alive_for_a_moment_works_when_it_asks_again()
    {
        var restart = Instance("b", "a") with { Host = "host" };
        var lease = Judge(Held("a"), restart, isAlive: true);

        Assert.Equal("b", Judge(lease, restart, isAlive: false).Id);
    }

    [Fact]
    public void A_copy_does_not_follow_an_original_one_request_of_which_is_lost()
    {
        var lease = Judge(Held("a"), Instance("copy", "a"), isAlive: true);
        lease = InstanceLease.Judge(lease, Instance("copy", "a"), isAlive: false, Now.AddSeconds(30));
        lease = InstanceLease.Judge(lease, Instance("a", "z"), isAlive: false, Now.AddSeconds(60));

        Assert.Equal("a", lease.Id);
        Assert.Equal("a", InstanceLease.Judge(lease, Instance("copy", "a"), isAlive: false, Now.AddHours(1)).Id);
    }

    [Fact]
    public void Of_a_pair_started_from_one_copied_folder_the_first_to_ask_works()
    {
        var lease = Judge(Held("a"), Instance("left", "a"), isAlive: false);

        Assert.Equal("left", lease.Id);
        Assert.Equal("left", Judge(lease, Instance("right", "a"), isAlive: false).Id);
    }

    [Fact]
    public void A_warning_ends_when_the_other_instance_does_not_ask_any_more() =>
        Assert.Null(Judge(Held("a"), Instance("copy", "a"), isAlive: true).Warning(Now.AddMinutes(5)));

    private static InstanceLease Judge(InstanceLease? held, GatewayInstance asks, bool isAlive = false) =>
        InstanceLease.Judge(held, asks, isAlive, Now);

    private static InstanceLease Held(string id) => new(id, "host", Now.AddHours(-1));

    private static GatewayInstance Instance(string id, params string[] former) => new(id, former, $"{id}-host");
}
