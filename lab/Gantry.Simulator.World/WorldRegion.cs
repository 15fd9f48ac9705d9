using System.Buffers.Binary;
using System.Net;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;
using Gantry.Lab.Maas;
using Gantry.Lab.Maas.Machines;
using Gantry.Simulator.Time;

namespace Gantry.Simulator.World;

/// <summary>A MAAS user of the region.</summary>
public sealed record MaasUser(string Name, bool IsAdmin);

/// <summary>
/// A MAAS region reduced to its rules: no HTTP, no JSON, no store. State transitions and durations equal those of the lab's
/// region, and a test runs both side by side.
/// </summary>
public sealed class WorldRegion(VirtualTime time, int seed, string account)
{
    public const string Subnet = "10.0.0.0/16";
    public const string SubnetName = "machines";

    /// <summary>The router of the region's one subnet.</summary>
    public const string Gateway = "10.0.0.1";

    private const int Commissioning = 1;

    private const string DeadBmc =
        "MAAS: Could not contact node's BMC: Connection timed out while performing power action. "
        + "Check BMC configuration and connectivity and try again.";

    private readonly Dictionary<SystemId, WorldMachine> _machines = [];
    private readonly Dictionary<string, string> _reserved = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<string>> _dns = new(StringComparer.Ordinal);
    private readonly Dictionary<MaasUser, IReadOnlyList<RegionMachine>> _lists = [];

    /// <summary>The model of the systems on the machines.</summary>
    public IMachineModel? MachineModel { get; set; }

    public List<WorldMachine> Machines { get; } = [];

    /// <summary>The architecture that every image is for.</summary>
    public const string ImageArchitecture = "amd64";

    public List<string> Images { get; } = ["ubuntu/noble", "ubuntu/jammy"];

    /// <summary>MAAS's ranges of addresses, <c>dynamic</c> or <c>reserved</c>.</summary>
    public List<(string Type, string First, string Last)> Ranges { get; } = [];

    /// <summary>The domains that MAAS has; empty for any.</summary>
    public List<string> Domains { get; } = [];

    /// <summary>Whether MAAS takes DNS records from administrators alone, as a real one does.</summary>
    public bool DnsNeedsAdministrator { get; set; }

    /// <summary>Images that are being uploaded, and how much of each MAAS has, in per cent.</summary>
    public Dictionary<string, decimal> Uploads { get; } = [];

    public IReadOnlyDictionary<string, string> Reserved => _reserved;

    public IReadOnlyDictionary<string, IReadOnlyList<string>> Dns => _dns;

    public string Account => account;

    public void Add(WorldMachine machine)
    {
        Machines.Add(machine);
        _machines[machine.Id] = machine;
        _lists.Clear();
    }

    public WorldMachine? Find(SystemId machine) => _machines.GetValueOrDefault(machine);

    /// <summary>Users whose keys the account has had.</summary>
    public HashSet<string> Accounts { get; } = [account];

    public bool IsOurs(WorldMachine machine) => machine.Owner is { } owner && Accounts.Contains(owner);

    /// <summary>Marks a machine as changed; without it, the next list shows the old state.</summary>
    public void Changed(WorldMachine machine)
    {
        machine.Touch();
        _lists.Clear();
    }

    public IReadOnlyList<RegionMachine> List(MaasUser user) =>
        _lists.TryGetValue(user, out var list)
            ? list
            : _lists[user] = [.. Machines.Where(machine => MaySee(user, machine)).Select(machine => machine.Show(user.Name))];

    public Observation<RegionMachine> Find(MaasUser user, SystemId id) =>
        Find(id) switch
        {
            null => new Observation<RegionMachine>.Absent(),
            { } hidden when !MaySee(user, hidden) => new Observation<RegionMachine>.Unknown(Hidden),
            { } machine => new Observation<RegionMachine>.Present(machine.Show(user.Name)),
        };

