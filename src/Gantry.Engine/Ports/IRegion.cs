using Gantry.Clusters.Model;

namespace Gantry.Engine.Ports;

/// <summary>
/// A MAAS region as the engine needs it, with one account's key. Every method throws <see cref="RegionException"/>
/// for what MAAS answered and <see cref="OperationCanceledException"/> for a cancelled call; nothing else.
/// </summary>
public interface IRegion
{
    /// <summary>Every machine the account may see.</summary>
    Task<IReadOnlyList<RegionMachine>> ListMachinesAsync(CancellationToken cancellationToken);

    /// <summary>One machine; <c>null</c> when MAAS says that it has no such machine.</summary>
    Task<RegionMachine?> FindAsync(SystemId machine, CancellationToken cancellationToken);

    /// <summary>The machines that an allocation with this <c>agent_name</c> has taken and nobody has released since.</summary>
    Task<IReadOnlyList<RegionMachine>> FindByIntentAsync(string intent, CancellationToken cancellationToken);

    /// <summary>Takes exactly this machine. <see cref="RegionFailure.Conflict"/> when it is not free.</summary>
    Task<RegionMachine> AllocateAsync(SystemId machine, string intent, CancellationToken cancellationToken);

    /// <param name="image">As MAAS names it.</param>
    /// <param name="userData">The cloud-init document; a secret.</param>
    Task<RegionMachine> DeployAsync(SystemId machine, string image, string userData, CancellationToken cancellationToken);

    /// <summary>Writes who uses the machine where people look in MAAS. Gone after a release.</summary>
    Task AnnotateAsync(SystemId machine, IReadOnlyDictionary<string, string> annotations, CancellationToken cancellationToken);

    /// <summary>Asks for it to become free; safe to repeat. <see cref="RegionFailure.NotFound"/> when MAAS lost it.</summary>
    Task<RegionMachine> ReleaseAsync(SystemId machine, ErasePolicy erase, string comment, CancellationToken cancellationToken);

    /// <summary>Asks the machine's BMC, which may take a minute: <c>on</c>, <c>off</c>, <c>unknown</c> or <c>error</c>.</summary>
    Task<string> QueryPowerAsync(SystemId machine, CancellationToken cancellationToken);

    Task PowerOnAsync(SystemId machine, string comment, CancellationToken cancellationToken);

    /// <summary>Cuts the power.</summary>
    Task PowerOffAsync(SystemId machine, string comment, CancellationToken cancellationToken);

    /// <summary>Has MAAS look at a free machine's hardware again; needs an administrator's key.</summary>
    Task CommissionAsync(SystemId machine, CancellationToken cancellationToken);

    /// <summary>The newest events of a machine, newest first, one line each.</summary>
    Task<IReadOnlyList<string>> ListEventsAsync(SystemId machine, int limit, CancellationToken cancellationToken);

    /// <summary>A free address of the subnet, the highest, so that it is far from what MAAS hands out itself.</summary>
    /// <param name="except">Addresses that are spoken for though MAAS does not know it yet.</param>
    Task<string> FindFreeAddressAsync(string subnet, IReadOnlySet<string> except, CancellationToken cancellationToken);

    /// <summary>Whether this user has reserved the address.</summary>
    Task<bool> IsReservedAsync(string address, CancellationToken cancellationToken);

    /// <summary><see cref="RegionFailure.Conflict"/> when the address is in use.</summary>
    Task ReserveAsync(string address, CancellationToken cancellationToken);

    /// <summary>Safe to repeat.</summary>
    Task ReleaseAddressAsync(string address, CancellationToken cancellationToken);

    /// <summary>The addresses a DNS name points at; <c>null</c> when MAAS has no such record.</summary>
    Task<IReadOnlyList<string>?> FindDnsAsync(string name, CancellationToken cancellationToken);

    /// <summary>Creates the record or replaces its addresses.</summary>
    Task RecordDnsAsync(string name, IReadOnlyList<string> addresses, CancellationToken cancellationToken);

    /// <summary>Safe to repeat.</summary>
    Task RemoveDnsAsync(string name, CancellationToken cancellationToken);

    /// <summary>The images that can be deployed now, once for each architecture.</summary>
    Task<IReadOnlyList<RegionImage>> ListImagesAsync(CancellationToken cancellationToken);
}

/// <summary>Finds the region of an account.</summary>
public interface IRegionSource
{
    /// <summary><c>null</c> while the account is not known here.</summary>
    IRegion? Find(AccountId account);
}

/// <param name="Name">As MAAS names it: <c>ubuntu/noble</c>.</param>
/// <param name="Architecture">Without the sub-architecture: <c>amd64</c>.</param>
public sealed record RegionImage(string Name, string Architecture);

/// <summary>A machine as MAAS lists it, with what placement and the engine look at.</summary>
public sealed record RegionMachine
{
    public required SystemId Id { get; init; }

    public required string Hostname { get; init; }

    /// <summary>MAAS's status number: 4 Ready, 6 Deployed, 9 Deploying, 10 Allocated, 11 Failed deployment, …</summary>
    public required int Status { get; init; }

    public string StatusName { get; init; } = "";

    /// <summary>MAAS's newest event or error text.</summary>
    public string StatusMessage { get; init; } = "";

    /// <summary>Whether the account's user owns it.</summary>
    public bool IsOurs { get; init; }

    public bool Locked { get; init; }

    public string Zone { get; init; } = "default";

    public string ResourcePool { get; init; } = "default";

    public ValueList<string> Tags { get; init; } = [];

    /// <summary>Without the sub-architecture: <c>amd64</c>.</summary>
    public string Architecture { get; init; } = "amd64";

    public int CpuCount { get; init; }

    public int MemoryMiB { get; init; }

    /// <summary>In bytes, physical disks only.</summary>
    public IReadOnlyList<long> Disks { get; init; } = [];

    public string PowerState { get; init; } = "unknown";

    public ValueList<string> Addresses { get; init; } = [];

    /// <summary>CIDR of the subnet its boot interface is linked to.</summary>
    public string? Subnet { get; init; }
}

public enum RegionFailure
{
    /// <summary>MAAS did not answer, answered late or with 5xx: whether it acted is not known.</summary>
    Unreachable,
    CredentialsRejected,
    NotFound,

    /// <summary>Not free, wrong state, name or address in use.</summary>
    Conflict,

    /// <summary>No permission; MAAS says so too of a locked machine.</summary>
    Forbidden,

    /// <summary>MAAS does not understand what we asked.</summary>
    Invalid,

    /// <summary>No address left.</summary>
    Exhausted,

    /// <summary>MAAS has no such image.</summary>
    ImageMissing,

    /// <summary>MAAS has the image, but none of its files is for this machine.</summary>
    ImageUnfit,
}

/// <param name="failure">What the engine decides by.</param>
/// <param name="message">For people; never holds a key or a document.</param>
public sealed class RegionException(RegionFailure failure, string message, Exception? inner = null) : Exception(message, inner)
{
    public RegionFailure Failure { get; } = failure;
}
