using System.Collections.Concurrent;
using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;
using Gantry.Gateway.Sync;

namespace Gantry.Gateway.Limits;

/// <summary>
/// A region behind the gateway's own limits. Free machines outside them are hidden; a call that would allocate, install or
/// release one is refused before it reaches MAAS.
/// </summary>
/// <param name="open">The region itself; throws <see cref="RegionException"/> while the account cannot be used.</param>
public sealed class LimitedRegion(
    AccountId account,
    Func<IRegion> open,
    GatewayLimits limits,
    IDesiredStore store,
    LimitNotes notes,
    TimeProvider time
) : IRegion
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private readonly ConcurrentDictionary<SystemId, RegionMachine> _known = new();

    public async Task<MaasIdentity> GetIdentityAsync(CancellationToken cancellationToken) =>
        await open().GetIdentityAsync(cancellationToken);

    public async Task<IReadOnlyList<RegionMachine>> ListMachinesAsync(CancellationToken cancellationToken)
    {
        var all = await ListAllAsync(cancellationToken);
        var hidden = all.Select(HiddenFor).OfType<string>().ToList();
        notes.Hides(account, hidden.Count, hidden.FirstOrDefault());
        return Offered(all);
    }

    public async Task<IReadOnlyList<RegionMachine>> ReadMachinesAsync(
        IReadOnlyCollection<SystemId> machines,
        CancellationToken cancellationToken
    ) => Offered(await open().ReadMachinesAsync(machines, cancellationToken));

    private List<RegionMachine> Offered(IReadOnlyList<RegionMachine> all) =>
        [.. all.Where(machine => HiddenFor(machine) is null)];

    // A machine that a cluster has is shown, so that it can be given back.
    private string? HiddenFor(RegionMachine machine) => machine.Status is MaasStatus.Ready ? limits.Forbids(machine) : null;

    public async Task<Observation<RegionMachine>> FindAsync(SystemId machine, CancellationToken cancellationToken) =>
        await open().FindAsync(machine, cancellationToken);

    public async Task<IReadOnlyList<RegionMachine>> FindByIntentAsync(string intent, CancellationToken cancellationToken) =>
        await open().FindByIntentAsync(intent, cancellationToken);

    public async Task<RegionMachine> AllocateAsync(
        SystemId machine,
        string intent,
        string comment,
        CancellationToken cancellationToken
    )
    {
        await PermitAsync(machine, cancellationToken);
        return await open().AllocateAsync(machine, intent, comment, cancellationToken);
    }

    public async Task<MachineMark?> FindAllocationAsync(SystemId machine, CancellationToken cancellationToken) =>
        await open().FindAllocationAsync(machine, cancellationToken);

    public async Task<RegionMachine> DeployAsync(
        SystemId machine,
        string image,
        string userData,
        CancellationToken cancellationToken
    )
    {
        await PermitAsync(machine, cancellationToken);
        return await open().DeployAsync(machine, image, userData, cancellationToken);
    }

    public async Task AnnotateAsync(
        SystemId machine,
        IReadOnlyDictionary<string, string> annotations,
        CancellationToken cancellationToken
    ) => await open().AnnotateAsync(machine, annotations, cancellationToken);

    public async Task<RegionMachine> ReleaseAsync(
        SystemId machine,
        ErasePolicy erase,
        string comment,
        CancellationToken cancellationToken
    )
    {
        await PermitAsync(machine, cancellationToken);
        var now = time.GetUtcNow();
        if (store.BookRelease(machine, now, now - Hour, limits.ReleasesPerHour) is { } others)
        {
            throw Refuse(
                machine,
                $"{others} other machines were released within the last hour, and releasesPerHour in {GatewayLimits.FileName} is "
                    + $"{limits.ReleasesPerHour}; it is tried again, or raise the limit"
            );
        }

        return await open().ReleaseAsync(machine, erase, comment, cancellationToken);
    }

    public async Task<string> QueryPowerAsync(SystemId machine, CancellationToken cancellationToken) =>
        await open().QueryPowerAsync(machine, cancellationToken);

    public async Task PowerOnAsync(SystemId machine, string comment, CancellationToken cancellationToken)
    {
        await PermitAsync(machine, cancellationToken);
        await open().PowerOnAsync(machine, comment, cancellationToken);
    }

    public async Task PowerOffAsync(SystemId machine, string comment, CancellationToken cancellationToken)
    {
        await PermitAsync(machine, cancellationToken);
        await open().PowerOffAsync(machine, comment, cancellationToken);
    }

    public async Task CommissionAsync(SystemId machine, CancellationToken cancellationToken)
    {
        await PermitAsync(machine, cancellationToken);
        await open().CommissionAsync(machine, cancellationToken);
    }

    public async Task<IReadOnlyList<string>> ListEventsAsync(SystemId machine, int limit, CancellationToken cancellationToken) =>
        await open().ListEventsAsync(machine, limit, cancellationToken);

    public async Task<NodeReport?> FindNodeReportAsync(SystemId machine, CancellationToken cancellationToken) =>
        await open().FindNodeReportAsync(machine, cancellationToken);

    public async Task<EndpointSite> DescribeEndpointAsync(EndpointChoice choice, CancellationToken cancellationToken) =>
        await open().DescribeEndpointAsync(choice, cancellationToken);

    public async Task<string> FindFreeAddressAsync(
        string subnet,
        IReadOnlySet<string> except,
        CancellationToken cancellationToken
    ) => await open().FindFreeAddressAsync(subnet, except, cancellationToken);

    public async Task<bool> IsReservedAsync(string address, CancellationToken cancellationToken) =>
        await open().IsReservedAsync(address, cancellationToken);

    public async Task ReserveAsync(string address, CancellationToken cancellationToken) =>
        await open().ReserveAsync(address, cancellationToken);

    public async Task ReleaseAddressAsync(string address, CancellationToken cancellationToken) =>
        await open().ReleaseAddressAsync(address, cancellationToken);

    public async Task<IReadOnlyList<string>?> FindDnsAsync(string name, CancellationToken cancellationToken) =>
        await open().FindDnsAsync(name, cancellationToken);

    public async Task RecordDnsAsync(string name, IReadOnlyList<string> addresses, CancellationToken cancellationToken) =>
        await open().RecordDnsAsync(name, addresses, cancellationToken);

    public async Task RemoveDnsAsync(string name, CancellationToken cancellationToken) =>
        await open().RemoveDnsAsync(name, cancellationToken);

    public async Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> ListDnsAsync(CancellationToken cancellationToken) =>
        await open().ListDnsAsync(cancellationToken);

    public async Task<IReadOnlySet<string>> ListReservedAsync(CancellationToken cancellationToken) =>
        await open().ListReservedAsync(cancellationToken);

    public async Task<IReadOnlyList<RegionImage>> ListImagesAsync(CancellationToken cancellationToken) =>
        await open().ListImagesAsync(cancellationToken);

    private async Task PermitAsync(SystemId machine, CancellationToken cancellationToken)
    {
        if (!_known.TryGetValue(machine, out var seen))
        {
            await ListAllAsync(cancellationToken);
            seen = _known.GetValueOrDefault(machine);
        }

        // A machine that MAAS does not list has no pool and no tags: limits on pools or tags exclude it.
        seen ??= new RegionMachine
        {
            Id = machine,
            Hostname = machine.Value,
            Status = MaasStatus.Ready,
            ResourcePool = "",
            Tags = [],
        };
        if (limits.Forbids(seen) is { } reason)
        {
            throw Refuse(machine, reason);
        }

        notes.Allowed(machine);
    }

    private RegionException Refuse(SystemId machine, string reason)
    {
        notes.Refused(machine, $"The gateway's limits forbid it: {reason}.");
        return new RegionException(RegionFailure.Forbidden, $"the gateway's limits forbid it: {reason}");
    }

    private async Task<IReadOnlyList<RegionMachine>> ListAllAsync(CancellationToken cancellationToken)
    {
        var all = await open().ListMachinesAsync(cancellationToken);
        foreach (var machine in all)
        {
            _known[machine.Id] = machine;
        }

        return all;
    }
}