    public IReadOnlyList<RegionMachine> FindByIntent(MaasUser user, string intent) =>
        [
            .. Machines
                .Where(machine => machine.Agent == intent && machine.Owner is not null && MaySee(user, machine))
                .Select(machine => machine.Show(user.Name)),
        ];

    public WorldMachine Allocate(MaasUser user, SystemId id, string intent, string comment = "")
    {
        var machine = Find(id);
        if (machine is not { Status: MaasStatus.Ready, Locked: false })
        {
            throw new RegionException(RegionFailure.Conflict, $"No machine with system ID {id} available.");
        }

        machine.Status = MaasStatus.Allocated;
        machine.Owner = user.Name;
        machine.Agent = intent;
        machine.AllocationComment = comment;
        Changed(machine);
        return machine;
    }

    public WorldMachine Deploy(MaasUser user, SystemId id, string image, string userData)
    {
        var machine = Get(id);
        RequireEdit(user, machine);
        if (machine.Status is not (MaasStatus.Ready or MaasStatus.Allocated))
        {
            throw Wrong($"Can't deploy a machine that is in the '{StatusText.Of(machine.Status)}' state");
        }

        if (!Images.Contains(image))
        {
            throw new RegionException(RegionFailure.ImageMissing, $"'{image}' is not a valid distro_series.");
        }

        if (machine.Architecture != ImageArchitecture || machine.RefusesImages)
        {
            throw new RegionException(
                RegionFailure.ImageUnfit,
                $"Deployment operating system {image} is unavailable for {machine.Architecture}/generic."
            );
        }

        RequireConfigured(machine);
        if (machine.Status is MaasStatus.Ready)
        {
            machine.Owner = user.Name;
            machine.Agent = "";
            machine.AllocationComment = "";
        }

        machine.UserData = userData;
        machine.Image = image;
        BeginDeployment(machine);
        return machine;
    }

    public WorldMachine Release(MaasUser user, SystemId id, ErasePolicy erase)
    {
        var machine = Get(id);
        RequireEdit(user, machine);
        switch (machine.Status)
        {
            case MaasStatus.Ready or MaasStatus.Releasing:
                return machine;
            case var releasable when IsReleasable(releasable):
                if (erase is ErasePolicy.None && !IsOff(machine) && machine.PowerAnswer is "error")
                {
                    // MAAS takes what names the holder before it finds out that nobody can cut the power.
                    machine.Agent = "";
                    Changed(machine);
                    throw new RegionException(RegionFailure.MachineFailed, DeadBmc);
                }

                BeginRelease(machine, erase);
                return machine;
            default:
                throw Wrong($"Machine cannot be released in its current state ('{StatusText.Of(machine.Status)}').");
        }
    }

    private static bool IsReleasable(int status) =>
        status
            is MaasStatus.Allocated
                or MaasStatus.Broken
                or MaasStatus.Deploying
                or MaasStatus.Deployed
                or MaasStatus.FailedDeployment
                or MaasStatus.FailedDiskErasing
                or MaasStatus.FailedReleasing;

    public void Annotate(MaasUser user, SystemId id, IReadOnlyDictionary<string, string> annotations)
    {
        var machine = Get(id);
        if (machine.Owner is null)
        {
            throw Wrong("Cannot set workload annotation: it hasn't been acquired.");
        }

        if (machine.Owner != user.Name || machine.Locked)
        {
            throw Forbidden();
        }

        foreach (var (key, value) in annotations)
        {
            if (value.Length is 0)
            {
                machine.Annotations.Remove(key);
            }
            else
            {
                machine.Annotations[key] = value;
            }
        }

        Changed(machine);
    }

    public string QueryPower(SystemId id)
    {
        var machine = Get(id);
        return machine.IsSwitchedByHand ? "unknown" : machine.PowerAnswer ?? machine.Power;
    }

