using System.CommandLine;
using System.Text.Json.Nodes;
using Gantry.Cli.Connection;
using Gantry.Cli.Hosting;
using Gantry.Cli.Terminal;
using Gantry.Server;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gantry.Cli.Consoles;

/// <summary>
/// <c>gantry console reissue</c>: a new password and API key of the local administrator, for whoever owns the data folder. The
/// console that owns the folder must be stopped: the command is the console for a moment.
/// </summary>
public sealed class ReissueCommand(CliHost host, ConnectionOptions connection)
{
    public const string Line = "gantry console reissue";

    public Command Create()
    {
        var reissue = new Verb(
            "reissue",
            "Issue a new password and API key of the local administrator; the old ones end. Stop the console first",
            $"{Line} --data /var/lib/gantry"
        );
        reissue.SetAction(
            async (command, cancellationToken) =>
            {
                var path = connection.DataFolder(command);
                var consoleFolder = Path.Combine(path, "console");
                if (!Directory.Exists(consoleFolder))
                {
                    throw new CliException(
                        ExitCode.NotFound,
                        $"--data {path} has no console: `gantry up` or `gantry console` makes one"
                    );
                }

                using var folder = DataFolder.Hold(path);
                await using var console = await StartAsync(consoleFolder, cancellationToken);
                var (user, password) = await AdminCredentials.ReissueAsync(folder, console, cancellationToken);
                Printer.Write(
                    host,
                    connection.Format(command),
                    new JsonObject { ["adminUser"] = user, ["adminPassword"] = password },
                    () => $"{AdminCredentials.Shown(user, password)}; {Credentials.FileName} has the new API key\n"
                );
            }
        );
        return reissue;
    }

    private async Task<ConsoleHost> StartAsync(string consoleFolder, CancellationToken cancellationToken)
    {
        try
        {
            return await ConsoleHost.StartAsync(
                new ConsoleOptions { DataFolder = consoleFolder, Port = 0 },
                host.Time,
                NullLoggerProvider.Instance,
                cancellationToken
            );
        }
        catch (Exception refused) when (refused is ConsoleOptionsException or IOException)
        {
            throw new CliException(ExitCode.Refused, $"the console cannot start: {refused.Message}", refused);
        }
    }
}
