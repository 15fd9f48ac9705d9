using Gantry.Clusters.Model;
using Gantry.Protocol;
using Gantry.Server.Gateways;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Server.Tests.Gateways;

/// <summary>Requests to a gateway are handed out in turns of the projects that they come from.</summary>
public sealed class RequestBoardTests
{
    private const string Gateway = "gateway";
    private static readonly RequestOrigin Busy = new("tenant", "busy");
    private static readonly RequestOrigin Quiet = new("tenant", "quiet");
    private static readonly RequestOrigin OtherTenant = new("another", null);
    private readonly FakeTimeProvider _time = new();
    private readonly ProcessRequestBoard _board;

    public RequestBoardTests() => _board = new ProcessRequestBoard(_time);

    [Fact]
    public async Task A_project_that_asks_much_takes_half_of_the_places_and_others_are_served_at_once()
    {
        Post(Busy, "busy", 40);
        Assert.Equal(GatewayRequest.AtATimeOfOneOrigin, (await TakeAsync()).Count);

        Post(Quiet, "quiet", 1);
        Post(OtherTenant, "other", 1);

        Assert.Equal(["quiet0", "other0"], await TakeAsync());
        Assert.Empty(await TakeAsync());
    }

    [Fact]
    public async Task Projects_take_turns_for_the_places_and_the_oldest_request_of_each_is_first()
    {
        Post(Busy, "busy", 20);
        Post(Quiet, "quiet", 3);

        Assert.Equal(
            ["busy0", "quiet0", "busy1", "quiet1", "busy2", "quiet2", "busy3", "busy4", "busy5", "busy6", "busy7"],
            await TakeAsync()
        );
    }

    [Fact]
    public async Task An_answer_makes_room_for_the_next_request_of_the_same_project()
    {
        Post(Busy, "busy", 20);
        await TakeAsync();

        await _board.AnswerAsync(Gateway, new GatewayAnswer("busy3", null, null), CancellationToken.None);

        Assert.Equal(["busy8"], await TakeAsync());
    }

    [Fact]
    public async Task An_answer_of_another_gateway_answers_nothing_and_makes_no_room()
    {
        var answering = Post(Busy, "busy", 20)[3];
        await TakeAsync();

        await _board.AnswerAsync("another", new GatewayAnswer("busy3", null, null), CancellationToken.None);

        Assert.False(answering.IsCompleted);
        Assert.Empty(await TakeAsync());
    }

    private Task<GatewayAnswer>[] Post(RequestOrigin origin, string name, int count) =>
        [
            .. Enumerable
                .Range(0, count)
                .Select(number =>
                    _board.PostAsync(
                        Gateway,
                        origin,
                        new GatewayRequest.ListProperties($"{name}{number}", new AccountId("lab")),
                        TimeSpan.FromSeconds(20),
                        CancellationToken.None
                    )
                ),
        ];

    private async Task<IReadOnlyList<string>> TakeAsync() =>
        [.. (await _board.TakeAsync(Gateway, CancellationToken.None)).Select(request => request.Id)];
}