    public void PowerOn(MaasUser user, SystemId id)
    {
        var machine = Get(id);
        RequireEdit(user, machine);
        if (machine.Owner is null)
        {
            throw Wrong("Can't start node: it hasn't been allocated.");
        }

        // MAAS treats this as a request to deploy.
        if (machine.Status is MaasStatus.Allocated)
        {
            RequireConfigured(machine);
            machine.UserData = null;
            BeginDeployment(machine);
            return;
        }

        if (machine.IsSwitchedByHand)
        {
            return;
        }

        RequireBmc(machine);
        machine.Power = machine.Dead ? "off" : "on";
        Changed(machine);
        MachineModel?.PowerOn(machine);
    }

    public void PowerOff(MaasUser user, SystemId id)
    {
        var machine = Get(id);
        RequireEdit(user, machine);
        if (machine.IsSwitchedByHand)
        {
            return;
        }

        RequireBmc(machine);
        machine.Power = "off";
        Changed(machine);
        MachineModel?.PowerOff(machine);
    }

    public void Commission(MaasUser user, SystemId id)
    {
        var machine = Get(id);
        if (!user.IsAdmin)
        {
            throw Forbidden();
        }

        if (machine.Status is not (MaasStatus.New or MaasStatus.Ready or MaasStatus.Broken))
        {
            throw new RegionException(
                RegionFailure.Invalid,
                "Commission is not available because of the current state of the node."
            );
        }

        machine.Status = Commissioning;
        machine.Power = "on";
        machine.Owner = user.Name;
        machine.HasAddress = false;
        machine.IsConfigured = false;
        Schedule(
            machine,
            TimeSpan.FromSeconds(400),
            () =>
            {
                machine.Status = MaasStatus.Ready;
                machine.IsConfigured = true;
                machine.Owner = null;
                machine.Power = "off";
            }
        );
    }

    public void Abort(MaasUser user, SystemId id)
    {
        var machine = Get(id);
        RequireEdit(user, machine);
        if (machine.Status is not (MaasStatus.Deploying or MaasStatus.DiskErasing or Commissioning))
        {
            throw Wrong($"Cannot abort in current state: node {id} is in state {StatusText.Of(machine.Status)}.");
        }

        MachineModel?.PowerOff(machine);
        if (machine.Status is Commissioning)
        {
            machine.Owner = null;
        }

        // What the deployment gave the machine stays its own until it is released.
        machine.Status = machine.Status switch
        {
            MaasStatus.Deploying => MaasStatus.Allocated,
            Commissioning => MaasStatus.New,
            _ => MaasStatus.FailedDiskErasing,
        };
        machine.Power = "off";
        CallOff(machine);
    }

    public void Lock(MaasUser user, SystemId id, bool locked)
    {
        var machine = Get(id);
        if (!MayEdit(user, machine))
        {
            throw Forbidden();
        }

        if (machine.Locked == locked || (locked && machine.Status is not (MaasStatus.Deployed or MaasStatus.Deploying)))
        {
            throw Wrong(locked ? "Machine can't be locked" : "Machine is not locked");
        }

        machine.Locked = locked;
        Changed(machine);
    }

    public void MarkBroken(MaasUser user, SystemId id, string comment = "")
    {
        var machine = Get(id);
        if (machine.Owner != user.Name || machine.Locked)
        {
            throw Forbidden();
        }

        if (IsReleasable(machine.Status))
        {
            ReleaseBroken(machine);
        }

        machine.Status = MaasStatus.Broken;
        machine.ErrorDescription = comment;
        CallOff(machine);
    }

    /// <summary>MAAS releases a machine that it marks broken, and does not wait for its power.</summary>
    private void ReleaseBroken(WorldMachine machine)
    {
        if (machine.Status is not MaasStatus.Broken)
        {
            machine.Agent = "";
            machine.Locked = false;
            if (machine.Power is "off" && machine.Status is not MaasStatus.Deploying)
            {
                machine.Owner = null;
                machine.Annotations.Clear();
                machine.HasAddress = false;
            }

            machine.UserData = null;
            if (machine.PowerAnswer is not "error")
            {
                MachineModel?.PowerOff(machine);
                MachineModel?.Wipe(machine);
            }
        }

        if (machine.PowerAnswer is not "error")
        {
            machine.Power = "off";
        }

        machine.Message = "Releasing";
    }

