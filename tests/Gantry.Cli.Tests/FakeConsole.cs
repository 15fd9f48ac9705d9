using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gantry.Cli.Tests;

internal sealed record Asked(string Call, JsonNode? Body);

/// <summary>A console with recorded answers that records its requests. It has one cluster, <c>demo</c>.</summary>
internal sealed class FakeConsole : IAsyncDisposable
{
    public const string Uid = "65f000000000000000000001";
    public const string ConfigUid = "65f000000000000000000002";
    public const string ProjectUid = "65f000000000000000000003";
    public const string AccountUid = "65f000000000000000000004";

    private readonly WebApplication _app;
    private readonly Dictionary<string, (int Status, string Body)> _answers = [];
    private readonly Dictionary<string, Queue<(int Status, string Body)>> _inTurn = [];

    private FakeConsole(WebApplication app) => _app = app;

    public List<Asked> Changes { get; } = [];

    /// <summary>The API key of every request.</summary>
    public List<string> Keys { get; } = [];

    public string Url => _app.Urls.Single();

    public static async Task<FakeConsole> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var console = new FakeConsole(app);
        console.Answer(
            "GET /v1/dashboard/projects/metadata",
            $$"""{"items":[{"metadata":{"name":"Default","uid":"{{ProjectUid}}" } }]}"""
        );
        console.Answer(
            "POST /v1/dashboard/spectroclusters/search?limit=50",
            $$"""{"items":[{"metadata":{"name":"demo","uid":"{{Uid}}" } }],"listmeta":{ } }"""
        );
        console.Answer($"GET /v1/spectroclusters/{Uid}", Samples.Cluster);
        console.Answer($"GET /v1/cloudconfigs/maas/{ConfigUid}", Samples.CloudConfig);
        console.Answer($"GET /v1/spectroclusters/{Uid}/document", Samples.Document);
        console.Answer($"GET /v1/spectroclusters/{Uid}/progress", Samples.Progress);
        console.Answer(
            "GET /v1/cloudaccounts/maas?limit=0",
            $$"""{"items":[{"metadata":{"name":"berlin","uid":"{{AccountUid}}" } }],"listmeta":{ } }"""
        );
        console.Answer(
            "GET /v1/dashboard/clusterprofiles/metadata",
            """{"items":[{"metadata":{"name":"base","uid":"p1"},"spec":{"version":"1.0.0"}}]}"""
        );
        console.Answer(
            "GET /v1/packs",
            """
            {"items":[{"spec":{"name":"kubernetes","version":"1.34.1"} },{"spec":{"name":"kubernetes",
              "version":"1.33.5"} }]}
            """
        );
        console.Answer($"POST /v1/spectroclusters/{Uid}/plan", """{"hash":"3f9c","steps":[],"pending":[],"blockers":[]}""");
        console.Answer($"POST /v1/spectroclusters/{Uid}/upgrade?generation=4", $$"""{"uid":"{{Uid}}","generation":5}""");
        foreach (
            var pools in new[]
            {
                "POST /v1/spectroclusters/{0}/machinePools?generation=4",
                "PATCH /v1/spectroclusters/{0}/machinePools/worker-pool?generation=4",
                "PATCH /v1/spectroclusters/{0}/machinePools/control-plane-pool?generation=4",
                "DELETE /v1/spectroclusters/{0}/machinePools/worker-pool?generation=4",
            }
        )
        {
            console.Answer(pools.Replace("{0}", Uid, StringComparison.Ordinal), $$"""{"uid":"{{Uid}}","generation":5}""");
        }

        app.Run(console.HandleAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return console;
    }

    /// <param name="call">Method, path and query: <c>GET /v1/…</c>.</param>
    public void Answer(string call, string body, int status = 200) => _answers[call] = (status, body);

    /// <summary>Each answer is given once, and the last one from then on.</summary>
    public void AnswerInTurn(string call, params string[] bodies) => AnswerInTurn(call, [.. bodies.Select(body => (200, body))]);

    public void AnswerInTurn(string call, params (int Status, string Body)[] answers) =>
        _inTurn[call] = new Queue<(int Status, string Body)>(answers);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        var call = $"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}";
        Keys.Add($"{context.Request.Headers["ApiKey"]}");
        using var reader = new StreamReader(context.Request.Body);
        var text = await reader.ReadToEndAsync(context.RequestAborted);
        // A plan of what remains is a question, which follows each change.
        var asks =
            call.Contains("/search", StringComparison.Ordinal)
            || (call.EndsWith("/plan", StringComparison.Ordinal) && text.Length == 0);
        if (context.Request.Method != "GET" && !asks)
        {
            Changes.Add(new Asked(call, text.Length == 0 ? null : JsonNode.Parse(text)));
        }

        if (_inTurn.TryGetValue(call, out var turns) && turns.TryDequeue(out var next))
        {
            _answers[call] = next;
        }

        var (status, body) =
            _answers.TryGetValue(call, out var answer) ? answer
            : context.Request.Method == "GET"
                ? (404, $$"""{"code":"ResourceNotFound","message":"nothing recorded for {{call}}"}""")
            : (204, "");
        context.Response.StatusCode = status;
        if (status != 204)
        {
            await context.Response.WriteAsync(body, context.RequestAborted);
        }
    }
}
