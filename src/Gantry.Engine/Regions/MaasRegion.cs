using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;
using Gantry.Maas;
using Gantry.Maas.Events;
using Gantry.Maas.Images;
using Gantry.Maas.Machines;
using Gantry.Maas.Networks;
using Machine = Gantry.Maas.Machines.Machine;

namespace Gantry.Engine.Regions;

/// <summary>A region that is accessed through the MAAS API.</summary>
public sealed class MaasRegion(MaasClient maas) : IRegion
{
    // The type of NODE_POST_INSTALL_EVENT_FAILED in provisioningserver/events.py of MAAS: a deployed machine reported a failed part
    // of cloud-init.
    private const string PostInstallationFailure = "Node post-installation failure";

    private const int ScriptEvents = 50;

    // The type of REQUEST_NODE_ACQUIRE, of level DEBUG, in the same file. Its description names the user, then the comment.
    private const string Allocation = "User acquiring node";

    private const int AllocationEvents = 500;

    private readonly ConcurrentDictionary<int, string> _whole = new();
    private string? _user;

    public Task<MaasIdentity> GetIdentityAsync(CancellationToken cancellationToken) =>
        Guard(async () => new MaasIdentity(maas.Url.AbsoluteUri, await GetUserAsync(cancellationToken)));

    public Task<IReadOnlyList<RegionMachine>> ListMachinesAsync(CancellationToken cancellationToken) =>
        Guard(async () =>
        {
            var me = await GetUserAsync(cancellationToken);
            return Map(await maas.Machines.ListAsync(cancellationToken), me);
        });

    public Task<IReadOnlyList<RegionMachine>> ReadMachinesAsync(
        IReadOnlyCollection<SystemId> machines,
        CancellationToken cancellationToken
    ) =>
        Guard(async () =>
        {
            var me = await GetUserAsync(cancellationToken);
            var filter = new MachineFilter { SystemIds = [.. machines.Select(machine => machine.Value)] };
            return Map(await maas.Machines.ListAsync(filter, cancellationToken), me);
        });

    public async Task<Observation<RegionMachine>> FindAsync(SystemId machine, CancellationToken cancellationToken)
    {
        try
        {
            return new Observation<RegionMachine>.Present(
                await Guard(async () =>
                    Map(await maas.Machines.GetAsync(machine.Value, cancellationToken), await GetUserAsync(cancellationToken))
                )
            );
        }
        catch (RegionException none) when (none.Failure is RegionFailure.NotFound)
        {
            return new Observation<RegionMachine>.Absent();
        }
        catch (RegionException hidden) when (hidden.Failure is RegionFailure.Forbidden)
        {
            return new Observation<RegionMachine>.Unknown("MAAS does not show it to the account's user");
        }
        catch (RegionException odd) when (odd.Failure is RegionFailure.Unreadable)
        {
            return new Observation<RegionMachine>.Unknown("MAAS's answer about it cannot be read");
        }
    }

    public Task<IReadOnlyList<RegionMachine>> FindByIntentAsync(string intent, CancellationToken cancellationToken) =>
        Guard(async () =>
        {
            var me = await GetUserAsync(cancellationToken);
            var found = await maas.Machines.ListAsync(new MachineFilter { AgentNames = [intent] }, cancellationToken);
            return Map(found.Whole(), me);
        });

    public Task<RegionMachine> AllocateAsync(
        SystemId machine,
        string intent,
        string comment,
        CancellationToken cancellationToken
    ) =>
        Guard(async () =>
        {
            var me = await GetUserAsync(cancellationToken);
            var answer = await maas.Machines.AllocateAsync(
                new AllocateRequest
                {
                    SystemId = machine.Value,
                    AgentName = intent,
                    Comment = comment,
                },
                cancellationToken
            );
            return answer switch
            {
                AllocateResult.Allocated given => Map(given.Machine, me),
                AllocateResult.NoneAvailable none => throw new RegionException(RegionFailure.Conflict, none.Reason),
                _ => throw new InvalidOperationException("Unknown answer to an allocation."),
            };
        });