    public void MarkFixed(MaasUser user, SystemId id)
    {
        var machine = Get(id);
        if (!user.IsAdmin)
        {
            throw Forbidden();
        }

        if (machine.Status is not MaasStatus.Broken)
        {
            throw Wrong("Can't mark a non-broken node as 'Ready'.");
        }

        machine.Status = MaasStatus.Ready;
        machine.ErrorDescription = "";
        machine.Owner = null;
        machine.Annotations.Clear();
        machine.HasAddress = false;
        Changed(machine);
    }

    /// <summary>Restores MAAS to a backup in which the machine was free. The installed system runs on.</summary>
    public void Forget(SystemId id)
    {
        var machine = Get(id);
        machine.Status = MaasStatus.Ready;
        machine.Owner = null;
        machine.Agent = "";
        machine.Annotations.Clear();
        machine.Locked = false;
        machine.HasAddress = false;
        CallOff(machine);
    }

    /// <summary>Deletes a MAAS user and transfers what the user holds to another one.</summary>
    public void Transfer(string from, string to)
    {
        foreach (var machine in Machines.Where(machine => machine.Owner == from))
        {
            machine.Owner = to;
            Changed(machine);
        }

        foreach (var address in _reserved.Where(reserved => reserved.Value == from).Select(reserved => reserved.Key).ToList())
        {
            _reserved[address] = to;
        }
    }

    /// <summary>Deletes the machine from MAAS. The installed system runs on.</summary>
    public void Delete(SystemId id)
    {
        var machine = Get(id);
        CallOff(machine);
        Machines.Remove(machine);
        _machines.Remove(id);
    }

    /// <summary>The highest free address; machines use the low ones.</summary>
    public string FindFreeAddress(string subnet, IReadOnlySet<string> except)
    {
        if (subnet is not (Subnet or SubnetName))
        {
            throw new RegionException(RegionFailure.NotFound, $"MAAS has no subnet {subnet}.");
        }

        for (var high = 255; high >= 200; high--)
        {
            for (var low = 254; low > 0; low--)
            {
                var address = $"10.0.{high}.{low}";
                if (!_reserved.ContainsKey(address) && !except.Contains(address))
                {
                    return address;
                }
            }
        }

        throw new RegionException(RegionFailure.Exhausted, $"The subnet {subnet} has no free address.");
    }

    public EndpointSite DescribeEndpoint(MaasUser user, EndpointChoice choice)
    {
        var subnet = new SiteSubnet(Cidr.Parse(Subnet), SubnetName);
        return choice switch
        {
            EndpointChoice.VirtualIp { Address: { } address } => subnet.Network.Contains(address)
                ? new EndpointSite
                {
                    Subnet = new Observation<SiteSubnet>.Present(subnet),
                    Purposes = [.. PurposesOf(address.Value)],
                }
                : new EndpointSite { Subnet = new Observation<SiteSubnet>.Absent() },
            EndpointChoice.VirtualIp { Subnet: Subnet or SubnetName } => new EndpointSite
            {
                Subnet = new Observation<SiteSubnet>.Present(subnet),
            },
            EndpointChoice.VirtualIp { Subnet: not null } => new EndpointSite { Subnet = new Observation<SiteSubnet>.Absent() },
            EndpointChoice.MaasDns dns => new EndpointSite
            {
                Domain =
                    Domains.Count is 0 || Domains.Contains(dns.Domain.Value)
                        ? new Observation<DnsName>.Present(dns.Domain)
                        : new Observation<DnsName>.Absent(),
                Domains = [.. Domains],
                MayRecordDns = !DnsNeedsAdministrator || user.IsAdmin,
            },
            _ => EndpointSite.Unknown,
        };
    }

