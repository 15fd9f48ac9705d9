using Gantry.Cli.Terminal;

namespace Gantry.Cli.Tests;

/// <summary>A command line run in a home folder of its own, with nothing of the machine's environment.</summary>
internal sealed class TestHost : IDisposable
{
    private readonly StringWriter _out = new();
    private readonly StringWriter _error = new();

    public TestHost()
    {
        Home = Directory.CreateTempSubdirectory("gantry-cli-").FullName;
        Host = new CliHost(TextReader.Null, _out, _error, Interactive: false, TimeProvider.System, name => Environment.GetValueOrDefault(name), Home);
    }

    public string Home { get; }

    public Dictionary<string, string> Environment { get; } = [];

    public CliHost Host { get; }

    public string Out => _out.ToString();

    public string Error => _error.ToString();

    public Task<int> RunAsync(params string[] arguments) =>
        GantryCommand.RunAsync(arguments, Host, TestContext.Current.CancellationToken);

    public void Dispose() => Directory.Delete(Home, recursive: true);
}
