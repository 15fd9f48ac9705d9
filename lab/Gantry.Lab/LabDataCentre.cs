using Gantry.Lab.Maas;
using Gantry.Lab.Maas.Inventory;
using Gantry.Lab.Machines;
using Gantry.Lab.Store;

namespace Gantry.Lab;

/// <summary>
/// An emulated data centre in this process: a MAAS region over HTTP, servers that boot its deployments, and their Kubernetes
/// clusters, all on loopback addresses of a network exclusive to this data centre.
/// </summary>
public sealed class LabDataCentre : IAsyncDisposable
{
    private readonly ILabStore _store;
    private readonly LoopbackNetwork _network;
    private readonly LabMachines _machines;
    private readonly LabRegionHost _region;

    private LabDataCentre(ILabStore store, LoopbackNetwork network, LabMachines machines, LabRegionHost region)
    {
        _store = store;
        _network = network;
        _machines = machines;
        _region = region;
    }

    /// <summary>The base URL of the region for clients: <c>http://127.0.0.1:5240/MAAS</c>.</summary>
    public Uri MaasUrl => _region.Url;

    /// <summary>An API key of the region's administrator: <c>consumer:token:secret</c>.</summary>
    public string AdminKey => _region.KeyOf("admin");

    /// <summary>The region, for fault injection and call counts.</summary>
    public LabRegion Region => _region.Region;

    /// <summary>The network of machines and virtual addresses, as CIDR.</summary>
    public string Network => _network.Cidr;

    /// <summary>Starts a data centre, or resumes the one in the data folder, even after a crash.</summary>
    /// <exception cref="IOException">The port is in use, or another process runs this data folder.</exception>
    public static async Task<LabDataCentre> StartAsync(LabOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        ILabStore opened = options.DataFolder is { } folder
            ? SqliteLabStore.Open(Path.Combine(folder, "lab.db"))
            : new MemoryLabStore();
        LoopbackNetwork? held = null;
        LabMachines? servers = null;
        try
        {
            held = LoopbackNetwork.Hold(opened, options.Seed);
            LabRegion? region = null;
            servers = await LabMachines.StartAsync(
                new LabMachinesOptions
                {
                    Speed = options.Speed,
                    Seed = options.Seed,
                    Packages = options.Packages,
                    Resolve = name => region?.Resolve(name) ?? [],
                },
                opened,
                time,
                cancellationToken
            );
            var maas = await LabRegionHost.StartAsync(
                new LabRegionOptions
                {
                    Port = options.Port,
                    Speed = options.Speed,
                    Seed = options.Seed,
                    Inventory =
                        options.Inventory
                        ?? new GeneratedInventory(options.Seed, options.Machines, held.Cidr, options.DeployFailureRate)
                        {
                            Keys = options.Keys,
                            BootsApart = options.BootsApart,
                            StockImagesOnly = options.StockImagesOnly,
                        },
                },
                opened,
                servers,
                time,
                resumed =>
                {
                    region = resumed;
                    servers.Resume(resumed);
                    servers.Reconcile(resumed.Installed);
                },
                cancellationToken
            );
            return new LabDataCentre(opened, held, servers, maas);
        }
        catch
        {
            if (servers is not null)
            {
                await servers.DisposeAsync();
            }

            held?.Dispose();
            (opened as IDisposable)?.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _region.DisposeAsync();
        await _machines.DisposeAsync();
        _network.Dispose();
        (_store as IDisposable)?.Dispose();
    }
}
