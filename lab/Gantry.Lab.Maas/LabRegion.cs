using Gantry.Lab.Maas.Devices;
using Gantry.Lab.Maas.Dns;
using Gantry.Lab.Maas.Files;
using Gantry.Lab.Maas.Images;
using Gantry.Lab.Maas.Interfaces;
using Gantry.Lab.Maas.Inventory;
using Gantry.Lab.Maas.Machines;
using Gantry.Lab.Maas.Metadata;
using Gantry.Lab.Maas.Networks;
using Gantry.Lab.Maas.Places;
using Gantry.Lab.Maas.Routing;
using Gantry.Lab.Maas.Rows;
using Gantry.Lab.Maas.Scripts;
using Gantry.Lab.Maas.Server;
using Gantry.Lab.Maas.Storage;
using Gantry.Lab.Maas.Users;
using Gantry.Lab.Store;

namespace Gantry.Lab.Maas;

/// <summary>
/// A MAAS region without HTTP: it handles requests, and its time advances only on request. Every change is stored before the
/// response. Thread-safe; requests run one at a time.
/// </summary>
public sealed class LabRegion : IMachineReports
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _calls = [];
    private readonly RegionState _state;
    private readonly MachineLife _life;
    private readonly MetadataResource _metadata;

    /// <param name="host">Receives power and disk changes of machines; <c>null</c> for none.</param>
    public LabRegion(LabRegionOptions options, ILabStore store, IMachineHost? host, TimeProvider time)
    {
        _state = new RegionState(store);
        if (_state.IsEmpty)
        {
            _state.Together(() => options.Inventory.Fill(_state));
        }

        _state.Together(() => NodeSequences.CatchUp(_state));

        _life = new MachineLife(_state, options, host, time);
        _metadata = new MetadataResource(_state, _life);
        var machines = new MachinesResource(_state, _life);
        Routes = new RouteTable([
            .. machines.Resources,
            .. new InterfacesResource(_state).Resources,
            .. new DisksResource(_state).Resources,
            .. new DevicesResource(_state).Resources,
            .. new ZonesResource(_state).Resources,
            .. new PoolsResource(_state).Resources,
            .. new TagsResource(_state, machines).Resources,
            .. new FabricsResource(_state).Resources,
            .. new SpacesResource(_state).Resources,
            .. new SubnetsResource(_state).Resources,
            .. new RangesResource(_state).Resources,
            .. new StaticRoutesResource(_state).Resources,
            .. new ReservedAddresses(_state, time).Resources,
            .. new DomainsResource(_state).Resources,
            .. new DnsResource(_state, time).Resources,
            .. new DnsRecordsResource(_state).Resources,
            .. new ImagesResource(_state, time).Resources,
            .. new BootSourcesResource(_state, time).Resources,
            .. new ScriptsResource(_state).Resources,
            .. new UsersResource(_state).Resources,
            .. new FilesResource(_state).Resources,
            .. new EventsResource(_state).Resources,
            .. new ControllersResource(_state).Resources,
            .. new ServerResource(_state, options, () => Routes!).Resources,
        ]);
    }

    /// <summary>The number of handled requests, by method and first words of the path: <c>POST machines/allocate</c>.</summary>
    public IReadOnlyDictionary<string, long> Calls
    {
        get
        {
            lock (_gate)
            {
                return new SortedDictionary<string, long>(_calls, StringComparer.Ordinal);
            }
        }
    }

    internal RouteTable Routes { get; }

    internal RegionState State => _state;

    internal MachineLife Life => _life;

    /// <summary>When the next timed change is due; <c>null</c> for none.</summary>
    public DateTimeOffset? NextDue
    {
        get
        {
            lock (_gate)
            {
                return _life.NextDue;
            }
        }
    }

    public RegionAnswer Handle(RegionRequest request)
    {
        Count(request);
        return Answer(() => Routes.Find(request.Path).Run(request));
    }

    /// <summary>Runs all timed changes that are due.</summary>
    public void Advance()
    {
        lock (_gate)
        {
            _state.Together(_life.Advance);
        }

        _life.NotifyHost();
    }

    public void CloudInit(string systemId, string name, string description, bool success)
    {
        lock (_gate)
        {
            _state.Together(() => _life.CloudInit(systemId, name, description, success));
        }
    }

    public void Initialized(string systemId) => Exclusively(_ => _life.Initialized(systemId));

    /// <summary>Injects or clears faults of a machine.</summary>
    /// <returns>False for an unknown machine.</returns>
    public bool SetFaults(string systemId, MachineFaults faults)
    {
        var known = Exclusively(_ => _life.SetFaults(systemId, faults));
        _life.NotifyHost();
        return known;
    }

    /// <summary>Connects the region with its rack controllers, or cuts it off: then it reaches no BMC.</summary>
    public void SetRackConnected(bool connected) => Exclusively(_ => _life.RackConnected = connected);

    /// <summary>The deployed machines with their power, which a machine host reconciles with after a restart.</summary>
    public IReadOnlyList<(InstalledMachine Machine, bool IsOn)> Installed =>
        Exclusively(state =>
            state
                .Machines.All.Where(machine => machine.Status == MachineStatus.Deployed)
                .Select(machine => (_life.Installed(machine), MachineLife.IsOn(machine)))
                .ToList()
        );

    /// <summary>The A records of a name in the region's DNS server; empty for an unknown name.</summary>
    /// <param name="name">Fully qualified; a trailing dot is ignored.</param>
    public IReadOnlyList<string> Resolve(string name) => Exclusively(state => NameServer.Resolve(state, name));

    /// <summary>A machine's own request to the metadata service.</summary>
    internal RegionAnswer HandleMetadata(RegionRequest request) => Answer(() => _metadata.Handle(request));

    /// <summary>Reads or changes the state under the region's lock.</summary>
    internal T Exclusively<T>(Func<RegionState, T> work)
    {
        lock (_gate)
        {
            T result = default!;
            _state.Together(() => result = work(_state));
            return result;
        }
    }

    private RegionAnswer Answer(Func<RegionAnswer> handle)
    {
        RegionAnswer answer = null!;
        lock (_gate)
        {
            // What has happened before a fault has happened, in MAAS as here.
            _state.Together(() =>
            {
                try
                {
                    answer = handle();
                }
                catch (RegionFault fault)
                {
                    answer = fault.Answer;
                }
            });
        }

        _life.NotifyHost();
        return answer;
    }

    private void Count(RegionRequest request)
    {
        var segments = request.Path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var what = segments.Length switch
        {
            0 => "",
            1 => segments[0] + "/",
            _ => segments[0] + "/{}/" + string.Join('/', segments.Skip(2)),
        };
        var kind = $"{request.Method} {what}{(request.Operation is null ? "" : "?op=" + request.Operation)}";
        lock (_gate)
        {
            _calls[kind] = _calls.GetValueOrDefault(kind) + 1;
        }
    }
}
