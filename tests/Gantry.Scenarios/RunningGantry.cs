using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Cli;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;
using Gantry.Testing.Contract;

namespace Gantry.Scenarios;

/// <summary>
/// <c>gantry up</c> in a process of its own. The data folder outlives the process, so Gantry can be killed and started again.
/// </summary>
public sealed class RunningGantry : IAsyncDisposable
{
    private static readonly TimeSpan Start = TimeSpan.FromMinutes(2);
    private readonly string[] _options;
    private readonly List<string> _log = [];
    private readonly ConcurrentQueue<string> _mismatches = [];
    private Process? _process;

    private RunningGantry(string folder, string[] options)
    {
        Folder = folder;
        _options = options;
    }

    public string Folder { get; }

    public Credentials Credentials { get; private set; } = null!;

    /// <summary>The output of the program, for failure messages and for the search for secrets.</summary>
    public string Log
    {
        get
        {
            lock (_log)
            {
                return string.Join('\n', _log);
            }
        }
    }

    /// <summary>Starts Gantry with a lab at speed 300, unless the options set another speed.</summary>
    public static async Task<RunningGantry> StartAsync(params string[] options)
    {
        var folder = Directory.CreateTempSubdirectory("gantry-up-").FullName;
        var gantry = new RunningGantry(folder, options);
        try
        {
            await gantry.StartAgainAsync();
        }
        catch
        {
            await gantry.DisposeAsync();
            throw;
        }

        return gantry;
    }

    public async Task StartAgainAsync()
    {
        var port = Credentials is null ? 0 : new Uri(Credentials.Url).Port;
        var start = new ProcessStartInfo("dotnet")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "gantry.dll"),
            "up",
            "--data",
            Folder,
            "--port",
            $"{port}",
            .. _options.Contains("--lab-speed") ? [] : (string[])["--lab-speed", "300"],
            .. _options,
        ];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        process.OutputDataReceived += (_, line) => Note(line.Data, ready);
        process.ErrorDataReceived += (_, line) => Note(line.Data, ready: null);
        process.Exited += (_, _) => ready.TrySetException(new InvalidOperationException($"gantry up ended:\n{Log}"));
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _process = process;
        await ready.Task.WaitAsync(Start, TimeProvider.System, TestContext.Current.CancellationToken);
        Credentials = Credentials.Read(Folder)!;
    }

    /// <summary>Sends SIGKILL, so that the process cannot clean up.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        _process.Dispose();
        _process = null;
    }

    /// <summary>Sends SIGTERM, as service managers do, and waits for the process to exit.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> StopAsync()
    {
        using (var signal = Process.Start("kill", ["-TERM", $"{_process!.Id}"]))
        {
            await signal.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        var code = _process.ExitCode;
        _process.Dispose();
        _process = null;
        return code;
    }

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
            $"gantry {string.Join(' ', arguments)} ended with {code}:\n{error}\n{output}\n--- gantry up ---\n{Log}"
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
        if (_process is { HasExited: false })
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process?.Dispose();
        Directory.Delete(Folder, recursive: true);
        Assert.Empty(_mismatches);
    }

    private void Note(string? line, TaskCompletionSource? ready)
    {
        if (line is null)
        {
            return;
        }

        lock (_log)
        {
            _log.Add(line);
        }

        if (line.StartsWith("ready https://", StringComparison.Ordinal))
        {
            ready?.TrySetResult();
        }
    }
}
