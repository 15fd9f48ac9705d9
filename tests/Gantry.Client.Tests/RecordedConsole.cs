using System.Net;
using System.Text;

namespace Gantry.Client.Tests;

/// <summary>A console that answers from a list and records the calls.</summary>
internal sealed class RecordedConsole(params (HttpStatusCode Status, string Body)[] answers) : HttpMessageHandler
{
    private int _next;

    public List<string> Calls { get; } = [];

    public List<string?> Projects { get; } = [];

    public List<string> Bodies { get; } = [];

    public GantryClient Client => new(new GantryClientOptions(new Uri("https://console.example:8443/base"), "key"), this);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Assert.Equal("key", Assert.Single(request.Headers.GetValues("ApiKey")));
        Calls.Add($"{request.Method} {request.RequestUri!.PathAndQuery}");
        Projects.Add(request.Headers.TryGetValues("ProjectUid", out var uids) ? uids.Single() : null);
        Bodies.Add(request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken));
        var (status, body) = answers[_next++];
        return new HttpResponseMessage(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
    }
}

/// <summary>A connection that fails.</summary>
internal sealed class BrokenConnection(Exception failure) : HttpMessageHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        Task.FromException<HttpResponseMessage>(failure);
}
