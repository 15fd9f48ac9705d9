using System.Net;
using System.Net.Http.Json;
using Gantry.Server.Api;
using Gantry.Server.Auth;
using Gantry.Server.Tests.Hosting;
using Gantry.Testing;

namespace Gantry.Server.Tests.Access;

/// <summary>Sign-ins by password, the right one and wrong ones, from several addresses.</summary>
public sealed class SignInTests
{
    // No limit recovers while a test runs.
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    [Fact]
    public async Task Wrong_passwords_from_one_address_do_not_keep_the_user_out_at_another()
    {
        await using var console = await StartAsync(perSource: 3);
        await TryManyAsync(console, "127.0.0.2", count: 3, expected: 401);

        await TryAsync(console, "127.0.0.2", Password(console), 403);

        await TryAsync(console, "127.0.0.3", Password(console), 200);
    }

    [Fact]
    public async Task Tries_in_parallel_are_counted_before_their_passwords_are_checked()
    {
        await using var console = await StartAsync(perSource: 3);
        using var client = TestConsole.NewClient(console.Host);

        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => SendAsync(client, "wrong")));

        Assert.Equal(3, answers.Count(answer => (int)answer.StatusCode is 401));
        Assert.Equal(9, answers.Count(answer => (int)answer.StatusCode is 403));
    }

    [Fact]
    public async Task A_success_starts_the_count_of_its_address_again()
    {
        await using var console = await StartAsync(perSource: 3);
        for (var round = 0; round < 3; round++)
        {
            await TryManyAsync(console, "127.0.0.2", count: 2, expected: 401);
            await TryAsync(console, "127.0.0.2", Password(console), 200);
        }
    }

    [Fact]
    public async Task Guesses_from_many_addresses_are_limited_together_and_lock_no_address_that_signed_in_before()
    {
        await using var console = await StartAsync(perAccount: 4);
        await TryAsync(console, "127.0.0.2", Password(console), 200);
        foreach (var stranger in new[] { "127.0.0.11", "127.0.0.12", "127.0.0.13" })
        {
            await TryAsync(console, stranger, "wrong", 401);
        }

        await TryAsync(console, "127.0.0.14", Password(console), 403);

        await TryAsync(console, "127.0.0.2", "wrong", 401);
        await TryAsync(console, "127.0.0.2", Password(console), 200);
    }

    [Fact]
    public async Task Each_refusal_is_in_the_log_and_in_the_audit_and_neither_quotes_what_was_entered()
    {
        using var logs = new LogLines();
        await using var console = await TestConsole.StartAsync(logs: logs);
        await TryAsync(console, "127.0.0.2", "entered-wrongly", 401);
        await TryAsync(console, "127.0.0.2", "entered-wrongly", 401, email: "a-password-as-e-mail");
        await TryAsync(console, "127.0.0.2", Password(console), 200);

        var audits = (await console.GetAsync("/v1/audits?resourceKind=user&actionType=action"))
            .GetProperty("items")
            .EnumerateArray()
            .Select(audit => audit.GetProperty("spec"))
            .Select(spec =>
                string.Join(
                    " | ",
                    spec.GetProperty("actor").GetProperty("user").GetProperty("emailId").GetString(),
                    spec.GetProperty("actor").GetProperty("remoteAddress").GetString(),
                    spec.GetProperty("resource").GetProperty("name").GetString(),
                    spec.GetProperty("contentMsg").GetString()
                )
            );
        Assert.Equal(
            [
                "admin@gantry.local | 127.0.0.2 | admin@gantry.local | signed in",
                "anonymous | 127.0.0.2 | unknown e-mail | sign-in refused: unknown e-mail",
                "anonymous | 127.0.0.2 | admin@gantry.local | sign-in refused: wrong password",
            ],
            audits
        );
        var log = string.Join('\n', logs.Lines);
        Assert.Contains(
            "3031 Sign-in of admin@gantry.local from 127.0.0.2 refused: wrong password",
            log,
            StringComparison.Ordinal
        );
        Assert.Contains("3031 Sign-in of unknown e-mail from 127.0.0.2 refused: unknown e-mail", log, StringComparison.Ordinal);
        Assert.DoesNotContain("entered-wrongly", log, StringComparison.Ordinal);
        Assert.DoesNotContain("a-password-as-e-mail", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_try_that_is_not_checked_is_in_the_log()
    {
        using var logs = new LogLines();
        await using var console = await StartAsync(perSource: 1, logs: logs);
        await TryAsync(console, "127.0.0.2", "wrong", 401);

        await TryAsync(console, "127.0.0.2", "wrong", 403);

        Assert.Contains(
            logs.Lines,
            line => line.Contains("3032 Sign-in of admin@gantry.local from 127.0.0.2 not checked:", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task A_flood_of_sign_ins_fills_a_queue_of_its_own_and_leaves_known_addresses_theirs()
    {
        using var limits = new SignInLimits(new ConsoleOptions { DataFolder = "unused" });
        var flood = Enumerable
            .Range(0, 1000)
            .Select(number =>
                limits.AdmitAsync(new SignInTry($"10.0.{number / 250}.{number % 250}", $"{number}@x", null), default)
            )
            .ToList();

        var refused = flood.Where(one => one.IsFaulted).ToList();
        Assert.InRange(refused.Count, 1000 - 64 - Environment.ProcessorCount, 1000 - 64 - 1);
        Assert.All(refused, one => Assert.Equal(429, Assert.IsType<ApiException>(one.Exception!.InnerException).Status));
        (await limits.AdmitAsync(new SignInTry("192.0.2.7", "me@x", 1), TestContext.Current.CancellationToken)).Dispose();
    }

    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7")]
    [InlineData("2001:db8:1:2:aaaa:bbbb:cccc:dddd", "2001:db8:1:2::/64")]
    [InlineData("::1", "::1")]
    public void An_address_counts_with_all_that_its_holder_has(string address, string source) =>
        Assert.Equal(source, SourceAddress.Of(address));

    private static Task<TestConsole> StartAsync(int perSource = 1000, int perAccount = 1000, LogLines? logs = null) =>
        TestConsole.StartAsync(
            change: options =>
                options with
                {
                    SignInLimit = new RateLimit(perSource, 1, Long),
                    AccountLimit = new RateLimit(perAccount, 1, Long),
                },
            logs: logs
        );

    private static string Password(TestConsole console) => console.Host.Bootstrap!.AdminPassword;

    private static async Task TryManyAsync(TestConsole console, string from, int count, int expected)
    {
        for (var number = 0; number < count; number++)
        {
            await TryAsync(console, from, "wrong", expected);
        }
    }

    private static async Task TryAsync(
        TestConsole console,
        string from,
        string password,
        int expected,
        string email = "admin@gantry.local"
    )
    {
        using var client = TestConsole.NewClient(console.Host, IPAddress.Parse(from));
        await TestConsole.ReadAsync(await SendAsync(client, password, email), expected);
    }

    private static Task<HttpResponseMessage> SendAsync(HttpClient client, string password, string email = "admin@gantry.local") =>
        client.PostAsJsonAsync("/v1/auth/authenticate", new { emailId = email, password });
}
