using Gantry.Cli.Lab;
using Gantry.Cli.Terminal;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Cli.Tests;

/// <summary>A command line with its own home folder, isolated from the machine's environment.</summary>
internal sealed class TestHost : IDisposable
{
    /// <summary>The time of tests that depend on it.</summary>
    public static readonly DateTimeOffset Now = new(2026, 3, 2, 15, 0, 0, TimeSpan.Zero);

    private readonly StringWriter _out = new();
    private readonly StringWriter _error = new();

    /// <param name="width">Width of the terminal for results; <c>null</c> sends them to a file.</param>
    public TestHost(int? width = null, TimeProvider? time = null)
    {
        Home = Directory.CreateTempSubdirectory("gantry-cli-").FullName;
        Host = new CliHost(
            TextReader.Null,
            _out,
            _error,
            Interactive: false,
            time ?? TimeProvider.System,
            name => Environment.GetValueOrDefault(name),
            Home
        )
        {
            Width = width,
            Lab = new Lazy<ILabPart?>(LabPart.Find),
        };
    }

    public string Home { get; }

    public Dictionary<string, string> Environment { get; } = [];

    public CliHost Host { get; }

    public string Out => _out.ToString();

    public string Error => _error.ToString();

    public static FakeTimeProvider Clock() => new(Now);

    /// <summary>A command line that calls this console.</summary>
    public static TestHost For(FakeConsole console, int? width = null, TimeProvider? time = null)
    {
        var host = new TestHost(width, time ?? Clock());
        host.Environment["GANTRY_URL"] = console.Url;
        host.Environment["GANTRY_API_KEY"] = "key";
        return host;
    }

    public Task<int> RunAsync(params string[] arguments) => RunAsync(Host, arguments);

    public static Task<int> RunAsync(CliHost host, params string[] arguments) =>
        GantryCommand.RunAsync(arguments, host, TestContext.Current.CancellationToken);

    public void Dispose() => Directory.Delete(Home, recursive: true);
}
