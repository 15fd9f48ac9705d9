using System.Runtime.CompilerServices;
using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;
using Gantry.Simulator.World;

namespace Gantry.Simulator.Ports;

/// <summary>The region as one gateway process reaches it.</summary>
public sealed class RegionPort(ITransport transport, WorldRegion region, MaasUser user, Chance chance) : IRegion
{
    private long _asked;

    // A client knows its user from before its first list of machines, so it costs no call.
    public Task<MaasIdentity> GetIdentityAsync(CancellationToken cancellationToken) =>
        Task.FromResult(new MaasIdentity("http://maas.example/MAAS/", user.Name));

    public Task<IReadOnlyList<RegionMachine>> ListMachinesAsync(CancellationToken cancellationToken) =>
        Look(0.1, 0.4, () => region.List(user), transport.Knowledge.Listed);

    public Task<IReadOnlyList<RegionMachine>> ReadMachinesAsync(
        IReadOnlyCollection<SystemId> machines,
        CancellationToken cancellationToken
    ) =>
        Look<IReadOnlyList<RegionMachine>>(
            0.1,
            0.3,
            () => [.. region.List(user).Where(machine => machines.Contains(machine.Id))],
            transport.Knowledge.Listed
        );

    public Task<Observation<RegionMachine>> FindAsync(SystemId machine, CancellationToken cancellationToken) =>
        Look(0.1, 0.3, () => region.Find(user, machine));

    public Task<IReadOnlyList<RegionMachine>> FindByIntentAsync(string intent, CancellationToken cancellationToken) =>
        Look(0.1, 0.3, () => region.FindByIntent(user, intent));

    public Task<RegionMachine> AllocateAsync(
        SystemId machine,
        string intent,
        string comment,
        CancellationToken cancellationToken
    ) =>
        Do(
            ActKind.Allocate,
            machine,
            intent,
            () => Show(region.Allocate(user, machine, intent, comment)),
            transport.Knowledge.Saw
        );

    public Task<MachineMark?> FindAllocationAsync(SystemId machine, CancellationToken cancellationToken) =>
        Look(0.1, 0.4, () => MachineMark.ReadComment(region.Find(machine)?.AllocationComment ?? ""));

    public Task<RegionMachine> DeployAsync(
        SystemId machine,
        string image,
        string userData,
        CancellationToken cancellationToken
    ) =>
        Do(ActKind.Deploy, machine, userData, () => Show(region.Deploy(user, machine, image, userData)), transport.Knowledge.Saw);

    public Task AnnotateAsync(
        SystemId machine,
        IReadOnlyDictionary<string, string> annotations,
        CancellationToken cancellationToken
    ) =>
        Do(
            ActKind.Annotate,
            machine,
            "",
            () =>
            {
                region.Annotate(user, machine, annotations);
                return 0;
            }
        );

    public Task<RegionMachine> ReleaseAsync(
        SystemId machine,
        ErasePolicy erase,
        string comment,
        CancellationToken cancellationToken
    ) => Do(ActKind.Release, machine, comment, () => Show(region.Release(user, machine, erase)), transport.Knowledge.Saw);

    public Task<string> QueryPowerAsync(SystemId machine, CancellationToken cancellationToken) =>
        Look(1, 15, () => region.QueryPower(machine), power => transport.Knowledge.Saw(machine, power));

    public Task PowerOnAsync(SystemId machine, string comment, CancellationToken cancellationToken) =>
        Do(
            ActKind.PowerOn,
            machine,
            comment,
            () =>
            {
                region.PowerOn(user, machine);
                return 0;
            }
        );

    public Task PowerOffAsync(SystemId machine, string comment, CancellationToken cancellationToken) =>
        Do(
            ActKind.PowerOff,
            machine,
            comment,
            () =>
            {
                region.PowerOff(user, machine);
                return 0;
            }
        );

    public Task CommissionAsync(SystemId machine, CancellationToken cancellationToken) =>
        Do(
            ActKind.Commission,
            machine,
            "",
            () =>
            {
                region.Commission(user, machine);
                return 0;
            }
        );

