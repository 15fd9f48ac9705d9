using Gantry.Maas.Dns;
using Gantry.Maas.Events;
using Gantry.Maas.Http;
using Gantry.Maas.Images;
using Gantry.Maas.Machines;
using Gantry.Maas.Networks;
using Gantry.Maas.ResourcePools;
using Gantry.Maas.Server;
using Gantry.Maas.Tags;
using Gantry.Maas.Users;
using Gantry.Maas.Zones;

namespace Gantry.Maas;

/// <summary>
/// A client of the MAAS API 2.0 (MAAS 3.3 and later) for one API key, with a property for each noun. Safe for concurrent use.
/// Calls fail with a <see cref="MaasException"/>. Reads are repeated while MAAS is busy or unavailable; writes are sent once.
/// </summary>
public sealed class MaasClient : IDisposable
{
    private readonly MaasHttp _http;

    public MaasClient(MaasClientOptions options, TimeProvider time)
        : this(options, time, MaasTransport.Create(options, time)) { }

    /// <param name="transport">Sends the signed requests; tests pass their own.</param>
    public MaasClient(MaasClientOptions options, TimeProvider time, HttpMessageHandler transport)
    {
        _http = new MaasHttp(options, time, transport);
        Machines = new MachinesApi(_http);
        Interfaces = new InterfacesApi(_http);
        BlockDevices = new BlockDevicesApi(_http);
        Zones = new ZonesApi(_http);
        ResourcePools = new ResourcePoolsApi(_http);
        Tags = new TagsApi(_http);
        Domains = new DomainsApi(_http);
        DnsResources = new DnsResourcesApi(_http);
        DnsRecords = new DnsRecordsApi(_http);
        Subnets = new SubnetsApi(_http);
        Fabrics = new FabricsApi(_http);
        Spaces = new SpacesApi(_http);
        IpRanges = new IpRangesApi(_http);
        IpAddresses = new IpAddressesApi(_http);
        BootResources = new BootResourcesApi(_http);
        Events = new EventsApi(_http);
        Users = new UsersApi(_http);
        Account = new AccountApi(_http);
        SshKeys = new SshKeysApi(_http);
        Version = new VersionApi(_http);
        Config = new ConfigApi(_http);
        VmHosts = new VmHostsApi(_http);
    }

    /// <summary>The region's base with a trailing slash: <c>http://maas.example:5240/MAAS/</c>.</summary>
    public Uri Url => _http.Root;

    public MachinesApi Machines { get; }

    public InterfacesApi Interfaces { get; }

    public BlockDevicesApi BlockDevices { get; }

    public ZonesApi Zones { get; }

    public ResourcePoolsApi ResourcePools { get; }

    public TagsApi Tags { get; }

    public DomainsApi Domains { get; }

    public DnsResourcesApi DnsResources { get; }

    public DnsRecordsApi DnsRecords { get; }

    public SubnetsApi Subnets { get; }

    public FabricsApi Fabrics { get; }

    public SpacesApi Spaces { get; }

    public IpRangesApi IpRanges { get; }

    public IpAddressesApi IpAddresses { get; }

    public BootResourcesApi BootResources { get; }

    public EventsApi Events { get; }

    public UsersApi Users { get; }

    public AccountApi Account { get; }

    public SshKeysApi SshKeys { get; }

    public VersionApi Version { get; }

    public ConfigApi Config { get; }

    public VmHostsApi VmHosts { get; }

    public void Dispose() => _http.Dispose();
}
