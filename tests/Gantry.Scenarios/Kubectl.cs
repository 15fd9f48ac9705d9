using System.Diagnostics;

namespace Gantry.Scenarios;

/// <summary>The real <c>kubectl</c>, with a kubeconfig from the command line.</summary>
public sealed class Kubectl : IDisposable
{
    private readonly string _kubeconfig = Path.GetTempFileName();

    private Kubectl() { }

    public static async Task<Kubectl> ForAsync(RunningGantry gantry, string cluster)
    {
        var kubectl = new Kubectl();
        await File.WriteAllTextAsync(
            kubectl._kubeconfig,
            await gantry.RunAsync("cluster", "kubeconfig", cluster),
            TestContext.Current.CancellationToken
        );
        return kubectl;
    }

    public Task<string> RunAsync(params string[] arguments) => RunAsync(arguments, input: null);

    public async Task<string> RunAsync(string[] arguments, string? input)
    {
        using var process = Start(arguments);
        if (input is not null)
        {
            await process.StandardInput.WriteAsync(input.AsMemory(), TestContext.Current.CancellationToken);
        }

        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(
            process.ExitCode == 0,
            $"kubectl {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{await error}\n{output}"
        );
        return output;
    }

    /// <summary>Starts a command that runs until it is killed, such as <c>get -w</c>.</summary>
    public Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("kubectl")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])["--kubeconfig", _kubeconfig, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }

    public void Dispose() => File.Delete(_kubeconfig);
}