    public Task<IReadOnlyList<string>> ListEventsAsync(SystemId machine, int limit, CancellationToken cancellationToken) =>
        Look<IReadOnlyList<string>>(0.1, 0.4, () => [region.Find(machine)?.Message ?? ""]);

    public Task<NodeReport?> FindNodeReportAsync(SystemId machine, CancellationToken cancellationToken) =>
        Look(0.1, 0.4, () => region.Find(machine)?.NodeReport);

    public Task<string> FindFreeAddressAsync(string subnet, IReadOnlySet<string> except, CancellationToken cancellationToken) =>
        Look(0.1, 0.4, () => region.FindFreeAddress(subnet, except));

    public Task<EndpointSite> DescribeEndpointAsync(EndpointChoice choice, CancellationToken cancellationToken) =>
        Look(0.1, 0.5, () => region.DescribeEndpoint(user, choice));

    public Task<bool> IsReservedAsync(string address, CancellationToken cancellationToken) =>
        Look(0.1, 0.3, () => region.IsReserved(user, address));

    public Task ReserveAsync(string address, CancellationToken cancellationToken) =>
        Do(
            ActKind.Reserve,
            null,
            address,
            () =>
            {
                region.Reserve(user, address);
                return 0;
            }
        );

    public Task ReleaseAddressAsync(string address, CancellationToken cancellationToken) =>
        Do(ActKind.ReleaseAddress, null, address, () => region.ReleaseAddress(address));

    public Task<IReadOnlyList<string>?> FindDnsAsync(string name, CancellationToken cancellationToken) =>
        Look(0.1, 0.3, () => region.FindDns(name));

    public Task RecordDnsAsync(string name, IReadOnlyList<string> addresses, CancellationToken cancellationToken) =>
        Do(
            ActKind.RecordDns,
            null,
            name,
            () =>
            {
                region.RecordDns(user, name, addresses);
                return 0;
            }
        );

    public Task RemoveDnsAsync(string name, CancellationToken cancellationToken) =>
        Do(ActKind.RemoveDns, null, name, () => region.RemoveDns(name));

    public Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> ListDnsAsync(CancellationToken cancellationToken) =>
        Look<IReadOnlyDictionary<string, IReadOnlyList<string>>>(0.1, 0.5, () => region.Dns.ToDictionary());

    public Task<IReadOnlySet<string>> ListReservedAsync(CancellationToken cancellationToken) =>
        Look<IReadOnlySet<string>>(
            0.1,
            0.5,
            () =>
                region.Reserved.Where(pair => pair.Value == user.Name).Select(pair => pair.Key).ToHashSet(StringComparer.Ordinal)
        );

    public Task<IReadOnlyList<RegionImage>> ListImagesAsync(CancellationToken cancellationToken) =>
        Look<IReadOnlyList<RegionImage>>(
            0.1,
            0.3,
            () =>
                [
                    .. region.Images.Select(image => new RegionImage(image, WorldRegion.ImageArchitecture)),
                    .. region.Uploads.Select(upload => new RegionImage(upload.Key, WorldRegion.ImageArchitecture, upload.Value)),
                ]
        );

    private RegionMachine Show(WorldMachine machine) => machine.Show(user.Name);

    private Task<T> Look<T>(
        double from,
        double to,
        Func<T> look,
        Action<T>? learn = null,
        [CallerMemberName] string operation = ""
    ) =>
        transport.CallAsync(
            new Call(Peer.Maas, operation, null, chance.Seconds(from, to, "MAAS answers", ++_asked)),
            look,
            learn
        );

    private Task<T> Do<T>(
        ActKind kind,
        SystemId? machine,
        string detail,
        Func<T> effect,
        Action<T>? learn = null,
        [CallerMemberName] string operation = ""
    ) =>
        transport.CallAsync(
            new Call(
                Peer.Maas,
                operation,
                null,
                chance.Seconds(0.3, 1.5, "MAAS acts", ++_asked),
                new Act(kind, machine, null, detail)
            ),
            effect,
            learn
        );
}
