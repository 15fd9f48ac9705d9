using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Engine.Ports;

/// <summary>
/// A MAAS region, accessed with one account's key. Methods throw <see cref="RegionException"/> when MAAS refuses or does not
/// answer, <see cref="OperationCanceledException"/> when a call is cancelled, and nothing else.
/// </summary>
public interface IRegion
{
    /// <summary>Where and as whom this region is used.</summary>
    Task<MaasIdentity> GetIdentityAsync(CancellationToken cancellationToken);

    /// <summary>Lists every machine that the account may see.</summary>
    Task<IReadOnlyList<RegionMachine>> ListMachinesAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Reads these machines, as far as MAAS shows them to the account: in a region of thousands much sooner than a list of all.
    /// </summary>
    Task<IReadOnlyList<RegionMachine>> ReadMachinesAsync(
        IReadOnlyCollection<SystemId> machines,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// Finds one machine: absent when MAAS answers that it has no such machine, and unknown when MAAS has it and does not show it to
    /// the account's user, because another user has it, or when the answer cannot be read.
    /// </summary>
    Task<Observation<RegionMachine>> FindAsync(SystemId machine, CancellationToken cancellationToken);

    /// <summary>Finds the machines that were allocated with this <c>agent_name</c> and not released since.</summary>
    Task<IReadOnlyList<RegionMachine>> FindByIntentAsync(string intent, CancellationToken cancellationToken);

    /// <summary>Allocates exactly this machine. Fails with <see cref="RegionFailure.Conflict"/> when it is not free.</summary>
    /// <param name="comment">MAAS keeps it in the log of the machine's events.</param>
    Task<RegionMachine> AllocateAsync(SystemId machine, string intent, string comment, CancellationToken cancellationToken);

    /// <summary>
    /// The mark in the comment of the machine's last allocation, as MAAS's log of events tells; <c>null</c> without one. It does not
    /// tell whether that allocation has the machine still.
    /// </summary>
    Task<MachineMark?> FindAllocationAsync(SystemId machine, CancellationToken cancellationToken);

    /// <param name="image">The image's name in MAAS.</param>
    /// <param name="userData">The cloud-init document. Secret.</param>
    Task<RegionMachine> DeployAsync(SystemId machine, string image, string userData, CancellationToken cancellationToken);

    /// <summary>
    /// Sets the machine's workload annotations, which MAAS shows to its users and removes at release. An empty value removes one.
    /// </summary>
    Task AnnotateAsync(SystemId machine, IReadOnlyDictionary<string, string> annotations, CancellationToken cancellationToken);

    /// <summary>
    /// Starts the release of the machine. Safe to repeat. Fails with <see cref="RegionFailure.NotFound"/> when MAAS no longer has
    /// the machine.
    /// </summary>
    Task<RegionMachine> ReleaseAsync(SystemId machine, ErasePolicy erase, string comment, CancellationToken cancellationToken);

    /// <summary>
    /// Asks the machine's BMC, which may take a minute. Returns <c>on</c>, <c>off</c>, <c>unknown</c> or <c>error</c>.
    /// </summary>
    Task<string> QueryPowerAsync(SystemId machine, CancellationToken cancellationToken);

    Task PowerOnAsync(SystemId machine, string comment, CancellationToken cancellationToken);

    /// <summary>Switches the power off without shutting the operating system down.</summary>
    Task PowerOffAsync(SystemId machine, string comment, CancellationToken cancellationToken);

    /// <summary>Commissions a free machine again. Needs an administrator's key.</summary>
    Task CommissionAsync(SystemId machine, CancellationToken cancellationToken);

    /// <summary>Lists the newest events of a machine, newest first, one line each.</summary>
    Task<IReadOnlyList<string>> ListEventsAsync(SystemId machine, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// What MAAS was told of failures of the machine's own script, which runs kubeadm, since it was deployed: the failure after which
    /// nothing runs it again, or the newest one after which it tries again. <c>null</c> when there is none.
    /// </summary>
    Task<NodeReport?> FindNodeReportAsync(SystemId machine, CancellationToken cancellationToken);

    /// <summary>
    /// Finds a free address: the highest in the largest free range of the subnet, far from the addresses that MAAS assigns.
    /// </summary>
    /// <param name="subnet">The CIDR, the name or the id of the subnet.</param>
    /// <param name="except">Addresses that are claimed but not reserved in MAAS yet.</param>
    Task<string> FindFreeAddressAsync(string subnet, IReadOnlySet<string> except, CancellationToken cancellationToken);

    /// <summary>What there is where a cluster asks for its endpoint.</summary>
    Task<EndpointSite> DescribeEndpointAsync(EndpointChoice choice, CancellationToken cancellationToken);

    /// <summary>Whether the account's user has reserved the address.</summary>
    Task<bool> IsReservedAsync(string address, CancellationToken cancellationToken);

    /// <summary>Reserves the address. Fails with <see cref="RegionFailure.Conflict"/> when it is in use.</summary>
    Task ReserveAsync(string address, CancellationToken cancellationToken);

    /// <summary>Releases the address. Safe to repeat.</summary>
    Task ReleaseAddressAsync(string address, CancellationToken cancellationToken);

    /// <summary>Finds the addresses of a DNS name; <c>null</c> when MAAS has no such record.</summary>
    Task<IReadOnlyList<string>?> FindDnsAsync(string name, CancellationToken cancellationToken);

    /// <summary>Creates the record or replaces its addresses.</summary>
    Task RecordDnsAsync(string name, IReadOnlyList<string> addresses, CancellationToken cancellationToken);

    /// <summary>Removes the record. Safe to repeat.</summary>
    Task RemoveDnsAsync(string name, CancellationToken cancellationToken);

    /// <summary>
    /// Lists the DNS records that somebody created, by name, with their addresses. MAAS names no owner of a record. Fails with
    /// <see cref="RegionFailure.Unreadable"/> when the list is not whole.
    /// </summary>
    Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> ListDnsAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Lists the addresses that the account's user has reserved. Fails with <see cref="RegionFailure.Unreadable"/> when the list is not
    /// whole.
    /// </summary>
    Task<IReadOnlySet<string>> ListReservedAsync(CancellationToken cancellationToken);

    /// <summary>Lists the images, one entry per architecture.</summary>
    Task<IReadOnlyList<RegionImage>> ListImagesAsync(CancellationToken cancellationToken);
}

/// <summary>Finds the region of an account.</summary>
public interface IRegionSource
{
    /// <summary>The account's region; <c>null</c> while this gateway does not know the account.</summary>
    IRegion? Find(AccountId account);
}

/// <param name="Name">The name in MAAS, for example <c>ubuntu/noble</c>.</param>
/// <param name="Architecture">The architecture without its subarchitecture, for example <c>amd64</c>.</param>
/// <param name="Progress">How much of it MAAS has, in per cent; <c>null</c> when it can be deployed.</param>
public sealed record RegionImage(string Name, string Architecture, decimal? Progress = null)
{
    /// <summary>Which part of MAAS's answer about the image cannot be read; <c>null</c> when all of it can.</summary>
    public string? Unreadable { get; init; }

    /// <summary>An image of which nothing is known, so that no other one counts as missing.</summary>
    public static RegionImage OfUnreadable(string part) => new("", "") { Unreadable = part };
}

/// <summary>A machine of MAAS, with the fields that placement and the engine use.</summary>
public sealed record RegionMachine
{
    public required SystemId Id { get; init; }

    public required string Hostname { get; init; }

    /// <summary>MAAS's status number: 4 Ready, 6 Deployed, 9 Deploying, 10 Allocated, 11 Failed deployment, …</summary>
    public required int Status { get; init; }

    public string StatusName { get; init; } = "";

    /// <summary>
    /// Which part of MAAS's answer about the machine cannot be read; <c>null</c> when all of it can. Nothing but the id and the host
    /// name is known then.
    /// </summary>
    public string? Unreadable { get; init; }

    /// <summary>MAAS's newest event of the machine, which may tell of an earlier state: see <see cref="MaasWords"/>.</summary>
    public string StatusMessage { get; init; } = "";

    /// <summary>Why a deployment failed, or why somebody marked the machine broken. It may outlast that state.</summary>
    public string ErrorDescription { get; init; } = "";

    /// <summary>
    /// MAAS can neither ask for the machine's power nor switch it, because its power type is <c>manual</c> or none: a person has to.
    /// </summary>
    public bool IsSwitchedByHand { get; init; }

    /// <summary>
    /// MAAS's newest event is a failure that the deployed system has reported, whichever part of cloud-init it is;
    /// <see cref="IRegion.FindNodeReportAsync"/> tells whether it matters.
    /// </summary>
    public bool ReportsFailure { get; init; }

    /// <summary>Whether the account's user owns the machine.</summary>
    public bool IsOurs { get; init; }

    /// <summary>The MAAS user who has the machine; <c>null</c> when it is free.</summary>
    public string? Owner { get; init; }

    /// <summary>The mark of a gateway of ours; <c>null</c> without one.</summary>
    public MachineMark? Mark { get; init; }

    /// <summary>A cluster had the machine, and a person has taken it over from there.</summary>
    public bool IsAbandoned { get; init; }

    public bool Locked { get; init; }

    public string Zone { get; init; } = "default";

    public string ResourcePool { get; init; } = "default";

    public ValueList<string> Tags { get; init; } = [];

    /// <summary>The architecture without its subarchitecture, for example <c>amd64</c>.</summary>
    public string Architecture { get; init; } = "amd64";

    public int CpuCount { get; init; }

    public int MemoryMiB { get; init; }

    /// <summary>The sizes of the physical disks in bytes.</summary>
    public IReadOnlyList<long> Disks { get; init; } = [];

    public string PowerState { get; init; } = "unknown";

    public ValueList<string> Addresses { get; init; } = [];

    /// <summary>The CIDR of the boot interface's subnet.</summary>
    public string? Subnet { get; init; }

    /// <summary>The subnets in which MAAS gives the machine an address.</summary>
    public ValueList<NetworkLink> Networks { get; init; } = [];
}

public enum RegionFailure
{
    /// <summary>MAAS did not answer in time or answered 5xx. It may have carried the call out.</summary>
    Unreachable,
    CredentialsRejected,
    NotFound,

    /// <summary>The machine is not free or in the wrong state, or the name or address is in use.</summary>
    Conflict,

    /// <summary>MAAS failed at this one machine, mostly because its BMC does not answer; other machines are not concerned.</summary>
    MachineFailed,

    /// <summary>MAAS has not answered this one call yet, which goes on; other calls are not concerned.</summary>
    NotAnswered,

    /// <summary>The account's user lacks the permission, or the machine is locked.</summary>
    Forbidden,

    /// <summary>MAAS rejects the request as invalid.</summary>
    Invalid,

    /// <summary>
    /// What was asked for, or an entry of a list that may be it, cannot be read in MAAS's answer; the rest of the region is not
    /// concerned.
    /// </summary>
    Unreadable,

    /// <summary>No address is left.</summary>
    Exhausted,

    /// <summary>MAAS has no such image.</summary>
    ImageMissing,

    /// <summary>MAAS has the image, but not for this machine's architecture.</summary>
    ImageUnfit,

    /// <summary>What the cluster holds was taken as another MAAS user or in another region.</summary>
    OtherIdentity,

    /// <summary>MAAS or the console knows of machines of the cluster that the ledger does not know.</summary>
    LedgerOutdated,

    /// <summary>The console has not told yet whether the cluster has run before.</summary>
    NotConfirmed,
}

/// <param name="failure">The kind of failure, on which the engine decides.</param>
/// <param name="message">A message for people. It never contains a key or a document.</param>
public sealed class RegionException(RegionFailure failure, string message, Exception? inner = null) : Exception(message, inner)
{
    public RegionFailure Failure { get; } = failure;
}