    public Task<MachineMark?> FindAllocationAsync(SystemId machine, CancellationToken cancellationToken) =>
        Guard(async () =>
        {
            var events = await maas.Events.QueryAsync(
                new EventQuery
                {
                    SystemIds = [machine.Value],
                    Level = "DEBUG",
                    Limit = AllocationEvents,
                },
                cancellationToken
            );

            // An event that cannot be read may be a later allocation.
            return events.Whole().FirstOrDefault(happened => happened.Type is Allocation) is { Description: var description }
                ? MachineMark.ReadComment(description)
                : null;
        });

    public Task<RegionMachine> DeployAsync(
        SystemId machine,
        string image,
        string userData,
        CancellationToken cancellationToken
    ) =>
        Guard(async () =>
        {
            var me = await GetUserAsync(cancellationToken);
            try
            {
                return Map(
                    await maas.Machines.DeployAsync(
                        machine.Value,
                        new DeployRequest { DistroSeries = image, UserData = Encoding.UTF8.GetBytes(userData) },
                        cancellationToken
                    ),
                    me
                );
            }
            catch (MaasInvalidException refused)
            {
                // Errors in other fields than distro_series concern the machine, such as its disks or network. An error
                // without a field means that MAAS lacks the image's files for this machine: "Deployment operating system …
                // is unavailable for arm64/generic".
                throw new RegionException(
                    refused.Fields.Count is 0 ? RegionFailure.ImageUnfit
                        : refused.Fields.ContainsKey("distro_series") ? RegionFailure.ImageMissing
                        : RegionFailure.Invalid,
                    refused.Message,
                    refused
                );
            }
            catch (MaasUnavailableException refused) when (refused.Status is 503)
            {
                throw new RegionException(RegionFailure.Exhausted, refused.Message, refused);
            }
        });

    public Task AnnotateAsync(
        SystemId machine,
        IReadOnlyDictionary<string, string> annotations,
        CancellationToken cancellationToken
    ) => Guard(() => maas.Machines.SetWorkloadAnnotationsAsync(machine.Value, annotations, cancellationToken));

    public Task<RegionMachine> ReleaseAsync(
        SystemId machine,
        ErasePolicy erase,
        string comment,
        CancellationToken cancellationToken
    ) =>
        Guard(async () =>
        {
            var me = await GetUserAsync(cancellationToken);
            var wanted = new ReleaseRequest
            {
                Comment = comment,
                Erase = erase is ErasePolicy.None ? null : true,
                QuickErase = erase is ErasePolicy.Quick ? true : null,
                SecureErase = erase is ErasePolicy.Secure ? true : null,
            };
            return Map(await OfMachine(() => maas.Machines.ReleaseAsync(machine.Value, wanted, cancellationToken)), me);
        });

    public Task<string> QueryPowerAsync(SystemId machine, CancellationToken cancellationToken) =>
        Guard(() => maas.Machines.QueryPowerStateAsync(machine.Value, cancellationToken));

    public Task PowerOnAsync(SystemId machine, string comment, CancellationToken cancellationToken) =>
        Guard(() => OfMachine(() => maas.Machines.PowerOnAsync(machine.Value, comment, cancellationToken)));

    public Task PowerOffAsync(SystemId machine, string comment, CancellationToken cancellationToken) =>
        Guard(() => OfMachine(() => maas.Machines.PowerOffAsync(machine.Value, soft: false, comment, cancellationToken)));

    public Task CommissionAsync(SystemId machine, CancellationToken cancellationToken) =>
        Guard(() => maas.Machines.CommissionAsync(machine.Value, new CommissionRequest(), cancellationToken));

    public Task<IReadOnlyList<string>> ListEventsAsync(SystemId machine, int limit, CancellationToken cancellationToken) =>
        Guard(async () =>
        {
            var events = await maas.Events.QueryAsync(
                new EventQuery { SystemIds = [machine.Value], Limit = limit },
                cancellationToken
            );
            return (IReadOnlyList<string>)[.. events.Select(Line)];
        });

