using System.CommandLine;
using Gantry.Cli;
using Gantry.Cli.Connection;
using Gantry.Cli.Hosting;
using Gantry.Cli.Terminal;
using Gantry.Lab.Maas.Inventory;

namespace Gantry.Lab.Cli;

/// <summary><c>gantry lab</c>: the emulated data centre alone, for any MAAS client.</summary>
public sealed class LabCommand(CliHost host, ConnectionOptions connection)
{
    private readonly Option<int> _port = new Option<int>("--port")
    {
        Description = "Port of the region; 0 picks a free one",
        DefaultValueFactory = _ => 5240,
    }.AsPort();

    private readonly Option<string?> _state = new("--state")
    {
        Description = "Initial state; `recordings` is the one behind the recorded answers of a real region",
    };

    private readonly Option<string?> _inventory = new("--inventory") { Description = "JSON file with the machines" };
    private readonly Option<int> _machines = new("--machines")
    {
        Description = "Number of machines to generate",
        DefaultValueFactory = _ => 24,
    };

    private readonly Option<double> _speed = new("--speed")
    {
        Description = "Speed of the clock: 60 makes a minute of a data centre a second",
        DefaultValueFactory = _ => 60,
    };

    private readonly Option<bool> _stock = new("--stock-images")
    {
        Description = "Generate a region that has stock images of Ubuntu alone, without Kubernetes",
    };

    private readonly Option<double> _failures = new("--deploy-failures")
    {
        Description = "Share of machines that fail to deploy",
        DefaultValueFactory = _ => 0,
    };

    private readonly Option<bool> _bootsApart = new("--boots-apart")
    {
        Description = "Machines boot from a network of their own; a VLAN on a bond has the default route",
    };

    private readonly Option<int> _seed = new("--seed")
    {
        Description = "Seed of the inventory and random faults",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<string?> _adminKey = new("--admin-key")
    {
        Description = "Key of the user admin, CONSUMER:TOKEN:SECRET",
    };

    private readonly Option<string?> _userKey = new("--user-key")
    {
        Description = "Key of the user alice, CONSUMER:TOKEN:SECRET",
    };

    public Command Create()
    {
        _state.AcceptOnlyFromAmong("recordings");
        var lab = new Command("lab", Gantry.Cli.Lab.LabPart.LabDescription)
        {
            _port,
            _state,
            _inventory,
            _machines,
            _speed,
            _stock,
            _failures,
            _bootsApart,
            _seed,
            _adminKey,
            _userKey,
        };
        lab.SetAction(RunAsync);
        return lab;
    }

    private async Task RunAsync(ParseResult command, CancellationToken cancellationToken)
    {
        var keys = new LabKeys(command.GetValue(_adminKey), command.GetValue(_userKey));
        using var folder = command.GetValue(connection.Data) is null ? null : DataFolder.Hold(connection.DataFolder(command));
        try
        {
            keys.Validate();
            await using var lab = await LabDataCentre.StartAsync(
                new LabOptions
                {
                    Port = command.GetValue(_port),
                    Machines = command.GetValue(_machines),
                    Speed = command.GetValue(_speed),
                    Seed = command.GetValue(_seed),
                    DeployFailureRate = command.GetValue(_failures),
                    BootsApart = command.GetValue(_bootsApart),
                    DataFolder = LabFolder(folder),
                    Inventory = Seed(command, keys),
                    Keys = keys,
                    StockImagesOnly = command.GetValue(_stock),
                },
                host.Time,
                cancellationToken
            );
            if (keys.Admin is not null && lab.AdminKey != keys.Admin)
            {
                throw new CliException(
                    ExitCode.Refused,
                    $"--admin-key: the lab in {folder?.Path} was started with another key; omit the option, or use another --data"
                );
            }

            host.Out.WriteLine($"ready {lab.MaasUrl.AbsoluteUri.TrimEnd('/')}");
            host.Out.WriteLine($"key {lab.AdminKey}");
            await host.Out.FlushAsync(cancellationToken);
            await Shutdown.RequestedAsync(cancellationToken);
        }
        catch (IOException taken)
        {
            throw new CliException(ExitCode.Refused, $"the lab cannot start: {taken.Message}", taken);
        }
        catch (FormatException malformed)
        {
            throw new CliException(ExitCode.Usage, malformed.Message, malformed);
        }
    }

    // The same folder as the lab of `gantry up --data`.
    private static string? LabFolder(DataFolder? folder)
    {
        if (folder is null)
        {
            return null;
        }

        Directory.CreateDirectory(folder.Sub("lab"));
        return folder.Sub("lab");
    }

    private LabSeed? Seed(ParseResult command, LabKeys keys)
    {
        return (command.GetValue(_state), command.GetValue(_inventory)) switch
        {
            (null, null) => null,
            ({ }, { }) => throw new CliException(ExitCode.Usage, "--state and --inventory exclude each other: use one"),
            ({ }, _) => new RecordingsSeed(keys),
            (_, { } file) => InventoryFile.Read(file, keys),
        };
    }
}
