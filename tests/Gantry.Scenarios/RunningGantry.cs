using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Cli;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;
using Gantry.Testing.Contract;

namespace Gantry.Scenarios;

/// <summary>
/// Gantry with a lab in processes of its own: <c>gantry up</c>, or console, gateway and lab apart. The data folder outlives them, so
/// that they can be killed and started again.
/// </summary>
public sealed class RunningGantry : IAsyncDisposable
{
    private const string Gateway = "rack";
    private const string LabKey = "key ";
    private readonly ConcurrentQueue<string> _mismatches = [];
    private readonly string _root;
    private readonly GantryProcess? _lab;

    // gantry up: one process is everything.
    private RunningGantry(string root, string[] options)
    {
        _root = root;
        Folder = root;
        Processes =
        [
            new GantryProcess(
                "up",
                "ready https://",
                () =>
                    [
                        "up",
                        "--data",
                        Folder,
                        "--port",
                        $"{Port}",
                        .. options.Contains("--lab-speed") || options.Contains("--maas") ? [] : (string[])["--lab-speed", "300"],
                        .. options,
                    ]
            ),
        ];
    }

    // Three processes. The gateway pairs at its first start.
    private RunningGantry(string root, string[] labOptions, Func<string> pairingCode)
    {
        _root = root;
        Folder = Path.Combine(root, "console");
        _lab = new GantryProcess("lab", LabKey, () => ["lab", "--data", Path.Combine(root, "lab"), "--port", "0", .. labOptions]);
        Processes =
        [
            new GantryProcess("console", "ready https://", () => ["console", "--data", Folder, "--port", $"{Port}"]),
            new GantryProcess(
                "gateway",
                "ready gateway",
                () =>
                    [
                        "gateway",
                        "run",
                        "--data",
                        Path.Combine(root, "gateway"),
                        "--console",
                        Credentials.Url,
                        "--ca-file",
                        Credentials.CaFile,
                        "--name",
                        Gateway,
                        .. pairingCode() is { Length: > 0 } code ? (string[])["--pairing-code", code] : [],
                    ]
            ),
        ];
    }

    /// <summary>The data folder that command lines read their credentials from.</summary>
    public string Folder { get; }

    /// <summary>The processes that are Gantry's own; a lab of its own stands for hardware, which nobody kills.</summary>
    public IReadOnlyList<GantryProcess> Processes { get; }

    public Credentials Credentials { get; private set; } = null!;

    /// <summary>The data folders are left where they are, for whoever looks at a failure.</summary>
    public bool KeepsFolders { get; set; }

    /// <summary>The output of the programs, for failure messages and for the search for secrets.</summary>
    public string Log => string.Join('\n', Processes.Select(process => process.Log));

    private int Port => Credentials is null ? 0 : new Uri(Credentials.Url).Port;

    /// <summary>Starts <c>gantry up</c> with a lab at speed 300, unless the options set another speed or name a region.</summary>
    public static Task<RunningGantry> StartAsync(params string[] options) =>
        StartedAsync(new RunningGantry(NewFolder(), options), gantry => gantry.StartAgainAsync());

    /// <summary>Starts console, gateway and lab as three processes.</summary>
    public static Task<RunningGantry> StartSeparatelyAsync(params string[] labOptions)
    {
        var code = "";
        return StartedAsync(
            new RunningGantry(NewFolder(), labOptions, () => code),
            async gantry =>
            {
                await gantry._lab!.StartAsync();
                await gantry.Processes[0].StartAsync();
                gantry.ReadCredentials();
                var made = JsonNode.Parse(await gantry.RunAsync("gateway", "pairing-code", "-o", "json"))!;
                code = (string)made["pairingCode"]!;
                await gantry.Processes[1].StartAsync();
                code = "";
                await gantry.RunAsync(
                    "account",
                    "create",
                    "lab",
                    "--endpoint",
                    gantry.Credentials.MaasUrl!,
                    "--key",
                    gantry.Credentials.MaasKey!,
                    "--gateway",
                    Gateway
                );
            }
        );
    }

    public async Task StartAgainAsync()
    {
        foreach (var process in Processes)
        {
            await process.StartAsync();
            ReadCredentials();
        }
    }

    /// <summary>Sends SIGKILL, so that no process can clean up.</summary>
    public async Task KillAsync()
    {
        foreach (var process in Processes)
        {
            await process.KillAsync();
        }
    }