    public Task<NodeReport?> FindNodeReportAsync(SystemId machine, CancellationToken cancellationToken) =>
        Guard(async () =>
        {
            var events = await maas.Events.QueryAsync(
                new EventQuery { SystemIds = [machine.Value], Limit = ScriptEvents },
                cancellationToken
            );

            // Newest first: what lies before the last "Deployed" belongs to an earlier installation.
            var failures = events
                .TakeWhile(happened => happened.Type is not "Deployed")
                .Where(happened => happened.Type is PostInstallationFailure)
                .Select(happened => happened.Description)
                .ToList();
            var reports = failures.Select(NodeReport.Read).OfType<NodeReport>().ToList();

            // cloud-init tells only that its module failed; a script that could not report by itself has that alone.
            return reports.FindLast(report => report.IsFinal)
                ?? (failures.FindLast(IsOfScript) is { } failed ? new NodeReport(IsFinal: true, failed) : null)
                ?? reports.FirstOrDefault();
        });

    public Task<string> FindFreeAddressAsync(string subnet, IReadOnlySet<string> except, CancellationToken cancellationToken) =>
        Guard(async () =>
        {
            var found =
                MaasEndpointSite.Find(await maas.Subnets.ListAsync(cancellationToken), subnet)
                ?? throw new RegionException(RegionFailure.NotFound, $"MAAS has no subnet {subnet}.");
            var free = await maas.Subnets.ListUnreservedRangesAsync(found.Id, cancellationToken);
            return free.OrderByDescending(range => range.NumAddresses)
                    .Select(range => Highest(range, except))
                    .FirstOrDefault(address => address is not null)
                ?? throw new RegionException(RegionFailure.Exhausted, $"The subnet {found.Cidr} has no free address.");
        });

    public Task<EndpointSite> DescribeEndpointAsync(EndpointChoice choice, CancellationToken cancellationToken) =>
        Guard(() => MaasEndpointSite.DescribeAsync(maas, choice, cancellationToken));

    public Task<bool> IsReservedAsync(string address, CancellationToken cancellationToken) =>
        Guard(async () =>
            (await maas.IpAddresses.ListAsync(address, all: false, cancellationToken)).Find(known => known.Ip == address)
                is not null
        );

    public Task ReserveAsync(string address, CancellationToken cancellationToken) =>
        Guard(async () =>
        {
            try
            {
                return await maas.IpAddresses.ReserveAsync(address, null, cancellationToken);
            }
            catch (MaasNotFoundException taken)
            {
                // MAAS answers 404 for an address that is in use or in a reserved range.
                throw new RegionException(RegionFailure.Conflict, taken.Message, taken);
            }
            catch (MaasForbiddenException dynamic)
            {
                throw new RegionException(RegionFailure.Conflict, dynamic.Message, dynamic);
            }
        });

    public Task ReleaseAddressAsync(string address, CancellationToken cancellationToken) =>
        Guard(async () =>
        {
            await maas.IpAddresses.ReleaseAsync(address, force: false, cancellationToken);
            return true;
        });

    public Task<IReadOnlyList<string>?> FindDnsAsync(string name, CancellationToken cancellationToken) =>
        Guard<IReadOnlyList<string>?>(async () =>
        {
            var record = await FindRecordAsync(name, cancellationToken);
            return record is null ? null : (IReadOnlyList<string>)[.. record.Value.Addresses];
        });

    public Task RecordDnsAsync(string name, IReadOnlyList<string> addresses, CancellationToken cancellationToken) =>
        Guard(async () =>
            await FindRecordAsync(name, cancellationToken) is { } record
                ? await maas.DnsResources.SetAddressesAsync(record.Id, addresses, cancellationToken)
                : await maas.DnsResources.CreateAsync(name, addresses, addressTtl: null, cancellationToken)
        );

    public Task RemoveDnsAsync(string name, CancellationToken cancellationToken) =>
        Guard(async () =>
        {
            if (await FindRecordAsync(name, cancellationToken) is { } record)
            {
                await maas.DnsResources.DeleteAsync(record.Id, cancellationToken);
            }

            return true;
        });

