using System.Net;
using System.Net.Http.Headers;
using Gantry.Maas.Machines;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Maas.Tests;

public sealed class MaasClientTests : IDisposable
{
    private const string Machine = """{"system_id":"abc123","hostname":"node-1","status":4,"power_state":"off","field_of_next_year":[1]}""";
    private readonly StubTransport _maas = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero)) { AutoAdvanceAmount = TimeSpan.FromSeconds(1) };
    private readonly MaasClient _client;

    public MaasClientTests() => _client = new MaasClient(
        new MaasClientOptions(MaasEndpoint.Parse("http://maas:5240/MAAS"), MaasApiKey.Parse("consumer:token:secret")), _time, _maas);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _client.Dispose();
        _maas.Dispose();
    }

    [Fact]
    public async Task A_request_is_signed_in_plaintext_with_the_secret_behind_an_escaped_ampersand()
    {
        _maas.Answer(HttpStatusCode.OK, Machine);

        await _client.Machines.GetAsync("abc123", Cancel);

        var (method, path, authorization, _) = Assert.Single(_maas.Requests);
        Assert.Equal(("GET", "/MAAS/api/2.0/machines/abc123/"), (method, path));
        Assert.StartsWith("OAuth oauth_version=\"1.0\", oauth_signature_method=\"PLAINTEXT\"", authorization, StringComparison.Ordinal);
        Assert.Contains("oauth_consumer_key=\"consumer\", oauth_token=\"token\", oauth_signature=\"%26secret\"", authorization, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_field_that_we_do_not_know_is_no_error() =>
        Assert.Equal("node-1", (await Prepared(Machine).Machines.GetAsync("abc123", Cancel)).Hostname);

    [Fact]
    public async Task A_read_is_repeated_with_a_fresh_nonce_after_the_pause_that_MAAS_asks_for()
    {
        _maas
            .Answer(HttpStatusCode.Conflict, "<html>", "text/html", RetryAfter(5))
            .Answer(HttpStatusCode.ServiceUnavailable, "No rack", "text/plain", RetryAfter(10))
            .Answer(HttpStatusCode.OK, "[]");

        var list = _client.Zones.ListAsync(Cancel);
        await AdvanceUntil(list);

        Assert.Empty(await list);
        Assert.Equal(3, _maas.Requests.Select(request => NonceOf(request.Authorization)).Distinct().Count());
    }

    [Fact]
    public async Task A_read_is_given_up_after_its_attempts_with_what_MAAS_said()
    {
        _maas.Answer(HttpStatusCode.ServiceUnavailable, "No rack", "text/plain");

        var list = _client.Zones.ListAsync(Cancel);
        await AdvanceUntil(list);

        Assert.Contains("No rack", (await Assert.ThrowsAsync<MaasUnavailableException>(() => list)).Message, StringComparison.Ordinal);
        Assert.Equal(4, _maas.Requests.Count);
    }

    [Fact]
    public async Task A_write_is_never_repeated()
    {
        _maas.Answer(HttpStatusCode.ServiceUnavailable, "No rack", "text/plain");

        await Assert.ThrowsAsync<MaasUnavailableException>(() => _client.Machines.DeployAsync("abc123", new DeployRequest(), Cancel));

        Assert.Single(_maas.Requests);
    }

    [Fact]
    public async Task A_write_whose_answer_is_lost_has_an_unknown_outcome_and_one_that_never_left_does_not()
    {
        _maas
            .Fail(new HttpRequestException(HttpRequestError.ResponseEnded, "ended"))
            .Fail(new HttpRequestException(HttpRequestError.ConnectionError, "refused"));

        await Assert.ThrowsAsync<MaasOutcomeUnknownException>(() => _client.Machines.DeployAsync("abc123", new DeployRequest(), Cancel));
        await Assert.ThrowsAsync<MaasUnavailableException>(() => _client.Machines.DeployAsync("abc123", new DeployRequest(), Cancel));
    }

    [Fact]
    public async Task A_proxy_that_gave_up_on_a_write_leaves_its_outcome_unknown()
    {
        _maas.Answer(HttpStatusCode.GatewayTimeout, "<html>", "text/html");

        await Assert.ThrowsAsync<MaasOutcomeUnknownException>(() => _client.Machines.ReleaseAsync("abc123", new ReleaseRequest(), Cancel));
    }

    [Fact]
    public async Task Nothing_to_allocate_is_an_answer()
    {
        _maas.Answer(HttpStatusCode.Conflict, "No machine available.", "text/plain");

        var none = Assert.IsType<AllocateResult.NoneAvailable>(await _client.Machines.AllocateAsync(new AllocateRequest(), Cancel));

        Assert.Contains("No machine available", none.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_allocation_sends_every_constraint_it_was_given()
    {
        _maas.Answer(HttpStatusCode.OK, Machine);

        await _client.Machines.AllocateAsync(
            new AllocateRequest
            {
                SystemId = "abc123", MinCpuCount = 4, MinMemory = 8192, Tags = ["a", "b"], NotTags = ["c"], Zone = "z1", Pool = "p1",
                Architecture = "amd64", Storage = "root:100", AgentName = "intent-1", DryRun = true,
            },
            Cancel);

        Assert.Equal(
            "system_id=abc123&arch=amd64&cpu_count=4&mem=8192&tags=a&tags=b&not_tags=c&zone=z1&pool=p1&storage=root%3A100"
            + "&agent_name=intent-1&dry_run=true",
            _maas.Requests.Single().Body);
    }

    [Fact]
    public async Task User_data_travels_in_base64_and_is_not_printed()
    {
        var request = new DeployRequest { DistroSeries = "ubuntu/noble", UserData = "#cloud-config"u8.ToArray() };
        await Prepared(Machine).Machines.DeployAsync("abc123", request, Cancel);

        Assert.Contains("user_data=I2Nsb3VkLWNvbmZpZw%3D%3D", _maas.Requests.Single().Body, StringComparison.Ordinal);
        Assert.DoesNotContain("cloud-config", request.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_text_of_a_401_is_withheld_because_it_can_hold_the_secret()
    {
        _maas.Answer(HttpStatusCode.Unauthorized, "Expected signature base string: &the-right-secret", "text/html");

        var rejected = await Assert.ThrowsAsync<MaasCredentialsRejectedException>(() => _client.Users.WhoAmIAsync(Cancel));

        Assert.DoesNotContain("secret", rejected.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_is_no_JSON_asks_whether_this_is_MAAS()
    {
        _maas.Answer(HttpStatusCode.OK, "<html>login</html>", "text/html");

        Assert.Contains("MAAS region", (await Assert.ThrowsAsync<MaasUnexpectedException>(() => _client.Version.GetAsync(Cancel))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("3.7.3", 3, 7)]
    [InlineData("3.8.0b6", 3, 8)]
    [InlineData("3.7.0~rc1", 3, 7)]
    [InlineData("new", 0, 0)]
    public void A_version_is_read_as_far_as_it_can_be(string text, int major, int minor) =>
        Assert.Equal(new Version(major, minor), new Server.MaasVersion(text).Line);

    private MaasClient Prepared(string body)
    {
        _maas.Answer(HttpStatusCode.OK, body);
        return _client;
    }

    private async Task AdvanceUntil(Task done)
    {
        while (!done.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
    }

    private static Action<HttpResponseMessage> RetryAfter(int seconds) =>
        answer => answer.Headers.RetryAfter = new RetryConditionHeaderValue(TimeSpan.FromSeconds(seconds));

    private static string NonceOf(string? authorization) => authorization!.Split("oauth_nonce=\"")[1].Split('"')[0];
}
