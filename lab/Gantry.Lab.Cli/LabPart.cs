using System.CommandLine;
using Gantry.Cli.Connection;
using Gantry.Cli.Lab;
using Gantry.Cli.Terminal;
using Gantry.Cli.Up;

namespace Gantry.Lab.Cli;

/// <summary>The lab's verbs and the data centre of <c>gantry up</c>. <c>gantry</c> loads this type by name.</summary>
public sealed class LabPart : ILabPart
{
    public IReadOnlyList<Command> Verbs(CliHost host, ConnectionOptions connection) =>
        [new LabCommand(host, connection).Create(), new SimulateCommand(host, connection).Create()];

    public async Task<IEmbeddedDataCentre> StartAsync(
        LabSettings settings,
        string folder,
        int port,
        TimeProvider time,
        CancellationToken cancellationToken
    ) =>
        new EmbeddedDataCentre(
            await LabDataCentre.StartAsync(
                new LabOptions
                {
                    Machines = settings.Machines,
                    Speed = settings.Speed,
                    Seed = settings.Seed,
                    DeployFailureRate = settings.DeployFailures,
                    Port = port,
                    DataFolder = folder,
                },
                time,
                cancellationToken
            )
        );

    private sealed class EmbeddedDataCentre(LabDataCentre lab) : IEmbeddedDataCentre
    {
        public Uri MaasUrl => lab.MaasUrl;

        public string AdminKey => lab.AdminKey;

        public ValueTask DisposeAsync() => lab.DisposeAsync();
    }
}
