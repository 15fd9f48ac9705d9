using Gantry.Server.Gateways;
using Gantry.Simulator.Consoles;

namespace Gantry.Simulator.Tests.Consoles;

/// <summary>
/// Compares the simulator's console with the real one: the same calls of people and of a gateway lead to the same desired states,
/// reports and requests.
/// </summary>
public sealed class ConsoleContractTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Model_and_implementation_agree_on_random_sequences_of_calls(int seed)
    {
        await using var both = await BothConsoles.StartAsync();
        var random = new Random(seed);
        for (var call = 0; call < 60; call++)
        {
            await both.DoAsync(random.Next(12), random.Next(4), random.Next(1, 5));
        }
    }

    [Fact]
    public async Task A_poll_with_the_epoch_of_another_start_gets_everything()
    {
        await using var both = await BothConsoles.StartAsync();
        await both.CreateAsync(0);
        await both.CreateAsync(1);

        Assert.Single((await both.PollAsync(both.Revision - 1, isOtherEpoch: false)).Clusters);
        Assert.Equal(2, (await both.PollAsync(both.Revision - 1, isOtherEpoch: true)).Clusters.Count);
    }

    [Fact]
    public async Task A_poll_that_is_ahead_of_the_store_gets_everything()
    {
        await using var both = await BothConsoles.StartAsync();
        await both.CreateAsync(0);

        Assert.Single((await both.PollAsync(both.Revision + 7, isOtherEpoch: false)).Clusters);
    }

    [Fact]
    public async Task A_cluster_reported_as_deleted_is_removed_once_and_only_when_its_deletion_was_requested()
    {
        await using var both = await BothConsoles.StartAsync();
        await both.CreateAsync(0);
        await both.CreateAsync(1);
        await both.DeleteAsync(0);
        var before = both.Revision;

        await both.ReportDeletedAsync(0);
        await both.ReportDeletedAsync(0);
        await both.ReportDeletedAsync(1);

        Assert.Single((await both.PollAsync(before, isOtherEpoch: false)).RemovedClusters);
        Assert.Equal(before + 1, both.Revision);
    }

    [Fact]
    public async Task A_late_report_changes_nothing_unless_the_newest_one_came_from_a_fast_clock()
    {
        await using var both = await BothConsoles.StartAsync();
        await both.CreateAsync(0);

        await both.ReportAsync(0, isRunning: true, TimeSpan.Zero);
        await both.ReportAsync(0, isRunning: false, TimeSpan.FromMinutes(-1));
        Assert.Equal("Running", await both.PhaseAsync(0));

        await both.ReportAsync(0, isRunning: true, TimeSpan.FromMinutes(10));
        await both.ReportAsync(0, isRunning: false, TimeSpan.Zero);
        Assert.Equal("Provisioning", await both.PhaseAsync(0));
    }

    [Fact]
    public async Task An_unanswered_request_is_handed_out_again_after_a_while_and_an_answered_one_never()
    {
        Assert.Equal(PendingRequests.HandOutAgain, ConsoleModel.HandOutAgain);
        await using var both = await BothConsoles.StartAsync();
        await both.SendRequestAsync();
        Assert.Empty((await both.PollAsync(both.Revision, isOtherEpoch: false)).Requests);

        both.Pass(ConsoleModel.HandOutAgain);
        Assert.Single((await both.PollAsync(both.Revision, isOtherEpoch: false)).Requests);

        await both.AnswerAsync();
        both.Pass(ConsoleModel.HandOutAgain);
        Assert.Empty((await both.PollAsync(both.Revision, isOtherEpoch: false)).Requests);
    }

    [Fact]
    public async Task A_poll_that_waits_is_answered_by_the_next_change()
    {
        await using var both = await BothConsoles.StartAsync();
        await both.CreateAsync(0);

        Assert.Single((await both.WaitForChangeAsync(() => both.ResizeAsync(0, 3))).Clusters);
    }
}
