using System.Runtime.CompilerServices;
using System.Text;
using Gantry.Maas.Events;
using Gantry.Maas.Images;
using Gantry.Maas.Machines;
using Gantry.Maas.Tags;

namespace Gantry.Maas.Tests;

/// <summary>A call of the client and the request that it sends.</summary>
/// <param name="Name">Noun and method: <c>Machines.DeployAsync</c>.</param>
/// <param name="Request">Method, and path and query below <c>api/2.0/</c>.</param>
/// <param name="Form">Fields in order, not escaped: <c>name=value&amp;name=value</c>.</param>
/// <param name="Answer">What MAAS answers.</param>
internal sealed record Call(
    string Name,
    Func<MaasClient, CancellationToken, Task> Send,
    string Request,
    string Form,
    string Answer
);

/// <summary>Every call of the client. A recorded call uses the values of its recording.</summary>
internal static class Calls
{
    private static readonly string Machine = MachineText.Of("yqhefw", "m03");
    private const string Interface = """{"id":3,"enabled":true,"tags":[],"links":[]}""";
    private const string Disk = """{"id":2,"size":1}""";
    private const string Name = """{"id":1,"fqdn":"a.maas","ip_addresses":[]}""";
    private const string Subnet = """{"id":1,"name":"machines","cidr":"10.20.0.0/24","space":"undefined"}""";
    private const string Address = """{"ip":"10.20.0.50","alloc_type":4}""";
    private const string Numbered = """{"id":1}""";
    private const string Range = """{"id":1,"type":"reserved","start_ip":"10.20.0.50","end_ip":"10.20.0.60"}""";
    private const string Image = """{"id":1,"type":"Uploaded","name":"custom/image","architecture":"amd64/generic"}""";
    private const string Key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl lab@example";

