using System.Net;
using Gantry.Server.Tests.Hosting;
using Gantry.Testing;

namespace Gantry.Server.Tests.Api;

/// <summary>What holds over HTTP/1.1 and HTTP/2 alike.</summary>
public sealed class HttpVersionTests
{
    // RFC 9113, section 7: what a malformed request is answered with.
    private const long ProtocolError = 1;

    private int _connections;

    public static TheoryData<Version> Versions { get; } = [HttpVersion.Version11, HttpVersion.Version20];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Health_answers_HEAD_without_a_body_and_without_a_credential(Version version)
    {
        await using var console = await TestConsole.StartAsync();
        using var nobody = Client(console);

        using var answer = await nobody.SendAsync(Request(HttpMethod.Head, "/v1/health", version));

        Assert.Equal((HttpStatusCode.OK, version), (answer.StatusCode, answer.Version));
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task A_path_with_a_null_character_is_a_bad_request_over_HTTP_1()
    {
        await using var console = await TestConsole.StartAsync();
        using var nobody = Client(console);

        using var refused = await nobody.SendAsync(Request(HttpMethod.Get, "/v1/projects/%00", HttpVersion.Version11));

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
    }

    [Fact]
    public async Task A_path_with_a_null_character_ends_its_own_stream_alone_over_HTTP_2_and_is_no_error_of_the_console()
    {
        var log = new LogLines();
        await using var console = await TestConsole.StartAsync(logs: log);
        using var nobody = Client(console);
        using var first = await nobody.SendAsync(Request(HttpMethod.Get, "/v1/health", HttpVersion.Version20));

        var refused = await Assert.ThrowsAsync<HttpRequestException>(() =>
            nobody.SendAsync(Request(HttpMethod.Get, "/v1/projects/%00", HttpVersion.Version20))
        );
        using var next = await nobody.SendAsync(Request(HttpMethod.Get, "/v1/health", HttpVersion.Version20));

        var reset = Assert.IsType<HttpProtocolException>(refused.InnerException);
        Assert.Equal(ProtocolError, reset.ErrorCode);
        Assert.Equal(HttpStatusCode.OK, next.StatusCode);
        Assert.Equal(1, _connections);
        Assert.DoesNotContain(log.Lines, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    // Without the check against the document of the API: these are requests that it does not have.
    private HttpClient Client(TestConsole console)
    {
        var handler = new SocketsHttpHandler
        {
            SslOptions =
            {
                RemoteCertificateValidationCallback = (_, _, _, _) =>
                {
                    Interlocked.Increment(ref _connections);
                    return true;
                },
            },
        };
        return new HttpClient(handler) { BaseAddress = console.Host.Url };
    }

    private static HttpRequestMessage Request(HttpMethod method, string path, Version version) =>
        new(method, path) { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
}
