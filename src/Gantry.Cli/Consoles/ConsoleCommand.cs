using System.CommandLine;
using Gantry.Cli.Connection;
using Gantry.Cli.Hosting;
using Gantry.Cli.Terminal;
using Gantry.Cli.Up;
using Gantry.Server;

namespace Gantry.Cli.Consoles;

/// <summary><c>gantry console</c>: the console without a gateway, for gateways in remote data centres.</summary>
public sealed class ConsoleCommand(CliHost host, ConnectionOptions connection)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly Option<int> _port = new Option<int>("--port")
    {
        Description = "Port to listen on; 0 picks a free one",
        DefaultValueFactory = _ => 8443,
    }.AsPort();
    private readonly Option<string> _address = new("--address")
    {
        Description = "Address to listen on; 0.0.0.0 for all",
        DefaultValueFactory = _ => "127.0.0.1",
    };
    private readonly Option<string?> _publicUrl = new("--public-url")
    {
        Description = "Public URL of the console for users and gateways, for example https://gantry.example",
    };
    private readonly Option<string?> _certificate = new("--certificate")
    {
        Description = "Server certificate, PEM [default: issued by the console's CA]",
    };
    private readonly Option<string?> _certificateKey = new("--certificate-key")
    {
        Description = "Private key of the server certificate, PEM",
    };

    private readonly Option<string?> _sessionKey = new("--session-key-file")
    {
        Description = "Key of session tokens, base64; replicas share one [default: session.key of the data folder]",
        HelpName = "FILE",
    };

    private readonly LogOptions _log = new(host);

    public Command Create()
    {
        var console = new Command("console", "Run only the console")
        {
            _port,
            _address,
            _publicUrl,
            _certificate,
            _certificateKey,
            _sessionKey,
            new ReissueCommand(host, connection).Create(),
        };
        _log.AddTo(console);
        console.SetAction(RunAsync);
        return console;
    }

    // A public URL may be unreachable from this machine, or not reachable yet; the console then starts without the first
    // profile.
    private async Task AddFirstProfileAsync(Credentials credentials, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var limit = new CancellationTokenSource(Patience, host.Time);
        await using var over = limit.Token.Register(patience.Cancel);
        try
        {
            await new Bootstrap(credentials).EnsureProfileAsync(patience.Token);
        }
        catch (Exception away)
            when (away is CliException || (away is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            host.Error.WriteLine(
                $"{credentials.Url} cannot be reached from this host, so no profile was created: `gantry profile create "
                    + "--file FILE` adds one"
            );
        }
    }

    private async Task RunAsync(ParseResult command, CancellationToken cancellationToken)
    {
        using var folder = DataFolder.Hold(connection.DataFolder(command));
        var log = _log.Create(command);
        using var logs = log.ToFactory();
        logs.CreateLogger("Gantry.Cli").Starting("console", folder.Path);
        try
        {
            await using var running = await ConsoleHost.StartAsync(
                new ConsoleOptions
                {
                    DataFolder = folder.Sub("console"),
                    Port = command.GetValue(_port),
                    Address = command.GetRequiredValue(_address),
                    PublicUrl = command.GetValue(_publicUrl) is { } url ? new Uri(url) : null,
                    CertificateFile = command.GetValue(_certificate),
                    CertificateKeyFile = command.GetValue(_certificateKey),
                    SessionKeyFile = command.GetValue(_sessionKey),
                },
                host.Time,
                log,
                cancellationToken
            );
            var credentials = await AdminCredentials.EnsureAsync(
                folder,
                running,
                maas: null,
                isLab: false,
                host,
                cancellationToken
            );
            if (running.Bootstrap is not null)
            {
                await AddFirstProfileAsync(credentials, cancellationToken);
            }

            host.Out.WriteLine($"ready {running.Url.AbsoluteUri.TrimEnd('/')}");
            await host.Out.FlushAsync(cancellationToken);
            await Shutdown.RequestedAsync(cancellationToken);
        }
        catch (ConsoleOptionsException wrong)
        {
            throw new CliException(ExitCode.Usage, wrong.Message, wrong);
        }
        catch (UriFormatException wrong)
        {
            throw new CliException(ExitCode.Usage, "--public-url is not a URL; write it as https://gantry.example", wrong);
        }
        catch (IOException taken)
        {
            throw new CliException(ExitCode.Refused, $"the console cannot start: {taken.Message}", taken);
        }
    }
}
