using System.Diagnostics;

namespace Gantry.Scenarios;

/// <summary>The real <c>kubectl</c>, with a kubeconfig from the command line.</summary>
public sealed class Kubectl : IDisposable
{
    private readonly string _kubeconfig = Path.GetTempFileName();
    private readonly string[] _server;

    private Kubectl(params string[] server) => _server = server;

    /// <summary>
    /// Goes to the API server at an address, because this host's resolver does not know the names of the lab's DNS. The certificate has to
    /// be the endpoint's all the same.
    /// </summary>
    public static async Task<Kubectl> AtAsync(RunningGantry gantry, string cluster, string address, string endpoint)
    {
        var kubectl = new Kubectl("--server", $"https://{address}:6443", "--tls-server-name", endpoint);
        await kubectl.FetchAsync(gantry, cluster);
        return kubectl;
    }

    public static async Task<Kubectl> ForAsync(RunningGantry gantry, string cluster)
    {
        var kubectl = new Kubectl();
        await kubectl.FetchAsync(gantry, cluster);
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
        foreach (var argument in (string[])["--kubeconfig", _kubeconfig, .. _server, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }

    private async Task FetchAsync(RunningGantry gantry, string cluster) =>
        await File.WriteAllTextAsync(
            _kubeconfig,
            await gantry.RunAsync("cluster", "kubeconfig", cluster),
            TestContext.Current.CancellationToken
        );

    public void Dispose() => File.Delete(_kubeconfig);
}