    public Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> ListDnsAsync(CancellationToken cancellationToken) =>
        Guard<IReadOnlyDictionary<string, IReadOnlyList<string>>>(async () =>
            (await maas.DnsResources.ListAsync(fqdn: null, cancellationToken))
                .Whole()
                .Where(record => record.Id >= 0)
                .GroupBy(record => record.Fqdn, StringComparer.Ordinal)
                .ToDictionary(
                    records => records.Key,
                    IReadOnlyList<string> (records) =>
                        [
                            .. records
                                .SelectMany(record => record.IpAddresses ?? [])
                                .Select(address => address.Ip)
                                .OfType<string>(),
                        ],
                    StringComparer.Ordinal
                )
        );

    public Task<IReadOnlySet<string>> ListReservedAsync(CancellationToken cancellationToken) =>
        Guard<IReadOnlySet<string>>(async () =>
            (await maas.IpAddresses.ListAsync(cancellationToken))
                .Whole()
                .Select(address => address.Ip)
                .OfType<string>()
                .ToHashSet(StringComparer.Ordinal)
        );

    public Task<IReadOnlyList<RegionImage>> ListImagesAsync(CancellationToken cancellationToken) =>
        Guard<IReadOnlyList<RegionImage>>(async () =>
        {
            var listed = await maas.BootResources.ListAsync(null, cancellationToken);
            var images = listed.Unreadable.Select(RegionImage.OfUnreadable).ToList();
            foreach (var image in listed)
            {
                images.Add(await MapAsync(image, cancellationToken));
            }

            return [.. images.Distinct()];
        });

    // MAAS's list does not say whether an upload has ended. An image that is whole stays so under its id.
    private async Task<RegionImage> MapAsync(BootResource listed, CancellationToken cancellationToken)
    {
        var image = new RegionImage(listed.Name, listed.Architecture.Split('/')[0]);
        if (listed.Type is not "Uploaded" || _whole.ContainsKey(listed.Id))
        {
            return image;
        }

        try
        {
            var read = await maas.BootResources.GetAsync(listed.Id, cancellationToken);
            if (read is { Sets: not null, Progress: null })
            {
                _whole.TryAdd(listed.Id, listed.Name);
            }

            return read.Sets is null ? image with { Unreadable = "$.sets" } : image with { Progress = read.Progress };
        }
        catch (MaasUnexpectedException odd) when (odd.Part is { } part)
        {
            return image with { Unreadable = part };
        }
        catch (MaasNotFoundException)
        {
            return image with { Progress = 0 };
        }
    }

    private async Task<string> GetUserAsync(CancellationToken cancellationToken) =>
        _user ??= (await maas.Users.WhoAmIAsync(cancellationToken)).Username;