    /// <summary>Sends SIGTERM to <c>gantry up</c>, as service managers do, and waits for the process to exit.</summary>
    /// <returns>The exit code.</returns>
    public Task<int> StopAsync() => Processes.Single().StopAsync();

    /// <summary>A handler that checks every exchange with the console against its OpenAPI document.</summary>
    public HttpMessageHandler Checked(HttpMessageHandler handler) => new ContractHandler(handler, _mismatches.Enqueue);

    /// <summary>Runs a command line against this Gantry.</summary>
    public async Task<(int Code, string Out, string Error)> CliAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var host = new CliHost(TextReader.Null, output, error, Interactive: false, TimeProvider.System, _ => null, Folder)
        {
            AroundTransport = Checked,
        };
        var code = await GantryCommand.RunAsync([.. arguments, "--data", Folder], host, TestContext.Current.CancellationToken);
        return (code, output.ToString(), error.ToString());
    }

    /// <summary>Runs a command line that must succeed.</summary>
    public async Task<string> RunAsync(params string[] arguments)
    {
        var (code, output, error) = await CliAsync(arguments);
        Assert.True(
            code == 0,
            $"gantry {string.Join(' ', arguments)} ended with {code}:\n{error}\n{output}\n--- gantry ---\n{Log}"
        );
        return output;
    }

    /// <summary>Sets or clears faults of a machine of the lab; <c>docs/lab.md</c> lists the fields.</summary>
    public async Task FaultAsync(string machine, JsonObject faults)
    {
        using var http = new HttpClient();
        using var body = new StringContent(faults.ToJsonString(), System.Text.Encoding.UTF8, "application/json");
        var url = new Uri(new Uri(Credentials.MaasUrl!), $"/lab/machines/{machine}/faults");
        using var answer = await http.PostAsync(url, body, TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, $"{url}: {answer.StatusCode}");
    }

    /// <summary>
    /// Reads the lab's own record, which no part of Gantry writes: <c>record</c>, <c>leftovers</c> or <c>calls</c>.
    /// </summary>
    public async Task<JsonNode> LabAsync(string what)
    {
        using var http = new HttpClient();
        var url = new Uri(new Uri(Credentials.MaasUrl!), $"/lab/{what}");
        return JsonNode.Parse(await http.GetStringAsync(url, TestContext.Current.CancellationToken))!;
    }

    /// <summary>Calls the region as its administrator, without Gantry.</summary>
    public async Task MaasAsync(string path, params (string Name, string Value)[] form)
    {
        var key = Credentials.MaasKey!.Split(':');
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Credentials.MaasUrl!.TrimEnd('/')}/api/2.0/{path}");
        request.Headers.TryAddWithoutValidation(
            "Authorization",
            $"OAuth oauth_version=\"1.0\", oauth_signature_method=\"PLAINTEXT\", oauth_consumer_key=\"{key[0]}\", "
                + $"oauth_token=\"{key[1]}\", "
                + $"oauth_signature=\"%26{key[2]}\", oauth_nonce=\"{Guid.NewGuid():N}\", "
                + $"oauth_timestamp=\"{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()}\""
        );
        request.Content = new FormUrlEncodedContent(form.Select(field => KeyValuePair.Create(field.Name, field.Value)));
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.True(
            answer.IsSuccessStatusCode,
            $"{path}: {await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}"
        );
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in Processes)
        {
            await process.DisposeAsync();
        }

        if (_lab is not null)
        {
            await _lab.DisposeAsync();
        }

        if (!KeepsFolders)
        {
            Directory.Delete(_root, recursive: true);
        }

        Assert.Empty(_mismatches);
    }

    private static string NewFolder() => Directory.CreateTempSubdirectory("gantry-up-").FullName;

    private static async Task<RunningGantry> StartedAsync(RunningGantry gantry, Func<RunningGantry, Task> start)
    {
        try
        {
            await start(gantry);
        }
        catch
        {
            await gantry.DisposeAsync();
            throw;
        }

        return gantry;
    }

    // gantry console does not know the region; its gateway does.
    private void ReadCredentials()
    {
        var known = Credentials.Read(Folder)!;
        Credentials = _lab is null ? known : known with { MaasUrl = Said(_lab, "ready "), MaasKey = Said(_lab, LabKey) };
    }

    private static string Said(GantryProcess process, string prefix) =>
        process.Log.Split('\n').First(line => line.StartsWith(prefix, StringComparison.Ordinal))[prefix.Length..];
}
