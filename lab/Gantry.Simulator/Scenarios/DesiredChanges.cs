using Gantry.Clusters.Model;
using Gantry.Simulator.Consoles;

namespace Gantry.Simulator.Scenarios;

/// <summary>Maps a change to the next desired state of its cluster.</summary>
internal static class DesiredChanges
{
    public static readonly ValueList<KubernetesVersion> Versions =
    [
        .. new[] { "1.31.4", "1.31.9", "1.32.3", "1.33.4", "1.34.1" }.Select(KubernetesVersion.Parse),
    ];

    private static readonly ImageName Noble = ImageName.Parse("ubuntu/noble");

    /// <returns><c>null</c> if the change does not apply to the current state.</returns>
    public static ClusterSpec? Apply(
        DesiredChange change,
        ClusterSpec? now,
        DateTimeOffset time,
        IReadOnlyList<SystemId> machines
    )
    {
        var dice = new Dice(change.Dice);
        if (change.Kind is DesiredChangeKind.Create)
        {
            return now is null ? Create(change.Cluster, dice, time) : null;
        }

        if (now is null)
        {
            return null;
        }

        if (change.Kind is DesiredChangeKind.Delete or DesiredChangeKind.ForceDelete)
        {
            return (change.Kind, now.Deletion) switch
            {
                (DesiredChangeKind.Delete, null) => Next(now) with { Deletion = new Deletion(time) },
                (DesiredChangeKind.ForceDelete, { Force: false } deletion)
                    when time - deletion.RequestedAt >= Deletion.ForceAfter => Next(now) with
                {
                    Deletion = deletion with { Force = true },
                },
                _ => null,
            };
        }

        return now.Deletion is null ? Change(change.Kind, now, dice, time, machines) : null;
    }

    private static ClusterSpec? Change(
        DesiredChangeKind kind,
        ClusterSpec now,
        Dice dice,
        DateTimeOffset time,
        IReadOnlyList<SystemId> machines
    )
    {
        switch (kind)
        {
            case DesiredChangeKind.ScaleWorkers when now.Workers.Any():
                var pool = dice.Of<MachinePool>([.. now.Workers]);
                return Replace(now, pool with { Size = dice.Below(5) });
            case DesiredChangeKind.ScaleControlPlane:
                return Replace(now, now.ControlPlane with { Size = dice.Of(1, 3, 3, 5) });
            case DesiredChangeKind.AddPool when now.Workers.Count() < 3:
                return Next(now) with { Pools = [.. now.Pools, Worker($"extra{now.Generation}", dice)] };
            case DesiredChangeKind.RemovePool when now.Workers.Any():
                var gone = dice.Of<MachinePool>([.. now.Workers]);
                return Next(now) with { Pools = [.. now.Pools.Where(one => one.Name != gone.Name)] };
            case DesiredChangeKind.Relabel:
                var labelled = dice.Of<MachinePool>([.. now.Pools]);
                return Replace(
                    now,
                    labelled with
                    {
                        Labels = [new(LabelKey.Parse("team"), LabelValue.Parse(dice.Of("red", "blue", "green")))],
                    }
                );
            case DesiredChangeKind.Constrain when now.Workers.Any():
                var constrained = dice.Of<MachinePool>([.. now.Workers]);
                var place = Place(dice);

                // A typing error: no machine has as much.
                return Replace(
                    now,
                    constrained with
                    {
                        Placement = dice.Is(0.15) ? place with { MinMemoryMiB = 4 * 1024 * 1024 } : place,
                    }
                );
            case DesiredChangeKind.ChangeAddons:
                return Next(now) with
                {
                    Addons = [new AddonLayer("cilium", $"1.{dice.Below(9)}", "cni", $"network manifest {dice.Below(9)}")],
                };
            case DesiredChangeKind.Upgrade:
                var at = Versions.IndexOf(now.KubernetesVersion);
                return at < 0 || at + 1 >= Versions.Count
                    ? null
                    : Next(now) with
                    {
                        KubernetesVersion = Versions[Math.Min(Versions.Count - 1, at + 1 + dice.Below(2))],
                    };
            case DesiredChangeKind.Roll:
                var image =
                    dice.Is(0.1) ? ImageName.Parse("ubuntu/not-imported")
                    : now.Image == Noble ? ImageName.Parse("ubuntu/jammy")
                    : Noble;
                return dice.Is(0.3)
                    ? Next(now) with
                    {
                        Nodes = now.Nodes with { ExtraArgs = Arguments(dice) },
                    }
                    : Next(now) with
                    {
                        Image = image,
                    };
            case DesiredChangeKind.RenewCertificates:
                return Next(now) with { RenewCertificatesOlderThan = time };
            case DesiredChangeKind.ReplaceMachine when machines.Count > 0:
                return Next(now) with { Replace = [.. now.Replace, dice.Of(machines)] };
            default:
                return null;
        }
    }