    private async Task<(int Id, IEnumerable<string> Addresses)?> FindRecordAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            var found = await maas.DnsResources.ListAsync(name, cancellationToken);
            return found.Find(record => record.Fqdn == name && record.Id >= 0) is { } record
                ? (record.Id, (record.IpAddresses ?? []).Select(address => address.Ip).OfType<string>())
                : null;
        }
        catch (MaasNotFoundException)
        {
            // MAAS does not have the domain, so it has no record in it.
            return null;
        }
    }

    private static IReadOnlyList<RegionMachine> Map(IReadOnlyList<Machine> machines, string me) =>
        [.. machines.Select(machine => Map(machine, me))];

    private static RegionMachine Map(Machine machine, string me)
    {
        if (machine.Unreadable is { } part)
        {
            return new RegionMachine
            {
                Id = new SystemId(machine.SystemId),
                Hostname = machine.Hostname,
                Status = MaasStatus.Unreadable,
                StatusName = $"unreadable ({part})",
                Unreadable = part,
            };
        }

        var status = (int)machine.Status;
        string[] boot = [.. (machine.BootInterface?.Links ?? []).Select(link => link.IpAddress).OfType<string>()];
        return new RegionMachine
        {
            Id = new SystemId(machine.SystemId),
            Hostname = machine.Hostname,
            Status = status,
            StatusName = machine.StatusName,
            StatusMessage = machine.StatusMessage ?? "",
            ErrorDescription = machine.ErrorDescription ?? "",
            IsSwitchedByHand = machine.PowerType is "manual" or "",
            ReportsFailure =
                status is MaasStatus.Deployed
                && machine.StatusMessage?.StartsWith(PostInstallationFailure, StringComparison.Ordinal) is true,
            IsOurs = machine.Owner == me,
            Owner = machine.Owner,
            Mark = MachineMark.Read(machine.OwnerData),
            IsAbandoned = MachineMark.IsAbandoned(machine.OwnerData),
            Locked = machine.Locked,
            Zone = machine.Zone?.Name ?? "default",
            ResourcePool = machine.Pool?.Name ?? "default",
            Tags = [.. machine.TagNames],
            Architecture = machine.Architecture.Split('/')[0],
            CpuCount = machine.CpuCount,
            MemoryMiB = machine.Memory,
            Disks = [.. machine.PhysicalBlockDevices.Select(disk => disk.Size)],
            PowerState = machine.PowerState,
            Addresses = [.. boot.Concat(machine.IpAddresses).Distinct()],
            Subnet = machine.BootInterface?.Links.Select(link => link.Subnet?.Cidr).FirstOrDefault(cidr => cidr is not null),
            Networks = NetworksOf(machine),
        };
    }

    // An interface that is only up has no address, nor has one without a subnet.
    private static ValueList<NetworkLink> NetworksOf(Machine machine) =>
        [
            .. machine
                .InterfaceSet.Where(port => port.Enabled)
                .SelectMany(port => port.Links.Select(link => (port.Tags, link.Mode, link.Subnet)))
                .Where(link => link is { Subnet: not null, Mode: not "link_up" })
                .Select(link =>
                    Cidr.TryParse(link.Subnet!.Cidr, out var subnet)
                        ? new NetworkLink(subnet, link.Subnet.Name, SpaceOf(link.Subnet), [.. link.Tags])
                        : null
                )
                .OfType<NetworkLink>()
                .Distinct(),
        ];

    private static string? SpaceOf(Subnet subnet) => subnet.Space is "" or "undefined" ? null : subnet.Space;

    // cloud-init's module for runcmd, by its names of today and of before 23.
    private static bool IsOfScript(string description) =>
        description.Contains("scripts_user", StringComparison.Ordinal)
        || description.Contains("scripts-user", StringComparison.Ordinal);

    private static string Line(MaasEvent happened) =>
        $"{happened.Created} {happened.Level} "
        + $"{happened.Type}{(happened.Description.Length > 0 ? ": " : "")}{happened.Description}";

    private static string? Highest(AddressRange range, IReadOnlySet<string> except)
    {
        var first = IPAddress.Parse(range.Start).GetAddressBytes();
        var address = IPAddress.Parse(range.End).GetAddressBytes();
        while (address.Length == first.Length && address.AsSpan().SequenceCompareTo(first) >= 0)
        {
            var text = new IPAddress(address).ToString();
            if (!except.Contains(text))
            {
                return text;
            }

            for (var place = address.Length - 1; place >= 0 && address[place]-- is 0; place--) { }
        }

        return null;
    }

    // A 500 of a call that needs the machine's BMC carries its driver's text: MAAS itself is well.
    private static async Task<T> OfMachine<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (MaasUnexpectedException failed) when (failed.Status is (int)HttpStatusCode.InternalServerError)
        {
            throw new RegionException(RegionFailure.MachineFailed, failed.Message, failed);
        }
    }

    // Maps the client's exceptions to the failures on which the engine decides.
    private static async Task<T> Guard<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (MaasException failure)
        {
            throw new RegionException(
                failure switch
                {
                    MaasCredentialsRejectedException => RegionFailure.CredentialsRejected,
                    MaasForbiddenException => RegionFailure.Forbidden,
                    MaasNotFoundException or MaasGoneException => RegionFailure.NotFound,
                    MaasInvalidException => RegionFailure.Invalid,
                    MaasConflictException => RegionFailure.Conflict,
                    MaasUnexpectedException { Part: not null } => RegionFailure.Unreadable,
                    _ => RegionFailure.Unreachable,
                },
                failure.Message,
                failure
            );
        }
    }
}
