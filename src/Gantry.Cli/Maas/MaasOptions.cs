using System.CommandLine;
using Gantry.Cli.Accounts;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;
using Gantry.Maas;

namespace Gantry.Cli.Maas;

/// <summary>Where a command that calls MAAS directly finds it, and what its failures mean at a terminal.</summary>
public sealed class MaasOptions(CliHost host, ConnectionOptions connection)
{
    private readonly Option<string?> _maas = new("--maas")
    {
        Description = "URL of MAAS, for example http://maas:5240/MAAS [default: the lab's]",
        Recursive = true,
    };
    private readonly Option<string?> _key = new("--maas-key")
    {
        Description = "API key of MAAS [env: GANTRY_MAAS_KEY]",
        Recursive = true,
    };
    private readonly Option<string?> _ca = MaasCaOption.Create(recursive: true);

    /// <summary>Adds the options to a noun, for all of its verbs.</summary>
    public Command AddTo(Command noun)
    {
        noun.Add(_maas);
        noun.Add(_key);
        noun.Add(_ca);
        return noun;
    }

    public Command Calling(Command command, Func<MaasClient, ParseResult, CancellationToken, Task> call)
    {
        command.SetAction(
            async (parsed, cancel) =>
            {
                try
                {
                    using var maas = Open(parsed);
                    await call(maas, parsed, cancel);
                }
                catch (FormatException malformed)
                {
                    throw new CliException(ExitCode.Usage, malformed.Message, malformed);
                }
                catch (MaasException failure)
                {
                    throw new CliException(
                        failure switch
                        {
                            MaasCredentialsRejectedException or MaasForbiddenException => ExitCode.NoAccess,
                            MaasNotFoundException => ExitCode.NotFound,
                            MaasUnavailableException or MaasOutcomeUnknownException => ExitCode.Unreachable,
                            MaasUnexpectedException => ExitCode.Unexpected,
                            _ => ExitCode.Refused,
                        },
                        failure.Message,
                        failure
                    );
                }
            }
        );
        return command;
    }

    private MaasClient Open(ParseResult command)
    {
        var known = Credentials.Read(connection.DataFolder(command));
        var url =
            command.GetValue(_maas)
            ?? known?.MaasUrl
            ?? throw new CliException(
                ExitCode.Usage,
                "--maas is missing: set it to the URL of your MAAS, or start the lab with `gantry up`"
            );
        var key =
            command.GetValue(_key)
            ?? host.Environment("GANTRY_MAAS_KEY")
            ?? (command.GetValue(_maas) is null ? known?.MaasKey : null)
            ?? throw new CliException(
                ExitCode.Usage,
                "the MAAS key is missing: set GANTRY_MAAS_KEY or --maas-key CONSUMER:TOKEN:SECRET"
            );
        var options = new MaasClientOptions(MaasEndpoint.Parse(url), MaasApiKey.Parse(key))
        {
            CaPem = MaasCaOption.Read(command.GetValue(_ca)),
            ReadAttempts = 2,
        };
        return new MaasClient(options, host.Time);
    }
}
