using System.Text.Json.Nodes;
using Gantry.Lab.Maas;
using Gantry.Lab.Maas.Inventory;
using Gantry.Lab.Store;

namespace Gantry.Lab.Tests.Region;

/// <summary>
/// Sends the recorded requests in order to a lab region that has the recordings' seed, over HTTP, and compares the responses. What a
/// machine did then, it does here: power actions end between two requests, and an installation goes as far as the next recorded
/// response shows.
/// </summary>
internal sealed class Replay : IAsyncDisposable
{
    /// <summary>Files that start from the seed; each other one goes on where the one before ended.</summary>
    private static readonly string[] Fresh = ["01", "04", "05", "06", "10"];

    /// <summary>Longer than any power action.</summary>
    private static readonly TimeSpan BetweenRequests = TimeSpan.FromSeconds(45);

    /// <summary>The file that was recorded without a rack controller.</summary>
    private const string WithoutRack = "10";

    private readonly ReplayTime _time = new();
    private LabRegionHost _lab = null!;
    private Caller _caller = null!;
    private Names _names = new();

    /// <summary>The exchanges so far, with what the lab does differently.</summary>
    public List<(Exchange Exchange, IReadOnlyList<string> Differences)> Results { get; } = [];

    public async ValueTask DisposeAsync()
    {
        if (_lab is not null)
        {
            _caller.Dispose();
            await _lab.DisposeAsync();
        }
    }

    public async Task RunAsync(string file, IReadOnlyList<Exchange> exchanges)
    {
        if (Fresh.Contains(file))
        {
            await StartAsync();
            _lab.Region.SetRackConnected(file != WithoutRack);
        }

        foreach (var exchange in exchanges)
        {
            await CallAsync(exchange, exchange.Before);
            await LiveAsync(exchange);
            foreach (var (recorded, lab) in await SendAsync(exchange))
            {
                var comparison = new Comparison(_names);
                comparison.Compare(recorded, lab);
                Results.Add((exchange, comparison.Differences));
            }

            await CallAsync(exchange, exchange.After);
        }
    }

    private async Task StartAsync()
    {
        await DisposeAsync();
        var keys = new LabKeys(null, null);
        _lab = await LabRegionHost.StartAsync(
            new LabRegionOptions
            {
                Inventory = new RecordingsSeed(keys),
                Speed = 1,
                Installs = false,
            },
            new MemoryLabStore(),
            null,
            _time,
            null,
            TestContext.Current.CancellationToken
        );
        var users = new[] { "admin", "alice" }.ToDictionary(user => user, _lab.KeyOf);
        _caller = new Caller(_lab.Url, _time, users);
        _names = new Names();
        foreach (var (user, key) in users)
        {
            var parts = key.Split(':');
            _names.Learn("word", $"<{user.ToUpperInvariant()}_CONSUMER>", parts[0]);
            _names.Learn("word", $"<{user.ToUpperInvariant()}_TOKEN>", parts[1]);
            _names.Learn("word", $"<{user.ToUpperInvariant()}_SECRET>", parts[2]);
        }
    }

    private async Task CallAsync(Exchange exchange, IReadOnlyList<Unrecorded> calls)
    {
        foreach (var call in calls)
        {
            Response answer;
            do
            {
                var user = call.User == "the same user" ? exchange.As! : call.User;
                answer = await _caller.SendAsync(user, call.Method, _names.ToLab(call.Path), call.Form);
                Pass(BetweenRequests);
            } while (call.UntilRefused && answer.Status < 400);
        }
    }

    private async Task<List<(JsonObject, Response)>> SendAsync(Exchange exchange)
    {
        if (exchange.Responses.Count == 1)
        {
            return [(exchange.Responses[0], await _caller.SendAsync(exchange, _names))];
        }

        // Requests of the same moment: it does not matter which of them got which response.
        var answers = await Task.WhenAll(exchange.Responses.Select(_ => _caller.SendAsync(exchange, _names)));
        return
        [
            .. exchange
                .Responses.OrderBy(response => (int)response["status"]!)
                .Zip(answers.OrderBy(answer => answer.Status), (recorded, lab) => (recorded, lab)),
        ];
    }

    /// <summary>
    /// Lets a machine do what it did before the response was recorded. It has no installer: it is played, as when the recordings were
    /// made, by what it tells the metadata service.
    /// </summary>
    private async Task LiveAsync(Exchange exchange)
    {
        Pass(BetweenRequests);
        if (exchange.As == "node")
        {
            await UseKeyOfNewestDeploymentAsync();
        }

        if (exchange.Responses[0]["json"] is not JsonObject shown || exchange.Method != "GET" || shown["status_name"] is null)
        {
            return;
        }

        var id = _names.ToLab(shown["system_id"]!.ToString());
        var answer = await _caller.SendAsync("admin", "GET", $"machines/{id}/", []);
        switch (answer.Json?.Value?["status_name"]?.ToString(), shown["status_name"]!.ToString())
        {
            case ("Deploying", "Deployed"):
                await UseKeyOfAsync(id);
                await TellAsync("POST", "latest/", ("op", "netboot_off"));
                await TellAsync("GET", "latest/user-data");
                break;
            case ("Deploying", "Failed deployment"):
                await UseKeyOfAsync(id);
                await TellAsync("POST", "latest/", ("op", "signal"), ("status", "FAILED"));
                break;
            case ("Commissioning", "Ready"):
                await UseKeyOfAsync(id);
                await TellAsync("POST", "latest/", ("op", "signal"), ("status", "OK"));
                break;
            default:
                break;
        }
    }

    private async Task UseKeyOfNewestDeploymentAsync()
    {
        var events = await _caller.SendAsync("admin", "GET", "events/?op=query&level=INFO&limit=1000", []);
        var deployment = events.Json!.Value!["events"]!.AsArray().First(happened => happened!["type"]!.ToString() == "Deploying");
        await UseKeyOfAsync(deployment!["node"]!.ToString());
    }

    private async Task UseKeyOfAsync(string machine)
    {
        var token = (await _caller.SendAsync("admin", "GET", $"machines/{machine}/?op=get_token", [])).Json!.Value!;
        _caller.NodeKey = $"{token["consumer_key"]}:{token["token_key"]}:{token["token_secret"]}";
    }

    private async Task TellAsync(string method, string path, params (string Name, string Value)[] form)
    {
        var answer = await _caller.SendAsync(
            "node",
            method,
            "/MAAS/metadata/" + path,
            form.Select(field => KeyValuePair.Create(field.Name, field.Value))
        );
        Assert.True(answer.Status is 200 or 404, answer.Text);
    }

    private void Pass(TimeSpan time)
    {
        _time.Pass(time);
        _lab.Region.Advance();
    }
}
