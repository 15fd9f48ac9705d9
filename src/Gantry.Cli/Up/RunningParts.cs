using Gantry.Cli.Consoles;
using Gantry.Cli.Hosting;
using Gantry.Cli.Lab;
using Gantry.Cli.Terminal;
using Gantry.Gateway;
using Gantry.Maas;
using Gantry.Server;
using Microsoft.Extensions.Logging;

namespace Gantry.Cli.Up;

/// <summary>
/// Console, gateway and lab in one process, connected as they would be over a network. They start from the data centre up
/// and stop from the gateway down, so that no component calls a stopped one.
/// </summary>
public sealed class RunningParts : IAsyncDisposable
{
    /// <summary>The name of the console's built-in gateway in the public API.</summary>
    private const string GatewayName = "System Private Gateway";

    private readonly List<IAsyncDisposable> _parts = [];

    private Bootstrap? _bootstrap;

    private RunningParts() { }

    public string Url { get; private set; } = "";

    /// <summary>Ends when the gateway does, which is a failure while the parts are not disposed.</summary>
    public Task GatewayCompletion { get; private set; } = Task.CompletedTask;

    /// <summary>The region of the lab; <c>null</c> with a real MAAS.</summary>
    public string? LabUrl { get; private set; }

    public static async Task<RunningParts> StartAsync(
        DataFolder folder,
        UpSettings settings,
        CliHost host,
        CancellationToken cancellationToken
    )
    {
        var running = new RunningParts();
        var logs = settings.Log.ToFactory();
        running._parts.Add(new Disposer(logs));
        var log = logs.CreateLogger("Gantry.Cli");
        log.Starting("up", folder.Path);
        try
        {
            var maas = settings.OwnMaas ?? await running.StartLabAsync(folder, settings.Lab, host, cancellationToken);
            if (running.LabUrl is { } lab)
            {
                log.LabStarted(lab, settings.Lab.Machines, settings.Lab.Speed);
            }

            var console = running.Keep(await StartConsoleAsync(folder, settings, host, cancellationToken));
            var credentials = await AdminCredentials.EnsureAsync(
                folder,
                console,
                maas,
                isLab: running.LabUrl is not null,
                host,
                cancellationToken
            );
            await running.StartGatewayAsync(folder, console, settings, host, logs, cancellationToken);
            running._bootstrap = new Bootstrap(credentials);
            await running._bootstrap.EnsureAsync(GatewayName, maas, running.LabUrl is not null, cancellationToken);
            if (running.LabUrl is null && LabFolder.Exists(folder))
            {
                await running._bootstrap.RemoveLabAsync(LabFolder.ReadPort(folder), host.Error.WriteLine, cancellationToken);
            }

            running.Url = credentials.Url;
            return running;
        }
        catch
        {
            await running.DisposeAsync();
            throw;
        }
    }

    /// <returns>Why the gateway cannot use this MAAS; <c>null</c> when it can.</returns>
    public Task<string?> WhyNotAsync(OwnMaas maas, CancellationToken cancellationToken) =>
        _bootstrap!.WhyNotAsync(GatewayName, maas, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        for (var last = _parts.Count - 1; last >= 0; last--)
        {
            await _parts[last].DisposeAsync();
        }

        _parts.Clear();
    }

    private static async Task<ConsoleHost> StartConsoleAsync(
        DataFolder folder,
        UpSettings settings,
        CliHost host,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await ConsoleHost.StartAsync(
                new ConsoleOptions { DataFolder = folder.Sub("console"), Port = settings.Port },
                host.Time,
                settings.Log,
                cancellationToken
            );
        }
        catch (ConsoleOptionsException wrong)
        {
            throw new CliException(ExitCode.Usage, wrong.Message, wrong);
        }
        catch (IOException taken)
        {
            throw new CliException(
                ExitCode.Refused,
                $"--port {settings.Port}: {taken.Message.TrimEnd('.')}; use another port, or 0 for a free one",
                taken
            );
        }
    }

    private async Task<OwnMaas> StartLabAsync(
        DataFolder folder,
        LabSettings settings,
        CliHost host,
        CancellationToken cancellationToken
    )
    {
        var part = host.Lab.Value ?? throw LabPart.Missing("gantry up", "give the URL of your MAAS with --maas");
        var labFolder = LabFolder.Of(folder);
        Directory.CreateDirectory(labFolder);
        var port = LabFolder.ReadPort(folder);
        try
        {
            var lab = Keep(await part.StartAsync(settings, labFolder, port, host.Time, cancellationToken));
            LabFolder.WritePort(folder, lab.MaasUrl.Port);
            LabUrl = lab.MaasUrl.AbsoluteUri.TrimEnd('/');
            return new OwnMaas(MaasEndpoint.Parse(LabUrl), MaasApiKey.Parse(lab.AdminKey));
        }
        catch (IOException taken)
        {
            throw new CliException(ExitCode.Refused, $"the lab cannot start: {taken.Message}", taken);
        }
    }

    private async Task StartGatewayAsync(
        DataFolder folder,
        ConsoleHost console,
        UpSettings settings,
        CliHost host,
        ILoggerFactory logs,
        CancellationToken cancellationToken
    )
    {
        var gatewayFolder = folder.Sub("gateway");
        var paired = File.Exists(Path.Combine(gatewayFolder, "gateway.json"));
        var ports = GatewayPorts.Real();
        ports = ports with { Engine = ports.Engine.AtSpeed(settings.OwnMaas is null ? settings.Lab.Speed : 1) };
        try
        {
            var gateway = Keep(
                await GatewayHost.StartAsync(
                    new GatewayOptions
                    {
                        DataFolder = gatewayFolder,
                        ConsoleUrl = console.Url,
                        PairingCode = paired ? null : await console.CreatePairingCodeAsync(GatewayName, cancellationToken),
                        Name = GatewayName,
                        CaFile = console.CaFile,
                        Proxy = "",
                    },
                    ports,
                    host.Time,
                    logs,
                    cancellationToken
                )
            );
            GatewayCompletion = gateway.Completion;
        }
        catch (GatewayException refused)
        {
            throw new CliException(ExitCode.Refused, refused.Message, refused);
        }
    }

    private T Keep<T>(T part)
        where T : IAsyncDisposable
    {
        _parts.Add(part);
        return part;
    }

    private sealed class Disposer(IDisposable part) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            part.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