    public static IReadOnlyList<Call> All { get; } =
    [
        Get("machines/", "[]", (m, c) => m.Machines.ListAsync(c)),
        Get("machines/?hostname=m03", "[]", (m, c) => m.Machines.ListAsync(new MachineFilter { Hostnames = ["m03"] }, c)),
        Get(
            "machines/?tags=gpu&tags=fast-disk",
            "[]",
            (m, c) => m.Machines.ListAsync(new MachineFilter { Tags = ["gpu", "fast-disk"] }, c)
        ),
        Get(
            "machines/?status=ready",
            "[]",
            (m, c) => m.Machines.ListAsync(new MachineFilter { Statuses = [MachineStatus.Ready] }, c)
        ),
        Get(
            "machines/?id=a&mac_address=52%3A54%3A00%3Aaa%3A00%3A03&domain=d&zone=z&not_in_zone=y&pool=p"
                + "&not_in_pool=q&agent_name=g&owner=o&power_state=on&arch=amd64&not_tags=n&cpu_count=2&mem=16000",
            "[]",
            (m, c) =>
                m.Machines.ListAsync(
                    new MachineFilter
                    {
                        SystemIds = ["a"],
                        MacAddresses = ["52:54:00:aa:00:03"],
                        Domains = ["d"],
                        Zones = ["z"],
                        NotInZones = ["y"],
                        Pools = ["p"],
                        NotInPools = ["q"],
                        AgentNames = ["g"],
                        Owners = ["o"],
                        PowerStates = ["on"],
                        Architecture = "amd64",
                        NotTags = ["n"],
                        MinCpuCount = 2,
                        MinMemory = 16000,
                    },
                    c
                )
        ),
        Get("machines/?op=list_allocated", "[]", (m, c) => m.Machines.ListAllocatedAsync(c)),
        Get("machines/yqhefw/", Machine, (m, c) => m.Machines.GetAsync("yqhefw", c)),
        Post(
            "machines/?op=allocate",
            Machine,
            (m, c) => m.Machines.AllocateAsync(new AllocateRequest { MinMemory = 8000, Zone = "zone-a" }, c),
            "mem=8000&zone=zone-a"
        ),
        Post(
            "machines/yqhefw/?op=deploy",
            Machine,
            (m, c) =>
                m.Machines.DeployAsync(
                    "yqhefw",
                    new DeployRequest
                    {
                        DistroSeries = "noble",
                        UserData = "#cloud-config\npackages: [htop]\n"u8.ToArray(),
                        Comment = "lab deploy",
                    },
                    c
                ),
            "distro_series=noble&user_data=I2Nsb3VkLWNvbmZpZwpwYWNrYWdlczogW2h0b3BdCg==&comment=lab deploy"
        ),
        Post(
            "machines/yqhefw/?op=deploy",
            Machine,
            (m, c) =>
                m.Machines.DeployAsync(
                    "yqhefw",
                    new DeployRequest
                    {
                        HweKernel = "hwe-22.04",
                        AgentName = "g",
                        EphemeralDeploy = true,
                        EnableHwSync = false,
                        EnableKernelCrashDump = true,
                        InstallKvm = false,
                        RegisterVmHost = false,
                        BridgeAll = true,
                    },
                    c
                ),
            "hwe_kernel=hwe-22.04&agent_name=g&ephemeral_deploy=true&enable_hw_sync=false"
                + "&enable_kernel_crash_dump=true&install_kvm=false&register_vmhost=false&bridge_all=true"
        ),
        Post(
            "machines/4887sm/?op=release",
            Machine,
            (m, c) => m.Machines.ReleaseAsync("4887sm", new ReleaseRequest { Comment = "done" }, c),
            "comment=done"
        ),
        Post(
            "machines/4887sm/?op=release",
            Machine,
            (m, c) =>
                m.Machines.ReleaseAsync(
                    "4887sm",
                    new ReleaseRequest
                    {
                        Erase = true,
                        SecureErase = true,
                        QuickErase = true,
                        Force = true,
                        Scripts = ["a", "b"],
                    },
                    c
                ),
            "erase=true&secure_erase=true&quick_erase=true&force=true&scripts=a,b"
        ),
        Post(
            "machines/?op=release",
            "[]",
            (m, c) => m.Machines.ReleaseAsync(["erenca", "eeewtb"], null, c),
            "machines=erenca&machines=eeewtb"
        ),
        Post(
            "machines/77kqwc/?op=abort",
            Machine,
            (m, c) => m.Machines.AbortAsync("77kqwc", "changed my mind", c),
            "comment=changed my mind"
        ),
        Post(
            "machines/6gdq7h/?op=commission",
            Machine,
            (m, c) => m.Machines.CommissionAsync("6gdq7h", new CommissionRequest { TestingScripts = ["none"] }, c),
            "testing_scripts=none"
        ),
        Post(
            "machines/6gdq7h/?op=commission",
            Machine,
            (m, c) =>
                m.Machines.CommissionAsync(
                    "6gdq7h",
                    new CommissionRequest
                    {
                        EnableSsh = true,
                        SkipBmcConfig = true,
                        SkipNetworking = true,
                        SkipStorage = true,
                        CommissioningScripts = ["a", "b"],
                    },
                    c
                ),
            "enable_ssh=true&skip_bmc_config=true&skip_networking=true&skip_storage=true&commissioning_scripts=a,b"
        ),
        Post(
            "machines/6gdq7h/?op=test",
            Machine,
            (m, c) => m.Machines.TestAsync("6gdq7h", ["smartctl-validate", "memtester"], true, c),
            "testing_scripts=smartctl-validate,memtester&enable_ssh=true"
        ),
        Post("machines/6gdq7h/?op=test", Machine, (m, c) => m.Machines.TestAsync("6gdq7h", [], null, c)),
        Post(
            "machines/6gdq7h/?op=override_failed_testing",
            Machine,
            (m, c) => m.Machines.OverrideFailedTestingAsync("6gdq7h", null, c)
        ),
        Post("machines/4887sm/?op=lock", Machine, (m, c) => m.Machines.LockAsync("4887sm", "lab", c), "comment=lab"),
        Post("machines/4887sm/?op=unlock", Machine, (m, c) => m.Machines.UnlockAsync("4887sm", null, c)),
        Post(
            "machines/4887sm/?op=mark_broken",
            Machine,
            (m, c) => m.Machines.MarkBrokenAsync("4887sm", "fan noise", c),
            "comment=fan noise"
        ),
        Post(
            "machines/4887sm/?op=mark_fixed",
            Machine,
            (m, c) => m.Machines.MarkFixedAsync("4887sm", "new fan", c),
            "comment=new fan"
        ),
        Post("machines/4887sm/?op=power_on", Machine, (m, c) => m.Machines.PowerOnAsync("4887sm", null, c)),
        Post(
            "machines/4887sm/?op=power_off",
            Machine,
            (m, c) => m.Machines.PowerOffAsync("4887sm", soft: true, null, c),
            "stop_mode=soft"
        ),
        Post(
            "machines/4887sm/?op=power_off",
            "null",
            (m, c) => m.Machines.PowerOffAsync("4887sm", soft: false, "hangs", c),
            "stop_mode=hard&comment=hangs"
        ),
        Get(
            "machines/yqhefw/?op=query_power_state",
            """{"state":"on"}""",
            (m, c) => m.Machines.QueryPowerStateAsync("yqhefw", c)
        ),
        Get("machines/yqhefw/?op=power_parameters", "{}", (m, c) => m.Machines.GetPowerParametersAsync("yqhefw", c)),
        Post(
            "machines/77kqwc/?op=set_owner_data",
            Machine,
            (m, c) =>
                m.Machines.SetWorkloadAnnotationsAsync(
                    "77kqwc",
                    new Dictionary<string, string> { ["cluster"] = "c1", ["role"] = "worker" },
                    c
                ),
            "cluster=c1&role=worker"
        ),
        Post(
            "machines/yqhefw/?op=set_storage_layout",
            Machine,
            (m, c) => m.Machines.SetStorageLayoutAsync("yqhefw", "lvm", c),
            "storage_layout=lvm"
        ),
        Post("machines/bgpqcc/?op=rescue_mode", Machine, (m, c) => m.Machines.EnterRescueModeAsync("bgpqcc", c)),
        Post("machines/bgpqcc/?op=exit_rescue_mode", Machine, (m, c) => m.Machines.ExitRescueModeAsync("bgpqcc", c)),
        Post(
            "machines/bgpqcc/?op=restore_default_configuration",
            Machine,
            (m, c) => m.Machines.RestoreDefaultConfigurationAsync("bgpqcc", c)
        ),
        Post(
            "machines/bgpqcc/?op=restore_networking_configuration",
            Machine,
            (m, c) => m.Machines.RestoreNetworkingConfigurationAsync("bgpqcc", c)
        ),
        Post(
            "machines/bgpqcc/?op=restore_storage_configuration",
            Machine,
            (m, c) => m.Machines.RestoreStorageConfigurationAsync("bgpqcc", c)
        ),
        Get("machines/yqhefw/?op=get_curtin_config", "storage: {}", (m, c) => m.Machines.GetCurtinConfigAsync("yqhefw", c)),
        Put(
            "machines/eeewtb/",
            Machine,
            (m, c) => m.Machines.UpdateAsync("eeewtb", new MachineUpdate { Description = "hello" }, c),
            "description=hello"
        ),
        Put(
            "machines/eeewtb/",
            Machine,
            (m, c) =>
                m.Machines.UpdateAsync(
                    "eeewtb",
                    new MachineUpdate
                    {
                        Hostname = "h",
                        Domain = "d",
                        Pool = "p",
                        Zone = "z",
                        Architecture = "amd64/generic",
                        MinHweKernel = "ga-22.04",
                        SwapSize = 0,
                    },
                    c
                ),
            "hostname=h&domain=d&pool=p&zone=z&architecture=amd64/generic&min_hwe_kernel=ga-22.04&swap_size=0"
        ),
        Delete("machines/bkpygm/", (m, c) => m.Machines.DeleteAsync("bkpygm", force: false, c)),
        Delete("machines/bkpygm/?force=true", (m, c) => m.Machines.DeleteAsync("bkpygm", force: true, c)),
        Get("nodes/yqhefw/interfaces/", "[]", (m, c) => m.Interfaces.ListAsync("yqhefw", c)),
        Get("nodes/yqhefw/interfaces/3/", Interface, (m, c) => m.Interfaces.GetAsync("yqhefw", 3, c)),
        Post(
            "nodes/yqhefw/interfaces/3/?op=link_subnet",
            Interface,
            (m, c) => m.Interfaces.LinkSubnetAsync("yqhefw", 3, "STATIC", 1, "10.20.0.55", c),
            "mode=STATIC&subnet=1&ip_address=10.20.0.55"
        ),
        Post(
            "nodes/yqhefw/interfaces/3/?op=unlink_subnet",
            Interface,
            (m, c) => m.Interfaces.UnlinkSubnetAsync("yqhefw", 3, 7, c),
            "id=7"
        ),
        Post(
            "nodes/yqhefw/interfaces/?op=create_bridge",
            Interface,
            (m, c) => m.Interfaces.CreateBridgeAsync("yqhefw", "br0", 3, c),
            "name=br0&parent=3"
        ),
        Delete("nodes/yqhefw/interfaces/3/", (m, c) => m.Interfaces.DeleteAsync("yqhefw", 3, c)),
        Get("nodes/yqhefw/blockdevices/", "[]", (m, c) => m.BlockDevices.ListAsync("yqhefw", c)),
        Get("nodes/yqhefw/blockdevices/2/", Disk, (m, c) => m.BlockDevices.GetAsync("yqhefw", 2, c)),
        Post(
            "nodes/yqhefw/blockdevices/2/?op=add_tag",
            Disk,
            (m, c) => m.BlockDevices.AddTagAsync("yqhefw", 2, "ssd", c),
            "tag=ssd"
        ),
        Post(
            "nodes/yqhefw/blockdevices/2/?op=remove_tag",
            Disk,
            (m, c) => m.BlockDevices.RemoveTagAsync("yqhefw", 2, "ssd", c),
            "tag=ssd"
        ),
        Get("zones/", "[]", (m, c) => m.Zones.ListAsync(c)),
        Get("zones/a%20zone/", """{"id":1,"name":"a zone"}""", (m, c) => m.Zones.GetAsync("a zone", c)),
        Post("zones/", """{"id":1,"name":"z1"}""", (m, c) => m.Zones.CreateAsync("z1", "d", c), "name=z1&description=d"),
        Put("zones/z1/", """{"id":1,"name":"z1b"}""", (m, c) => m.Zones.UpdateAsync("z1", "z1b", null, c), "name=z1b"),
        Delete("zones/z1b/", (m, c) => m.Zones.DeleteAsync("z1b", c)),
        Get("resourcepools/", "[]", (m, c) => m.ResourcePools.ListAsync(c)),
        Get("resourcepool/3/", """{"id":3,"name":"p1"}""", (m, c) => m.ResourcePools.GetAsync(3, c)),
        Post(
            "resourcepools/",
            """{"id":3,"name":"p1"}""",
            (m, c) => m.ResourcePools.CreateAsync("p1", "d", c),
            "name=p1&description=d"
        ),
        Put(
            "resourcepool/3/",
            """{"id":3,"name":"p1b"}""",
            (m, c) => m.ResourcePools.UpdateAsync(3, "p1b", "e", c),
            "name=p1b&description=e"
        ),
        Delete("resourcepool/3/", (m, c) => m.ResourcePools.DeleteAsync(3, c)),
        Get("tags/", "[]", (m, c) => m.Tags.ListAsync(c)),
        Get("tags/t1/", """{"name":"t1"}""", (m, c) => m.Tags.GetAsync("t1", c)),
        Post(
            "tags/",
            """{"name":"t4"}""",
            (m, c) => m.Tags.CreateAsync(new Tag("t4", "//node", "c", "console=ttyS0"), c),
            "name=t4&comment=c&definition=//node&kernel_opts=console=ttyS0"
        ),
        Delete("tags/t1b/", (m, c) => m.Tags.DeleteAsync("t1b", c)),
        Get("tags/gpu/?op=machines", "[]", (m, c) => m.Tags.ListMachinesAsync("gpu", c)),
        Post(
            "tags/t1/?op=update_nodes",
            """{"added":2,"removed":1}""",
            (m, c) => m.Tags.UpdateNodesAsync("t1", ["eeewtb", "yqhefw"], ["erenca"], c),
            "add=eeewtb&add=yqhefw&remove=erenca"
        ),
        Get("domains/", "[]", (m, c) => m.Domains.ListAsync(c)),
        Get("domains/1/", """{"id":1,"name":"lab.example"}""", (m, c) => m.Domains.GetAsync(1, c)),
        Post(
            "domains/",
            """{"id":1,"name":"lab.example"}""",
            (m, c) => m.Domains.CreateAsync("lab.example", true, 300, c),
            "name=lab.example&authoritative=true&ttl=300"
        ),
        Post("domains/1/?op=set_default", """{"id":1,"name":"lab.example"}""", (m, c) => m.Domains.SetDefaultAsync(1, c)),
        Delete("domains/1/", (m, c) => m.Domains.DeleteAsync(1, c)),
        Get("dnsresources/", "[]", (m, c) => m.DnsResources.ListAsync(null, c)),
        Get("dnsresources/?fqdn=web.lab.example", "[]", (m, c) => m.DnsResources.ListAsync("web.lab.example", c)),
        Get("dnsresources/1/", Name, (m, c) => m.DnsResources.GetAsync(1, c)),
        Post(
            "dnsresources/",
            Name,
            (m, c) => m.DnsResources.CreateAsync("ttl.lab.example", ["10.20.0.65"], 30, c),
            "fqdn=ttl.lab.example&ip_addresses=10.20.0.65&address_ttl=30"
        ),
        Put(
            "dnsresources/1/",
            Name,
            (m, c) => m.DnsResources.SetAddressesAsync(1, ["10.20.0.60", "10.20.0.67"], c),
            "ip_addresses=10.20.0.60 10.20.0.67"
        ),
        Delete("dnsresources/1/", (m, c) => m.DnsResources.DeleteAsync(1, c)),
        Get("dnsresourcerecords/", "[]", (m, c) => m.DnsRecords.ListAsync(null, c)),
        Post(
            "dnsresourcerecords/",
            """{"id":1,"rrtype":"TXT","rrdata":"hello world"}""",
            (m, c) => m.DnsRecords.CreateAsync("txt.lab.example", "TXT", "hello world", null, c),
            "fqdn=txt.lab.example&rrtype=TXT&rrdata=hello world"
        ),
        Delete("dnsresourcerecords/1/", (m, c) => m.DnsRecords.DeleteAsync(1, c)),
        Get("subnets/", "[]", (m, c) => m.Subnets.ListAsync(c)),
        Get("subnets/1/", Subnet, (m, c) => m.Subnets.GetAsync(1, c)),
        Get("subnets/1/?op=statistics", """{"num_available":1}""", (m, c) => m.Subnets.GetStatisticsAsync(1, c)),
        Get("subnets/1/?op=reserved_ip_ranges", "[]", (m, c) => m.Subnets.ListReservedRangesAsync(1, c)),
        Get("subnets/1/?op=unreserved_ip_ranges", "[]", (m, c) => m.Subnets.ListUnreservedRangesAsync(1, c)),
        Get("subnets/1/?op=ip_addresses", "[]", (m, c) => m.Subnets.ListAddressesAsync(1, c)),
        Get("fabrics/", "[]", (m, c) => m.Fabrics.ListAsync(c)),
        Get("fabrics/1/", Numbered, (m, c) => m.Fabrics.GetAsync(1, c)),
        Get("fabrics/1/vlans/", "[]", (m, c) => m.Fabrics.ListVlansAsync(1, c)),
        Get("fabrics/1/vlans/100/", Numbered, (m, c) => m.Fabrics.GetVlanAsync(1, 100, c)),
        Get("spaces/", "[]", (m, c) => m.Spaces.ListAsync(c)),
        Get("ipranges/", "[]", (m, c) => m.IpRanges.ListAsync(c)),
        Get("ipranges/1/", Range, (m, c) => m.IpRanges.GetAsync(1, c)),
        Post(
            "ipranges/",
            Range,
            (m, c) => m.IpRanges.CreateAsync("reserved", "10.20.0.70", "10.20.0.71", null, c),
            "type=reserved&start_ip=10.20.0.70&end_ip=10.20.0.71"
        ),
        Delete("ipranges/1/", (m, c) => m.IpRanges.DeleteAsync(1, c)),
        Get("ipaddresses/", "[]", (m, c) => m.IpAddresses.ListAsync(c)),
        Get("ipaddresses/?ip=10.20.0.50", "[]", (m, c) => m.IpAddresses.ListAsync("10.20.0.50", all: false, c)),
        Get("ipaddresses/?all=true", "[]", (m, c) => m.IpAddresses.ListAsync(null, all: true, c)),
        Post("ipaddresses/?op=reserve", Address, (m, c) => m.IpAddresses.ReserveAsync("10.20.0.50", null, c), "ip=10.20.0.50"),
        Post(
            "ipaddresses/?op=reserve",
            Address,
            (m, c) => m.IpAddresses.ReserveInAsync("10.20.0.0/24", "reserved1", c),
            "subnet=10.20.0.0/24&hostname=reserved1"
        ),
        Post(
            "ipaddresses/?op=release",
            "",
            (m, c) => m.IpAddresses.ReleaseAsync("10.20.0.51", force: true, c),
            "ip=10.20.0.51&force=true"
        ),
        Get("boot-resources/?type=uploaded", "[]", (m, c) => m.BootResources.ListAsync("uploaded", c)),
        Get("boot-resources/1/", Image, (m, c) => m.BootResources.GetAsync(1, c)),
        Post(
            "boot-resources/",
            Image,
            (m, c) =>
                m.BootResources.UploadAsync(
                    new BootResourceUpload("custom/img", "amd64/generic", "tgz", "abc", 3, "Image", "ubuntu/noble"),
                    new MemoryStream(Encoding.ASCII.GetBytes("abc")),
                    c
                ),
            "name=custom/img&architecture=amd64/generic&filetype=tgz&sha256=abc&size=3&title=Image&base_image=ubuntu/noble"
        ),
        Post(
            "boot-resources/",
            Image,
            (m, c) => m.BootResources.CreateAsync(new BootResourceUpload("custom/img", "amd64/generic", "tgz", "abc", 3), c),
            "name=custom/img&architecture=amd64/generic&filetype=tgz&sha256=abc&size=3"
        ),
        Get("boot-resources/1/", Image, (m, c) => m.BootResources.ResumeAsync(Begun, Stream.Null, sent: null, c)),
        Post("boot-resources/?op=import", "", (m, c) => m.BootResources.ImportAsync(c)),
        Get("boot-resources/?op=is_importing", "true", (m, c) => m.BootResources.IsImportingAsync(c)),
        Delete("boot-resources/1/", (m, c) => m.BootResources.DeleteAsync(1, c)),
        Get(
            "events/?op=query&hostname=m03&limit=3",
            """{"count":0,"events":[]}""",
            (m, c) => m.Events.QueryAsync(new EventQuery { Hostnames = ["m03"], Limit = 3 }, c)
        ),
        Get(
            "events/?op=query&id=a&zone=z&owner=o&level=ERROR&after=1&before=9",
            """{"count":0,"events":[]}""",
            (m, c) =>
                m.Events.QueryAsync(
                    new EventQuery
                    {
                        SystemIds = ["a"],
                        Zones = ["z"],
                        Owner = "o",
                        Level = "ERROR",
                        After = 1,
                        Before = 9,
                    },
                    c
                )
        ),
        Get("users/?op=whoami", """{"username":"admin","is_superuser":true}""", (m, c) => m.Users.WhoAmIAsync(c)),
        Get("users/", "[]", (m, c) => m.Users.ListAsync(c)),
        Get("users/bob/", """{"username":"bob","is_superuser":false}""", (m, c) => m.Users.GetAsync("bob", c)),
        Post(
            "users/",
            """{"username":"bob","is_superuser":false}""",
            (m, c) => m.Users.CreateAsync("bob", "bob@example.com", "bobpw", isSuperuser: false, c),
            "username=bob&email=bob@example.com&password=bobpw&is_superuser=0"
        ),
        Delete("users/bob/", (m, c) => m.Users.DeleteAsync("bob", c)),
        Get("account/?op=list_authorisation_tokens", "[]", (m, c) => m.Account.ListTokensAsync(c)),
        Post(
            "account/?op=create_authorisation_token",
            """{"consumer_key":"a","token_key":"b","token_secret":"c"}""",
            (m, c) => m.Account.CreateTokenAsync("lab token", c),
            "name=lab token"
        ),
        Post("account/?op=delete_authorisation_token", "", (m, c) => m.Account.DeleteTokenAsync("b", c), "token_key=b"),
        Get("account/prefs/sshkeys/", "[]", (m, c) => m.SshKeys.ListAsync(c)),
        Post(
            "account/prefs/sshkeys/",
            """{"id":1,"key":"ssh-ed25519 AAAA"}""",
            (m, c) => m.SshKeys.AddAsync(Key, c),
            $"key={Key}"
        ),
        Delete("account/prefs/sshkeys/1/", (m, c) => m.SshKeys.DeleteAsync(1, c)),
        Get("version/", """{"version":"3.7.3"}""", (m, c) => m.Version.GetAsync(c)),
        Get(
            "maas/?op=get_config&name=default_distro_series",
            "\"noble\"",
            (m, c) => m.Config.GetAsync("default_distro_series", c)
        ),
        Post(
            "maas/?op=set_config",
            "",
            (m, c) => m.Config.SetAsync("default_distro_series", "jammy", c),
            "name=default_distro_series&value=jammy"
        ),
        Get("vm-hosts/", "[]", (m, c) => m.VmHosts.ListAsync(c)),
    ];

