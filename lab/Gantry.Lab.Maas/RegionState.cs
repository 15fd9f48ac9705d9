using System.Text.Json;
using Gantry.Lab.Maas.Rows;
using Gantry.Lab.Store;

namespace Gantry.Lab.Maas;

/// <summary>The complete state of the region.</summary>
internal sealed class RegionState
{
    /// <summary>The setting that holds the id of the default domain.</summary>
    public const string DefaultDomainSetting = "lab-default-domain";

    private const string SequenceKind = "region/sequence";
    private readonly ILabStore _store;
    private readonly Dictionary<string, int> _sequences = [];

    public RegionState(ILabStore store)
    {
        _store = store;
        Machines = Strings<MachineRow>("machine", row => row.SystemId);
        UserData = Strings<UserDataRow>("userdata", row => row.SystemId);
        Zones = Strings<ZoneRow>("zone", row => row.Name);
        Pools = Numbers<PoolRow>("pool", row => row.Id);
        Tags = Strings<TagRow>("tag", row => row.Name);
        Fabrics = Numbers<FabricRow>("fabric", row => row.Id);
        Vlans = Numbers<VlanRow>("vlan", row => row.Id);
        Spaces = Numbers<SpaceRow>("space", row => row.Id);
        Subnets = Numbers<SubnetRow>("subnet", row => row.Id);
        Ranges = Numbers<IpRangeRow>("iprange", row => row.Id);
        Addresses = Numbers<AddressRow>("address", row => row.Id);
        Domains = Numbers<DomainRow>("domain", row => row.Id);
        DnsResources = Numbers<DnsResourceRow>("dnsresource", row => row.Id);
        DnsRecords = Numbers<DnsRecordRow>("dnsrecord", row => row.Id);
        Images = Numbers<ImageRow>("image", row => row.Id);
        Events = Numbers<EventRow>("event", row => row.Id);
        Users = Strings<UserRow>("user", row => row.Username);
        Keys = Strings<KeyRow>("key", row => row.TokenKey);
        SshKeys = Numbers<SshKeyRow>("sshkey", row => row.Id);
        Settings = Strings<SettingRow>("setting", row => row.Name);
        History = Numbers<HistoryRow>("history", row => row.Id);
        StaticRoutes = Numbers<StaticRouteRow>("staticroute", row => row.Id);
        Devices = Strings<DeviceRow>("device", row => row.SystemId);
        Files = Strings<FileRow>("file", row => row.Id);
        Scripts = Strings<ScriptRow>("script", row => row.Name);
        BootSources = Numbers<BootSourceRow>("bootsource", row => row.Id);
        BootSelections = Numbers<BootSelectionRow>("bootselection", row => row.Id);
        Notifications = Numbers<NotificationRow>("notification", row => row.Id);
        foreach (var (name, value) in store.All(SequenceKind))
        {
            _sequences[name] = JsonSerializer.Deserialize<int>(value);
        }
    }

    public Table<string, MachineRow> Machines { get; }

    public Table<string, UserDataRow> UserData { get; }

    public Table<string, ZoneRow> Zones { get; }

    public Table<int, PoolRow> Pools { get; }

    public Table<string, TagRow> Tags { get; }

    public Table<int, FabricRow> Fabrics { get; }

    public Table<int, VlanRow> Vlans { get; }

    public Table<int, SpaceRow> Spaces { get; }

    public Table<int, SubnetRow> Subnets { get; }

    public Table<int, IpRangeRow> Ranges { get; }

    public Table<int, AddressRow> Addresses { get; }

    public Table<int, DomainRow> Domains { get; }

    public Table<int, DnsResourceRow> DnsResources { get; }

    public Table<int, DnsRecordRow> DnsRecords { get; }

    public Table<int, ImageRow> Images { get; }

    public Table<int, EventRow> Events { get; }

    public Table<string, UserRow> Users { get; }

    public Table<string, KeyRow> Keys { get; }

    public Table<int, SshKeyRow> SshKeys { get; }

    public Table<string, SettingRow> Settings { get; }

    public Table<int, HistoryRow> History { get; }

    public Table<int, StaticRouteRow> StaticRoutes { get; }

    public Table<string, DeviceRow> Devices { get; }

    public Table<string, FileRow> Files { get; }

    public Table<string, ScriptRow> Scripts { get; }

    public Table<int, BootSourceRow> BootSources { get; }

    public Table<int, BootSelectionRow> BootSelections { get; }

    public Table<int, NotificationRow> Notifications { get; }

    public bool IsEmpty => Users.Count == 0;

    /// <summary>The domain of machines and names that name none.</summary>
    public DomainRow DefaultDomain =>
        Settings.Find(DefaultDomainSetting) is { } setting ? Domains.Find(int.Parse(setting.Value))! : Domains.Find(0)!;

    public ZoneRow DefaultZone => Zones.All.First(zone => zone.Id == 1);

    /// <summary>Machines in MAAS's list order.</summary>
    public IEnumerable<MachineRow> MachinesById => Machines.All.OrderBy(machine => machine.Id);

    /// <summary>The next id of a kind, from 1 unless seeded. Ids are not reused.</summary>
    public int Next(string sequence)
    {
        var next = _sequences.GetValueOrDefault(sequence) + 1;
        SetSequence(sequence, next);
        return next;
    }

    /// <summary>Raises a sequence over ids that are in use.</summary>
    public void AtLeast(string sequence, IEnumerable<int> used)
    {
        var highest = used.DefaultIfEmpty(0).Max();
        if (highest > _sequences.GetValueOrDefault(sequence))
        {
            SetSequence(sequence, highest);
        }
    }

    public void SetSequence(string sequence, int last)
    {
        _sequences[sequence] = last;
        _store.Put(SequenceKind, sequence, JsonSerializer.SerializeToUtf8Bytes(last));
    }

    public void Together(Action writes) => _store.Together(writes);

    private Table<string, TRow> Strings<TRow>(string kind, Func<TRow, string> key) =>
        new(_store, "region/" + kind, key, name => name, StringComparer.Ordinal);

    private Table<int, TRow> Numbers<TRow>(string kind, Func<TRow, int> key) =>
        new(_store, "region/" + kind, key, id => id.ToString("D9"));
}

/// <param name="Text">The text of the deploy call, undecoded.</param>
public sealed record UserDataRow(string SystemId, string Text)
{
    public override string ToString() => $"user-data of {SystemId}";
}