    private IEnumerable<string> PurposesOf(string address)
    {
        if (address is Gateway)
        {
            yield return "gateway-ip";
        }

        if (
            _reserved.ContainsKey(address)
            || Machines.Exists(machine => machine is { HasAddress: true } && machine.Address == address)
        )
        {
            yield return "assigned-ip";
        }

        foreach (var (type, first, last) in Ranges)
        {
            if (NumberOf(first) <= NumberOf(address) && NumberOf(address) <= NumberOf(last))
            {
                yield return type;
            }
        }
    }

    private static uint NumberOf(string address) =>
        BinaryPrimitives.ReadUInt32BigEndian(IPAddress.Parse(address).GetAddressBytes());

    public bool IsReserved(MaasUser user, string address) => _reserved.TryGetValue(address, out var owner) && owner == user.Name;

    public void Reserve(MaasUser user, string address)
    {
        if (!_reserved.TryAdd(address, user.Name))
        {
            throw Wrong($"The IP address {address} is already in use.");
        }
    }

    public bool ReleaseAddress(string address) => _reserved.Remove(address);

    public IReadOnlyList<string>? FindDns(string name) => _dns.GetValueOrDefault(name);

    public void RecordDns(MaasUser user, string name, IReadOnlyList<string> addresses)
    {
        if (DnsNeedsAdministrator && !user.IsAdmin)
        {
            throw new RegionException(RegionFailure.Forbidden, "MAAS lets administrators alone do that.");
        }

        if (Domains.Count > 0 && !Domains.Exists(domain => name.EndsWith($".{domain}", StringComparison.Ordinal)))
        {
            throw new RegionException(RegionFailure.NotFound, $"MAAS has no domain for {name}.");
        }

        RecordDns(name, addresses);
    }

    /// <summary>As somebody who may.</summary>
    public void RecordDns(string name, IReadOnlyList<string> addresses)
    {
        _dns[name] = addresses;
        MachineModel?.Resolve(name);
    }

    public bool RemoveDns(string name) => _dns.Remove(name);

    private static void RequireConfigured(WorldMachine machine)
    {
        if (!machine.IsConfigured)
        {
            throw new RegionException(RegionFailure.Invalid, "Node must be configured to use a network");
        }
    }

    private void BeginDeployment(WorldMachine machine)
    {
        machine.Status = MaasStatus.Deploying;
        machine.HasAddress = true;
        machine.Deployments++;
        machine.Message = "Deploying";
        Schedule(machine, StageDuration(machine, 0), () => EnterStage(machine, 1));
    }

    private void EnterStage(WorldMachine machine, int stage)
    {
        if (stage == DeploymentStage.Installing + 1 && machine.FailsToDeploy)
        {
            FailDeployment(machine, "Installation failed (refer to the installation log for more information).");
            return;
        }

        if (stage == DeploymentStage.All.Count)
        {
            EndDeployment(machine);
            return;
        }

        machine.Power = "on";
        machine.Message = DeploymentStage.All[1].Event;
        if (stage == DeploymentStage.Installing && machine.HangsOnDeploy)
        {
            Schedule(
                machine,
                TimeSpan.FromSeconds(3600),
                () => FailDeployment(machine, "Node operation 'Deploying' timed out after 60 minutes.")
            );
            return;
        }

        Schedule(machine, StageDuration(machine, stage), () => EnterStage(machine, stage + 1));
    }

    private void EndDeployment(WorldMachine machine)
    {
        machine.Status = MaasStatus.Deployed;
        machine.Message = "Deployed";
        machine.Power = "on";
        Changed(machine);
        MachineModel?.Boot(machine);
    }

    private static void FailDeployment(WorldMachine machine, string why)
    {
        machine.Status = MaasStatus.FailedDeployment;
        machine.ErrorDescription = why;
        machine.Message = $"Marking node failed - {why}";
        machine.Power = "on";
    }

    private static void RequireBmc(WorldMachine machine)
    {
        if (machine.PowerAnswer is "error")
        {
            throw new RegionException(RegionFailure.MachineFailed, DeadBmc);
        }
    }

