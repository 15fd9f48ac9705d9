using System.Diagnostics;

namespace Gantry.Scenarios;

/// <summary>A command of <c>gantry</c> in a process of its own, which can be killed and started again.</summary>
/// <param name="readyLine">Beginning of the line with which the command says that it is ready.</param>
/// <param name="arguments">The command line, computed anew for each start.</param>
public sealed class GantryProcess(string name, string readyLine, Func<IReadOnlyList<string>> arguments) : IAsyncDisposable
{
    private const int Killed = 128 + 9;
    private static readonly TimeSpan Start = TimeSpan.FromMinutes(2);
    private readonly List<string> _log = [];
    private Process? _process;

    public string Name => name;

    /// <summary>What the command wrote since its first start, for failure messages and for the search for secrets.</summary>
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

    /// <summary>Starts the command.</summary>
    /// <returns>Ends when the command is ready, and fails when it ends before.</returns>
    public Task Begin()
    {
        var start = new ProcessStartInfo("dotnet")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "gantry.dll"), .. arguments()])
        {
            start.ArgumentList.Add(argument);
        }

        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        process.OutputDataReceived += (_, line) => Note(line.Data, ready);
        process.ErrorDataReceived += (_, line) => Note(line.Data, ready: null);
        process.Exited += (_, _) => ready.TrySetException(new InvalidOperationException($"gantry {name} ended:\n{Log}"));
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _process = process;
        return ready.Task;
    }

    /// <summary>Starts the command and waits until it is ready.</summary>
    public Task StartAsync() => Begin().WaitAsync(Start, TimeProvider.System, TestContext.Current.CancellationToken);

    /// <summary>Sends SIGKILL, so that the process cannot clean up. It must not have ended before.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        var code = _process.ExitCode;
        _process.Dispose();
        _process = null;
        Assert.True(code is Killed, $"gantry {name} ended by itself with {code}:\n{Log}");
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

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process?.Dispose();
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

        if (line.StartsWith(readyLine, StringComparison.Ordinal))
        {
            ready?.TrySetResult();
        }
    }
}