    private static ClusterSpec Create(int number, Dice dice, DateTimeOffset time)
    {
        List<MachinePool> pools =
        [
            new()
            {
                Name = DnsLabel.Parse("control-plane"),
                Role = PoolRole.ControlPlane,
                Size = dice.Of(1, 1, 3, 3, 3, 5),
                RollingUpdate = dice.Is(0.8) ? RollingUpdate.ExpandFirst : RollingUpdate.ContractFirst,
            },
        ];
        for (var workers = dice.Below(3); workers > 0; workers--)
        {
            pools.Add(Worker($"workers{workers}", dice));
        }

        return new ClusterSpec
        {
            Id = new ClusterId($"cluster-{number}"),
            Name = DnsLabel.Parse($"c{number}"),
            Account = ConsoleModel.Account.Id,
            CreatedAt = time,
            KubernetesVersion = dice.Of(Versions),
            Image = Noble,
            Endpoint = dice.Below(10) switch
            {
                < 6 => new EndpointChoice.VirtualIp(),
                < 9 => new EndpointChoice.MaasDns(DnsName.Parse("dc1.example")),
                _ => new EndpointChoice.Given(HostAddress.Parse($"c{number}.example")),
            },
            Addons =
            [
                new AddonLayer("cilium", "1.18", "cni", "network manifest"),
                new AddonLayer("storage", "1", "csi", "storage manifest"),
            ],
            Pools = [.. pools],
            DrainTimeout = dice.Is(0.3) ? TimeSpan.FromMinutes(10) : TimeSpan.Zero,
            UpdateWorkerPoolsInParallel = dice.Is(0.3),
        };
    }

    private static MachinePool Worker(string name, Dice dice) =>
        new()
        {
            Name = DnsLabel.Parse(name),
            Role = PoolRole.Worker,
            Size = 1 + dice.Below(3),
            Placement = Place(dice),
            Erase = dice.Is(0.2) ? ErasePolicy.Quick : ErasePolicy.None,
            RollingUpdate = dice.Below(3) switch
            {
                0 => RollingUpdate.ContractFirst,
                1 => new RollingUpdate(2, 0),
                _ => RollingUpdate.ExpandFirst,
            },
        };

    private static ValueMap<string, ValueList<ExtraArg>> Arguments(Dice dice) =>
        dice.Is(0.2) ? [] : [new(dice.Of<string>([.. KubeadmSettings.Components]), [new ExtraArg("v", $"{dice.Below(3)}")])];

    private static PoolPlacement Place(Dice dice) =>
        dice.Below(6) switch
        {
            0 => new PoolPlacement { MinCpu = 16 },
            1 => new PoolPlacement { Tags = ["nvme"] },
            2 => new PoolPlacement { Zones = ["az1", "az2"] },
            _ => new PoolPlacement(),
        };

    private static ClusterSpec Replace(ClusterSpec now, MachinePool pool) =>
        Next(now) with
        {
            Pools = [.. now.Pools.Select(one => one.Name == pool.Name ? pool : one)],
        };

    private static ClusterSpec Next(ClusterSpec now) => now with { Generation = now.Generation + 1 };
}