    private void BeginRelease(WorldMachine machine, ErasePolicy erase)
    {
        machine.Erase = erase;
        var off = IsOff(machine);
        machine.Agent = "";
        machine.Locked = false;
        CallOff(machine);
        if (erase is not ErasePolicy.None)
        {
            machine.Status = MaasStatus.DiskErasing;
            machine.Power = "on";
            machine.Message = "Erasing disks";
            Schedule(
                machine,
                TimeSpan.FromSeconds(erase is ErasePolicy.Full ? 3600 : 300),
                () =>
                {
                    machine.Status = MaasStatus.Releasing;
                    machine.Message = "Disks erased";
                    Schedule(machine, Between(machine, 5, 40, 102), () => EndRelease(machine));
                }
            );
            return;
        }

        machine.Status = MaasStatus.Releasing;
        machine.Message = "Releasing";
        if (off)
        {
            EndRelease(machine);
            Changed(machine);
            return;
        }

        Schedule(machine, Between(machine, 5, 40, 101), () => EndRelease(machine));
    }

    /// <summary>Whether MAAS waits for no power-off.</summary>
    private static bool IsOff(WorldMachine machine) =>
        machine is { Power: "off", PowerAnswer: not "error", Status: not MaasStatus.Deploying };

    private void EndRelease(WorldMachine machine)
    {
        // A BMC that does not answer cannot be told to power the machine off.
        if (machine.FailingReleases > 0 || machine.PowerAnswer is "error")
        {
            machine.FailingReleases = Math.Max(0, machine.FailingReleases - 1);
            machine.Status = MaasStatus.FailedReleasing;
            machine.Message = "Failed to power off";
            return;
        }

        MachineModel?.Wipe(machine);
        machine.UserData = null;
        machine.Owner = null;
        machine.Annotations.Clear();
        machine.Status = MaasStatus.Ready;
        machine.Message = "Released";
        machine.Power = "off";
        machine.HasAddress = false;
        machine.Locked = false;
    }

    private void CallOff(WorldMachine machine)
    {
        machine.Due?.CallOff();
        machine.Due = null;
        Changed(machine);
    }

    private void Schedule(WorldMachine machine, TimeSpan wait, Action act)
    {
        machine.Due?.CallOff();
        Changed(machine);
        machine.Due = time.In(
            wait,
            () =>
            {
                machine.Due = null;
                act();
                Changed(machine);
            }
        );
    }

    private TimeSpan StageDuration(WorldMachine machine, int stage) =>
        Between(machine, DeploymentStage.All[stage].From, DeploymentStage.All[stage].To, stage);

    // Same draw as the lab's region, so that both take the same time for the same operation.
    private TimeSpan Between(WorldMachine machine, int from, int to, int occasion) =>
        TimeSpan.FromSeconds(from + ((to - from) * Chances.Of(seed, machine.Id.Value, machine.Deployments, occasion)));

    private WorldMachine Get(SystemId id) =>
        Find(id) ?? throw new RegionException(RegionFailure.NotFound, "No Machine matches the given query.");

    private static bool MaySee(MaasUser user, WorldMachine machine) =>
        user.IsAdmin || machine.Owner is null || machine.Owner == user.Name;

    private static bool MayEdit(MaasUser user, WorldMachine machine) => user.IsAdmin || machine.Owner == user.Name;

    private static void RequireEdit(MaasUser user, WorldMachine machine)
    {
        if (machine.Locked || !(MayEdit(user, machine) || machine.Owner is null))
        {
            throw Forbidden();
        }
    }

    private const string Hidden = "MAAS does not show it to the account's user";

    private static RegionException Forbidden() => new(RegionFailure.Forbidden, "MAAS refuses without words");

    private static RegionException Wrong(string message) => new(RegionFailure.Conflict, message);
}

/// <summary>Receives MAAS's changes to machines.</summary>
public interface IMachineModel
{
    void Boot(WorldMachine machine);

    void PowerOn(WorldMachine machine);

    void PowerOff(WorldMachine machine);

    void Wipe(WorldMachine machine);

    /// <summary>A DNS name resolves to another address.</summary>
    void Resolve(string name);
}