    private static Call Get(
        string path,
        string answer,
        Func<MaasClient, CancellationToken, Task> send,
        [CallerArgumentExpression(nameof(send))] string code = ""
    ) => new(NameIn(code), send, $"GET {path}", "", answer);

    private static Call Post(
        string path,
        string answer,
        Func<MaasClient, CancellationToken, Task> send,
        string form = "",
        [CallerArgumentExpression(nameof(send))] string code = ""
    ) => new(NameIn(code), send, $"POST {path}", form, answer);

    private static BootResource Begun =>
        new()
        {
            Id = 1,
            Name = "custom/image",
            Architecture = "amd64/generic",
            Sets = new Dictionary<string, BootResourceSet>
            {
                ["1"] = new(
                    "1",
                    3,
                    Complete: false,
                    new Dictionary<string, BootResourceFile>
                    {
                        ["root"] = new("root", "root-tgz", "abc", 3, Complete: false, "/MAAS/api/2.0/boot-resources/1/upload/1/"),
                    }
                ),
            },
        };

    private static Call Put(
        string path,
        string answer,
        Func<MaasClient, CancellationToken, Task> send,
        string form,
        [CallerArgumentExpression(nameof(send))] string code = ""
    ) => new(NameIn(code), send, $"PUT {path}", form, answer);

    private static Call Delete(
        string path,
        Func<MaasClient, CancellationToken, Task> send,
        [CallerArgumentExpression(nameof(send))] string code = ""
    ) => new(NameIn(code), send, $"DELETE {path}", "", "");

    /// <summary><c>(m, c) => m.Zones.ListAsync(c)</c> is named <c>Zones.ListAsync</c>.</summary>
    private static string NameIn(string code) =>
        string.Concat(code.Split("=>")[1].Split('(')[0].Where(letter => !char.IsWhiteSpace(letter)))["m.".Length..];
}
