using Gantry.Lab.Maas.Dns;
using Gantry.Lab.Maas.Images;
using Gantry.Lab.Maas.Machines;
using Gantry.Lab.Maas.Networks;
using Gantry.Lab.Maas.Rows;
using Gantry.Lab.Maas.Server;
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
    private readonly RegionState _state;
    private readonly MachineLife _life;
    private readonly MachinesResource _machines;
    private readonly NetworksResource _networks;
    private readonly DnsResource _dns;
    private readonly ImagesResource _images;
    private readonly PlacesResource _places;
    private readonly UsersResource _users;
    private readonly ServerResource _server;

    /// <param name="host">Receives power and disk changes of machines; <c>null</c> for none.</param>
    public LabRegion(LabRegionOptions options, ILabStore store, IMachineHost? host, TimeProvider time)
    {
        _state = new RegionState(store);
        if (_state.IsEmpty)
        {
            _state.Together(() => options.Inventory.Fill(_state));
        }

        _life = new MachineLife(_state, options, host, time);
        _machines = new MachinesResource(_state, _life);
        _networks = new NetworksResource(_state, time);
        _dns = new DnsResource(_state, time);
        _images = new ImagesResource(_state);
        _places = new PlacesResource(_state);
        _users = new UsersResource(_state);
        _server = new ServerResource(_state, options);
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

    private readonly Dictionary<string, long> _calls = [];

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
        RegionAnswer answer = null!;
        lock (_gate)
        {
            Count(request);
            try
            {
                _state.Together(() => answer = Dispatch(request));
            }
            catch (RegionFault fault)
            {
                answer = fault.Answer;
            }
        }

        _life.NotifyHost();
        return answer;
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
        _calls[kind] = _calls.GetValueOrDefault(kind) + 1;
    }

    private RegionAnswer Dispatch(RegionRequest request)
    {
        var segments = request.Path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (segments.Length == 0 || !request.Path.EndsWith('/'))
        {
            throw Unknown(request);
        }

        return segments[0] switch
            {
                "machines" or "nodes" => _machines.Handle(request, segments),
                "zones" or "resourcepools" or "resourcepool" or "tags" => _places.Handle(request, segments),
                "fabrics" or "vlans" or "spaces" or "subnets" or "ipranges" or "ipaddresses" => _networks.Handle(
                    request,
                    segments
                ),
                "domains" or "dnsresources" or "dnsresourcerecords" => _dns.Handle(request, segments),
                "boot-resources" => _images.Handle(request, segments),
                "users" or "account" => _users.Handle(request, segments),
                "version"
                or "maas"
                or "events"
                or "notifications"
                or "rackcontrollers"
                or "regioncontrollers"
                or "devices"
                or "vm-hosts"
                or "pods" => _server.Handle(request, segments),
                _ => null,
            } ?? throw Unknown(request);
    }

    private static RegionFault Unknown(RegionRequest request) =>
        RegionFault.Text(404, $"Unknown API endpoint: /MAAS/api/2.0/{request.Path}.");
}
