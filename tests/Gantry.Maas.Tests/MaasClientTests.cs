using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Gantry.Maas.Images;
using Gantry.Maas.Machines;
using Gantry.Maas.Networks;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Maas.Tests;

public sealed class MaasClientTests : IDisposable
{
    private static readonly string Machine = MachineText.Of("abc123", "node-1", "\"field_of_next_year\":[1]");
    private readonly StubTransport _maas = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
        AutoAdvanceAmount = TimeSpan.FromSeconds(1),
    };

    private readonly MaasClient _client;

    public MaasClientTests() =>
        _client = new MaasClient(
            new MaasClientOptions(MaasEndpoint.Parse("http://maas:5240/MAAS"), MaasApiKey.Parse("consumer:token:secret")),
            _time,
            _maas
        );

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
        Assert.StartsWith(
            "OAuth oauth_version=\"1.0\", oauth_signature_method=\"PLAINTEXT\"",
            authorization,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "oauth_consumer_key=\"consumer\", oauth_token=\"token\", oauth_signature=\"%26secret\"",
            authorization,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("bios_boot_method")]
    [InlineData("netboot")]
    [InlineData("hardware_info")]
    [InlineData("blockdevice_set")]
    public async Task A_null_in_a_field_with_a_default_counts_as_absent(string field)
    {
        _maas.Answer(HttpStatusCode.OK, $"[{MachineText.Of("a", "one", $"\"{field}\":null")},{Machine}]");

        var machines = await _client.Machines.ListAsync(Cancel);

        Assert.Equal(["a", "abc123"], machines.Select(machine => machine.SystemId));
        Assert.All(machines, machine => Assert.Null(machine.Unreadable));
        Assert.Equal("", machines[0].BiosBootMethod);
        Assert.Empty(machines[0].HardwareInfo);
    }

    [Theory]
    [InlineData("""{"system_id":"odd","hostname":"two"}""", "two", "$.status")]
    [InlineData("""{"system_id":"odd","hostname":null}""", "odd", "$.hostname")]
    [InlineData("""{"resource_uri":"/MAAS/api/2.0/machines/odd/","hostname":"two"}""", "two", "$.system_id")]
    public async Task A_machine_that_cannot_be_read_is_named_beside_those_that_can(string odd, string hostname, string part)
    {
        _maas.Answer(HttpStatusCode.OK, $"[{odd},{Machine}]");

        var machines = await _client.Machines.ListAsync(Cancel);

        Assert.Equal(("odd", hostname), (machines[0].SystemId, machines[0].Hostname));
        Assert.StartsWith($"{part} is not", machines[0].Unreadable, StringComparison.Ordinal);
        Assert.Equal(("abc123", null), (machines[1].SystemId, machines[1].Unreadable));
    }

    [Theory]
    [InlineData("""{"system_id":"abc123","hostname":"node-1"}""")]
    [InlineData("\"abc123\"")]
    public async Task What_is_no_list_of_machines_is_no_answer_of_MAAS(string answer)
    {
        _maas.Answer(HttpStatusCode.OK, answer);

        var failure = await Assert.ThrowsAsync<MaasUnexpectedException>(() => _client.Machines.ListAsync(Cancel));
        Assert.Null(failure.Part);
    }

    [Theory]
    [InlineData("""{"name":"no machine"}""", "$[1].system_id")]
    [InlineData("null", "$[1]")]
    public async Task An_entry_without_an_id_is_left_out_and_what_is_not_in_the_list_may_be_it(string odd, string part)
    {
        _maas.Answer(HttpStatusCode.OK, $"[{Machine},{odd}]");

        var machines = await _client.Machines.ListAsync(Cancel);

        Assert.Equal("node-1", Assert.Single(machines).Hostname);
        Assert.Equal(part, Assert.Single(machines.Unreadable));
        Assert.Equal("node-1", machines.Find(machine => machine.SystemId == "abc123")!.Hostname);
        var failure = Assert.Throws<MaasUnexpectedException>(() => machines.Find(machine => machine.SystemId == "b"));
        Assert.Equal(part, failure.Part);
    }

    [Fact]
    public async Task An_unknown_field_is_ignored() =>
        Assert.Equal("node-1", (await Answering(Machine).Machines.GetAsync("abc123", Cancel)).Hostname);

    [Fact]
    public async Task A_read_is_repeated_with_a_fresh_nonce_after_the_pause_in_Retry_After()
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
    public async Task A_read_fails_after_its_attempts_with_the_message_of_MAAS()
    {
        _maas.Answer(HttpStatusCode.ServiceUnavailable, "No rack", "text/plain");

        var list = _client.Zones.ListAsync(Cancel);
        await AdvanceUntil(list);

        Assert.Contains(
            "No rack",
            (await Assert.ThrowsAsync<MaasUnavailableException>(() => list)).Message,
            StringComparison.Ordinal
        );
        Assert.Equal(4, _maas.Requests.Count);
    }

    [Fact]
    public async Task A_write_is_never_repeated()
    {
        _maas.Answer(HttpStatusCode.ServiceUnavailable, "No rack", "text/plain");

        await Assert.ThrowsAsync<MaasUnavailableException>(() =>
            _client.Machines.DeployAsync("abc123", new DeployRequest(), Cancel)
        );

        Assert.Single(_maas.Requests);
    }

    [Fact]
    public async Task A_write_whose_answer_is_lost_has_an_unknown_outcome_and_one_that_was_never_sent_does_not()
    {
        _maas
            .Fail(new HttpRequestException(HttpRequestError.ResponseEnded, "ended"))
            .Fail(new HttpRequestException(HttpRequestError.ConnectionError, "refused"));

        await Assert.ThrowsAsync<MaasOutcomeUnknownException>(() =>
            _client.Machines.DeployAsync("abc123", new DeployRequest(), Cancel)
        );
        await Assert.ThrowsAsync<MaasUnavailableException>(() =>
            _client.Machines.DeployAsync("abc123", new DeployRequest(), Cancel)
        );
    }

    [Fact]
    public async Task A_proxy_timeout_leaves_the_outcome_of_a_write_unknown()
    {
        _maas.Answer(HttpStatusCode.GatewayTimeout, "<html>", "text/html");

        await Assert.ThrowsAsync<MaasOutcomeUnknownException>(() =>
            _client.Machines.ReleaseAsync("abc123", new ReleaseRequest(), Cancel)
        );
    }

    [Fact]
    public async Task An_allocation_without_a_match_is_a_result_and_not_an_exception()
    {
        _maas.Answer(HttpStatusCode.Conflict, "No machine available.", "text/plain");

        var none = Assert.IsType<AllocateResult.NoneAvailable>(
            await _client.Machines.AllocateAsync(new AllocateRequest(), Cancel)
        );

        Assert.Contains("No machine available", none.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_allocation_sends_every_constraint_it_was_given()
    {
        _maas.Answer(HttpStatusCode.OK, Machine);

        await _client.Machines.AllocateAsync(
            new AllocateRequest
            {
                SystemId = "abc123",
                MinCpuCount = 4,
                MinMemory = 8192,
                Tags = ["a", "b"],
                NotTags = ["c"],
                Zone = "z1",
                Pool = "p1",
                Architecture = "amd64",
                Storage = "root:100",
                AgentName = "intent-1",
                DryRun = true,
            },
            Cancel
        );

        Assert.Equal(
            "system_id=abc123&arch=amd64&cpu_count=4&mem=8192&tags=a&tags=b&not_tags=c&zone=z1&pool=p1&storage=root%3A100"
                + "&agent_name=intent-1&dry_run=true",
            _maas.Requests.Single().Body
        );
    }

    [Fact]
    public async Task User_data_travels_in_base64_and_is_not_printed()
    {
        var request = new DeployRequest { DistroSeries = "ubuntu/noble", UserData = "#cloud-config"u8.ToArray() };
        await Answering(Machine).Machines.DeployAsync("abc123", request, Cancel);

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
    public async Task An_answer_that_is_not_JSON_says_to_check_the_address()
    {
        _maas.Answer(HttpStatusCode.OK, "<html>login</html>", "text/html");

        var refused = await Assert.ThrowsAsync<MaasUnexpectedException>(() => _client.Version.GetAsync(Cancel));

        Assert.Contains("MAAS region", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_is_uploaded_in_chunks_to_the_URI_of_the_answer()
    {
        const string Announced = """
            {"id":7,"type":"Uploaded","name":"custom/img","architecture":"amd64/generic","sets":{"1":{"version":"1","size":9,
              "complete":false,"files":{"root":{"filename":"root","filetype":"root-tgz","sha256":"abc","size":9,"complete":false,
                "upload_uri":"/MAAS/api/2.0/boot-resources/7/upload/1/"}}}}}
            """;
        _maas
            .Answer(HttpStatusCode.Created, Announced)
            .Answer(HttpStatusCode.OK, "")
            .Answer(HttpStatusCode.OK, "")
            .Answer(HttpStatusCode.OK, """{"id":7,"type":"Uploaded","name":"custom/img","architecture":"amd64/generic"}""");
        var image = new byte[(4 * 1024 * 1024) + 1];

        var uploaded = await _client.BootResources.UploadAsync(
            new BootResourceUpload("custom/img", "amd64/generic", "tgz", "abc", image.Length),
            new MemoryStream(image),
            Cancel
        );

        Assert.Equal(7, uploaded.Id);
        Assert.Equal(
            [
                "POST /MAAS/api/2.0/boot-resources/",
                "PUT /MAAS/api/2.0/boot-resources/7/upload/1/",
                "PUT /MAAS/api/2.0/boot-resources/7/upload/1/",
                "GET /MAAS/api/2.0/boot-resources/7/",
            ],
            _maas.Requests.Select(request => $"{request.Method} {request.Path}")
        );
        Assert.Equal(
            [4 * 1024 * 1024, 1],
            _maas.Requests.Where(request => request.Method == "PUT").Select(request => request.Body.Length)
        );
    }

    [Fact]
    public async Task A_timeout_fails_a_read_and_leaves_the_outcome_of_a_write_unknown()
    {
        _maas.NeverAnswer();
        using var client = WithSingleAttempts();

        var read = client.Zones.ListAsync(Cancel);
        await AdvanceUntil(read);
        var write = client.Machines.DeployAsync("abc123", new DeployRequest(), Cancel);
        await AdvanceUntil(write);

        Assert.Contains(
            "within 180 s",
            (await Assert.ThrowsAsync<MaasUnavailableException>(() => read)).Message,
            StringComparison.Ordinal
        );
        await Assert.ThrowsAsync<MaasOutcomeUnknownException>(() => write);
    }

    [Fact]
    public async Task A_cancelled_call_is_not_reported_as_a_failure_of_MAAS()
    {
        _maas.NeverAnswer();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(Cancel);

        var read = _client.Zones.ListAsync(ending.Token);
        await ending.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
    }

    [Fact]
    public async Task A_connection_that_breaks_in_the_middle_of_an_answer_is_a_failure_to_reach_MAAS()
    {
        _maas.Fail(new IOException("reset"));
        using var client = WithSingleAttempts();

        await Assert.ThrowsAsync<MaasUnavailableException>(() => client.Zones.ListAsync(Cancel));
        await Assert.ThrowsAsync<MaasOutcomeUnknownException>(() => client.Zones.DeleteAsync("z1", Cancel));
    }

    [Fact]
    public async Task An_answer_of_null_is_unexpected()
    {
        _maas.Answer(HttpStatusCode.OK, "null");

        await Assert.ThrowsAsync<MaasUnexpectedException>(() => _client.Zones.ListAsync(Cancel));
    }

    [Fact]
    public async Task Messages_of_a_refusal_are_kept_by_field_and_read_as_one_line()
    {
        _maas.Answer(HttpStatusCode.BadRequest, """{"zone":["No such zone."],"__all__":["Nothing fits."],"mem":"too much"}""");

        var refused = await Assert.ThrowsAsync<MaasInvalidException>(() => _client.Zones.ListAsync(Cancel));

        Assert.Equal("MAAS: zone: No such zone.; Nothing fits.; mem: too much", refused.Message);
        Assert.Equal(["zone", "__all__", "mem"], refused.Fields.Keys);
        Assert.Equal(400, refused.Status);
    }

    [Fact]
    public async Task A_text_with_the_content_type_of_JSON_is_shown_as_text()
    {
        _maas.Answer(HttpStatusCode.BadRequest, "not {json}");

        var refused = await Assert.ThrowsAsync<MaasInvalidException>(() => _client.Zones.ListAsync(Cancel));

        Assert.Equal("MAAS: not {json}", refused.Message);
    }

    [Theory]
    [InlineData(429, typeof(MaasBusyException))]
    [InlineData(502, typeof(MaasUnavailableException))]
    [InlineData(500, typeof(MaasUnexpectedException))]
    public async Task A_read_that_fails_without_a_text_names_the_call(int status, Type failure)
    {
        _maas.Answer((HttpStatusCode)status, "", "text/plain");
        using var client = WithSingleAttempts();

        var thrown = await Assert.ThrowsAsync(failure, () => client.Zones.ListAsync(Cancel));

        Assert.Equal($"MAAS answered GET zones/ with {status} and no text.", thrown.Message);
    }

    [Fact]
    public async Task A_Retry_After_date_is_honoured()
    {
        _maas
            .Answer(
                HttpStatusCode.ServiceUnavailable,
                "later",
                "text/plain",
                answer => answer.Headers.RetryAfter = new RetryConditionHeaderValue(_time.GetUtcNow() + TimeSpan.FromSeconds(20))
            )
            .Answer(HttpStatusCode.OK, "[]");
        var start = _time.GetUtcNow();

        var list = _client.Zones.ListAsync(Cancel);
        await AdvanceUntil(list);

        Assert.Empty(await list);
        Assert.True(_time.GetUtcNow() - start >= TimeSpan.FromSeconds(19));
    }

    [Theory]
    [InlineData("\"alice\"", "alice")]
    [InlineData("{\"username\":\"alice\",\"email\":\"\"}", "alice")]
    [InlineData("{}", null)]
    [InlineData("null", null)]
    public async Task The_owner_of_an_address_is_read_as_a_name_from_every_form(string owner, string? name)
    {
        _maas.Answer(HttpStatusCode.OK, $$"""[{"ip":"10.0.0.1","alloc_type":4,"owner":{{owner}}}]""");

        var address = Assert.Single(await _client.IpAddresses.ListAsync(Cancel));

        Assert.Equal(name, address.Owner);
        Assert.Equal(name, JsonSerializer.Deserialize<IpAddress>(JsonSerializer.Serialize(address))!.Owner);
    }

    [Fact]
    public void A_filter_names_every_state_as_MAAS_does() =>
        Assert.Equal(
            "status=new&status=commissioning&status=failed_commissioning&status=missing&status=ready&status=reserved&status=deployed"
                + "&status=retired&status=broken&status=deploying&status=allocated&status=failed_deployment&status=releasing"
                + "&status=failed_releasing&status=disk_erasing&status=failed_disk_erasing&status=rescue_mode&status=entering_rescue_mode"
                + "&status=failed_entering_rescue_mode&status=exiting_rescue_mode&status=failed_exiting_rescue_mode&status=testing"
                + "&status=failed_testing",
            new MachineFilter { Statuses = Enum.GetValues<MachineStatus>() }
                .ToForm()
                .ToQuery()
        );

    [Fact]
    public void A_listed_token_does_not_print_its_secret() =>
        Assert.Equal("token lab", new Users.AuthorisationToken("a:b:secret", "lab").ToString());

    [Theory]
    [InlineData("3.7.3", 3, 7)]
    [InlineData("3.8.0b6", 3, 8)]
    [InlineData("3.7.0~rc1", 3, 7)]
    [InlineData("new", 0, 0)]
    public void A_version_text_is_read_leniently(string text, int major, int minor) =>
        Assert.Equal(new Version(major, minor), new Server.MaasVersion(text).Line);

    private MaasClient WithSingleAttempts() =>
        new(
            new MaasClientOptions(MaasEndpoint.Parse("http://maas:5240"), MaasApiKey.Parse("a:b:c")) { ReadAttempts = 1 },
            _time,
            _maas
        );

    private MaasClient Answering(string body)
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
