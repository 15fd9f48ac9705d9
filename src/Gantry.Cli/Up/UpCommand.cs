using System.CommandLine;
using Gantry.Cli.Accounts;
using Gantry.Cli.Connection;
using Gantry.Cli.Hosting;
using Gantry.Cli.Terminal;
using Gantry.Maas;

namespace Gantry.Cli.Up;

/// <summary><c>gantry up</c>: console, gateway and, unless a MAAS is given, the lab, in one process.</summary>
public sealed class UpCommand(CliHost host, ConnectionOptions connection)
{
    private readonly Option<int> _port = new Option<int>("--port")
    {
        Description = "Port of the console; 0 picks a free one",
        DefaultValueFactory = _ => 8443,
    }.AsPort();

    private readonly Option<int> _labMachines = new("--lab-machines")
    {
        Description = "Number of machines in the lab",
        DefaultValueFactory = _ => 24,
    };
    private readonly Option<double> _labSpeed = new("--lab-speed")
    {
        Description = "Speed of the lab's clock: 60 makes a minute of a data centre a second",
        DefaultValueFactory = _ => 60,
    };

    private readonly Option<double> _labDeployFailures = new("--lab-deploy-failures")
    {
        Description = "Share of the lab's machines that fail to deploy, 0 to 1",
        DefaultValueFactory = _ => 0,
    };

    private readonly Option<int> _seed = new("--seed")
    {
        Description = "Seed of the lab's inventory and random faults",
        DefaultValueFactory = _ => 1,
    };
    private readonly Option<string?> _maas = new("--maas")
    {
        Description = "URL of a MAAS to use instead of the lab, for example http://maas:5240/MAAS",
    };
    private readonly Option<string?> _maasKey = new("--maas-key") { Description = "API key for --maas [env: GANTRY_MAAS_KEY]" };

    private readonly Option<string?> _maasCa = MaasCaOption.Create();

    private readonly LogOptions _log = new(host);

    public Command Create()
    {
        var up = new Command("up", "Start console, gateway and lab in one process")
        {
            _port,
            _labMachines,
            _labSpeed,
            _labDeployFailures,
            _seed,
            _maas,
            _maasKey,
            _maasCa,
        };
        _log.AddTo(up);
        up.SetAction(
            async (command, cancel) =>
            {
                var settings = new UpSettings(command.GetValue(_port), Lab(command), OwnMaas(command), _log.Create(command));
                using var folder = DataFolder.Hold(connection.DataFolder(command));
                if (
                    Given(command, _labMachines, _labDeployFailures, _seed) is { Length: > 0 } ignored
                    && LabFolder.Exists(folder)
                )
                {
                    host.Error.WriteLine(
                        $"{string.Join(", ", ignored)}: ignored, because {LabFolder.Of(folder)} holds a lab that goes on as it is; "
                            + "another --data DIR makes another one"
                    );
                }

                await using var running = await RunningParts.StartAsync(folder, settings, host, cancel);
                host.Out.WriteLine($"ready {running.Url}");
                await host.Out.FlushAsync(cancel);
                if (running.LabUrl is { } lab && host.Interactive)
                {
                    host.Error.WriteLine(
                        $"lab region {lab}; `gantry cluster create demo --control-plane 3 --workers 2 --wait` creates a cluster"
                    );
                }

                using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancel);
                var checking = settings.OwnMaas is { } maas
                    ? ReportMaasProblemAsync(running, maas, ending.Token)
                    : Task.CompletedTask;
                try
                {
                    await Shutdown.RequestedOrEndedAsync(running.GatewayCompletion, "the gateway", cancel);
                    settings.Log.CreateLogger("Gantry.Cli").Ending("up");
                }
                finally
                {
                    await ending.CancelAsync();
                    await checking;
                }
            }
        );
        return up;
    }

    // Not awaited before `ready`: the start must not depend on a MAAS that is down.
    private async Task ReportMaasProblemAsync(RunningParts running, OwnMaas maas, CancellationToken cancellationToken)
    {
        try
        {
            if (await running.WhyNotAsync(maas, cancellationToken) is { } refusal)
            {
                host.Error.WriteLine($"{maas.Endpoint} cannot be used yet: {refusal}");
                await host.Error.FlushAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The result is no longer needed.
        }
    }

    private static string[] Given(ParseResult command, params Option[] options) =>
        [.. options.Where(option => command.GetResult(option) is { Implicit: false }).Select(option => option.Name)];

    private LabSettings Lab(ParseResult command)
    {
        var lab = new LabSettings(
            command.GetValue(_labMachines),
            command.GetValue(_labSpeed),
            command.GetValue(_labDeployFailures),
            command.GetValue(_seed)
        );
        return lab switch
        {
            { Machines: < 1 or > 5000 } => throw new CliException(ExitCode.Usage, "--lab-machines must be 1 to 5000"),
            { Speed: <= 0 or > 100_000 } => throw new CliException(
                ExitCode.Usage,
                "--lab-speed must be above 0 and at most 100000; 60 makes a minute a second"
            ),
            { DeployFailures: < 0 or > 1 } => throw new CliException(
                ExitCode.Usage,
                "--lab-deploy-failures must be between 0 and 1, for example 0.1"
            ),
            _ => lab,
        };
    }

    private OwnMaas? OwnMaas(ParseResult command)
    {
        if (command.GetValue(_maas) is not { } url)
        {
            return command.GetValue(_maasKey) is not null ? throw WithoutMaas("--maas-key")
                : command.GetValue(_maasCa) is not null ? throw WithoutMaas(MaasCaOption.Name)
                : null;
        }

        if (Given(command, _labMachines, _labSpeed, _labDeployFailures, _seed) is { Length: > 0 } ofLab)
        {
            throw new CliException(
                ExitCode.Usage,
                $"{string.Join(", ", ofLab)}: there is no lab with --maas; leave one of them out"
            );
        }

        var key =
            command.GetValue(_maasKey)
            ?? host.Environment("GANTRY_MAAS_KEY")
            ?? throw new CliException(
                ExitCode.Usage,
                "--maas requires a key: set GANTRY_MAAS_KEY or --maas-key CONSUMER:TOKEN:SECRET"
            );
        if (
            !MaasEndpoint.TryParse(url, out var endpoint, out var problem)
            || !MaasApiKey.TryParse(key, out var apiKey, out problem)
        )
        {
            throw new CliException(ExitCode.Usage, problem);
        }

        return new OwnMaas(endpoint, apiKey, MaasCaOption.Read(command.GetValue(_maasCa)));

        static CliException WithoutMaas(string option) => new(ExitCode.Usage, $"{option} requires --maas, the URL of your MAAS");
    }
}
