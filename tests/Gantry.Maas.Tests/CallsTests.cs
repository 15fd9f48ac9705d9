using System.Net;
using System.Reflection;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Maas.Tests;

/// <summary>Checks each call of the client against MAAS's documentation and against recorded requests.</summary>
public sealed class CallsTests
{
    public static TheoryData<int, string> All =>
        new(Calls.All.Select((call, number) => (number, $"{call.Name}: {call.Request}")));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(All))]
    public async Task A_call_sends_one_request_with_its_path_and_fields(int number, string _)
    {
        var call = Calls.All[number];
        using var maas = new StubTransport();
        maas.Answer(HttpStatusCode.OK, call.Answer);
        using var client = Client(maas);

        await call.Send(client, Cancel);

        var (method, path, _, body) = Assert.Single(maas.Requests);
        Assert.Equal(call.Request, $"{method} {path["/MAAS/api/2.0/".Length..]}");
        Assert.Equal(call.Form, WebUtility.UrlDecode(body));
    }

    [Fact]
    public void Every_call_of_the_client_is_covered()
    {
        var offered = typeof(MaasClient)
            .GetProperties()
            .Where(noun => noun.PropertyType.Name.EndsWith("Api", StringComparison.Ordinal))
            .SelectMany(noun =>
                noun.PropertyType.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
                    .Where(method => typeof(Task).IsAssignableFrom(method.ReturnType))
                    .Select(method => $"{noun.Name}.{method.Name}")
            );

        Assert.Equal(
            offered.Distinct().Order(StringComparer.Ordinal),
            Calls.All.Select(call => call.Name).Distinct().Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task The_client_sends_the_recorded_requests_and_reads_the_recorded_answers()
    {
        var recorded = Exchange
            .Recorded()
            .Where(exchange => exchange.Response.GetProperty("status").GetInt32() < 300)
            .ToLookup(exchange => (Uri.UnescapeDataString($"{exchange.Method} {exchange.Path}"), exchange.Form));
        var replayed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var call in Calls.All)
        {
            foreach (var exchange in recorded[(Uri.UnescapeDataString(call.Request), call.Form)])
            {
                using var maas = new StubTransport();
                maas.Answer(
                    (HttpStatusCode)exchange.Response.GetProperty("status").GetInt32(),
                    exchange.Response.TryGetProperty("json", out var json) ? Unmasked(json.GetRawText())
                        : exchange.Response.TryGetProperty("text", out var text) ? text.GetString()!
                        : ""
                );
                using var client = Client(maas);
                await call.Send(client, Cancel);
                replayed.Add(call.Name);
            }
        }

        Assert.True(replayed.Count >= 55, $"only {replayed.Count} calls were recorded: {string.Join(", ", replayed)}");
    }

    /// <summary>The recordings hold <c>&lt;token_key&gt;</c> in place of a key.</summary>
    private static string Unmasked(string json) =>
        new[] { "consumer_key", "token_key", "token_secret" }.Aggregate(
            json,
            (text, part) => text.Replace($"<{part}>", "x", StringComparison.Ordinal)
        );

    private static MaasClient Client(StubTransport maas) =>
        new(
            new MaasClientOptions(MaasEndpoint.Parse("http://maas:5240/MAAS"), MaasApiKey.Parse("consumer:token:secret")),
            new FakeTimeProvider(),
            maas
        );
}
