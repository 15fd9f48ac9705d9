using System.Net;
using System.Net.Http.Json;
using Gantry.Protocol;
using Gantry.Server.Auth;
using Gantry.Server.Tests.Hosting;

namespace Gantry.Server.Tests.Access;

public sealed class RateLimitTests
{
    // The limit does not recover while a test runs.
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    [Fact]
    public async Task Requests_beyond_the_limit_of_their_address_are_answered_with_429_and_when_to_come_back()
    {
        await using var console = await TestConsole.StartAsync(change: options =>
            options with
            {
                RequestLimit = new RateLimit(3, 1, Long),
            }
        );
        var (taken, answer) = await ExhaustAsync(console);

        Assert.InRange(taken, 1, 3);
        Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), Long);
        var refused = await TestConsole.ReadAsync(answer, 429);
        Assert.Equal("TooManyRequests", refused.GetProperty("code").GetString());
        answer.Dispose();
        using var nobody = console.NewClient();
        await TestConsole.ReadAsync(await nobody.GetAsync("/v1/nothing"), 429);
    }

    [Fact]
    public async Task Users_who_exhaust_their_limit_do_not_starve_a_gateway_of_the_same_address()
    {
        await using var console = await TestConsole.StartAsync(change: options =>
            options with
            {
                RequestLimit = new RateLimit(3, 1, Long),
            }
        );
        using var gateway = await FakeGateway.PairAsync(console);
        await ExhaustAsync(console);

        await gateway.PollAsync();
    }

    [Fact]
    public async Task Passwords_and_pairing_codes_share_a_tighter_limit()
    {
        await using var console = await TestConsole.StartAsync(change: options =>
            options with
            {
                GuessLimit = new RateLimit(2, 1, Long),
            }
        );
        using var gateway = FakeGateway.Unpaired(console);
        await TestConsole.ReadAsync(await LogInAsync(), 401);
        await TestConsole.ReadAsync(await gateway.TryPairAsync("AAAAA-AAAAA", "east"), 401);

        await TestConsole.ReadAsync(await LogInAsync(), 429);
        await TestConsole.ReadAsync(await gateway.TryPairAsync("AAAAA-AAAAB", "east"), 429);
        await console.GetAsync("/v1/users/info");

        Task<HttpResponseMessage> LogInAsync() =>
            console.Client.PostAsJsonAsync("/v1/auth/authenticate", new { emailId = "nobody@example.com", password = "guess" });
    }

    [Fact]
    public async Task A_limit_that_lets_nothing_through_is_refused_at_start()
    {
        var options = new ConsoleOptions
        {
            DataFolder = "unused",
            RequestLimit = new RateLimit(0, 1, Long),
            GuessLimit = new RateLimit(1, 1, TimeSpan.Zero),
            SignInLimit = new RateLimit(1, 0, Long),
            AccountLimit = new RateLimit(-1, 1, Long),
        };

        var refused = await Assert.ThrowsAsync<ConsoleOptionsException>(() =>
            ConsoleHost.StartAsync(options, TimeProvider.System, default)
        );

        Assert.Equal(
            ["RequestLimit", "GuessLimit", "SignInLimit", "AccountLimit"],
            refused.Problems.Select(problem => problem.Split(' ')[0])
        );
    }

    // A client may send a request again whose connection ends before it is answered, and the console counts both.
    private static async Task<(int Taken, HttpResponseMessage Refused)> ExhaustAsync(TestConsole console)
    {
        for (var taken = 0; ; taken++)
        {
            var answer = await console.Client.GetAsync("/v1/users/info");
            if (answer.StatusCode is HttpStatusCode.TooManyRequests)
            {
                return (taken, answer);
            }

            Assert.True(answer.IsSuccessStatusCode && taken < 3, $"{taken + 1} requests were answered with {answer.StatusCode}");
            answer.Dispose();
        }
    }
}
