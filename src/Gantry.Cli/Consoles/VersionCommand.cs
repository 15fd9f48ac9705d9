using System.CommandLine;
using System.Text.Json.Nodes;
using Gantry.Api;
using Gantry.Cli.Connection;
using Gantry.Cli.Hosting;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Consoles;

/// <summary><c>gantry version</c>: the version of this program and of the console that commands speak to.</summary>
public sealed class VersionCommand(CliHost host, ConnectionOptions connection)
{
    public Command Create()
    {
        var version = new Verb("version", "Show the version of this program and of the console", "gantry version -o json");
        version.SetAction(
            async (command, cancellationToken) =>
            {
                var (console, url, problem) = await AskAsync(command, cancellationToken);
                var document = new JsonObject { ["client"] = HostingLog.Version };
                if (console is not null)
                {
                    document["console"] = console;
                    document["url"] = url;
                }

                Printer.Write(
                    host,
                    connection.Format(command),
                    document,
                    () => $"gantry   {HostingLog.Version}\n" + (console is null ? "" : $"console  {console} at {url}\n")
                );
                if (problem is not null)
                {
                    host.Error.WriteLine($"console: {problem}");
                }
            }
        );
        return version;
    }

    // Whoever asks for a version may have no console yet.
    private async Task<(string? Version, string Url, string? Problem)> AskAsync(
        ParseResult command,
        CancellationToken cancellationToken
    )
    {
        try
        {
            using var console = new ConsoleSession(connection.Resolve(command));
            var installed = await console.CallAsync(Operations.Health.Version, [], cancellationToken);
            return (installed.Version, console.Url.AbsoluteUri, null);
        }
        catch (CliException away)
        {
            return (null, "", away.Message);
        }
    }
}
