using Gantry.Simulator.Ports;

namespace Gantry.Simulator.Scenarios;

/// <summary>All external events of a run, in order of time.</summary>
internal sealed record Scenario(ulong Seed, Settings Settings, IReadOnlyList<Item> Items)
{
    /// <summary>The scenario of a seed, fully determined by seed and settings.</summary>
    public static Scenario Of(ulong seed, Settings settings)
    {
        var dice = new Dice(seed * 2654435761);
        List<Item> items = [];
        var hours = TimeSpan.FromHours(settings.Hours);
        for (var cluster = 0; cluster < settings.Clusters; cluster++)
        {
            ChangesFor(items, dice, cluster, hours);
        }

        // Fault rates vary between runs, and most runs lack some families, so that each family also occurs alone.
        var weather = dice.Of(0.3, 1.0, 2.0);
        var families =
            settings.Faults & (dice.Is(0.3) ? FaultFamilies.All : (FaultFamilies)(dice.Below(2048) | dice.Below(2048)));
        AddFaults(items, dice, families, weather * settings.Hours / 24, hours, settings);
        var ordered = items.OrderBy(item => item.At).Select((item, number) => item with { Number = number }).ToList();

        // With dice and numbers of their own, so that the other items of a seed are what they were before these families.
        ordered.AddRange(OwnershipFaults(seed, settings, hours, ordered.Count));
        if (Occurs(FaultFamilies.Balancer, new Dice((seed * 40503) + 11), 0.25, settings))
        {
            ordered.AddRange(
                Enumerable
                    .Range(0, settings.Clusters)
                    .Select(cluster => new Fault(ordered.Count + cluster, TimeSpan.Zero, FaultKind.BalancedByHand, cluster))
                    .ToList()
            );
        }

        ordered.AddRange(Hangs(seed, settings, hours, ordered.Count));
        return new Scenario(seed, settings, ordered);
    }

    private static List<Item> Hangs(ulong seed, Settings settings, TimeSpan hours, int number)
    {
        var dice = new Dice((seed * 40503) + 13);
        return Occurs(FaultFamilies.Hang, dice, 0.5, settings)
            ?
            [
                .. Enumerable
                    .Range(number, settings.Clusters * 6)
                    .Select(one => new Fault(
                        one,
                        dice.Between(TimeSpan.FromSeconds(5), hours),
                        FaultKind.Call,
                        dice.Below(60),
                        Peer.Maas,
                        Fate.Held
                    )),
            ]
            : [];
    }

    private static IEnumerable<Item> OwnershipFaults(ulong seed, Settings settings, TimeSpan hours, int number)
    {
        var dice = new Dice((seed * 40503) + 7);
        if (Occurs(FaultFamilies.Key, dice, 0.5, settings))
        {
            yield return new Fault(
                number++,
                dice.Between(hours * 0.1, hours * 0.9),
                FaultKind.OtherKey,
                Lasting: dice.Between(TimeSpan.FromMinutes(5), TimeSpan.FromHours(3))
            );
        }

        if (Occurs(FaultFamilies.Copy, dice, 0.5, settings))
        {
            yield return new Fault(
                number++,
                dice.Between(hours * 0.1, hours * 0.9),
                FaultKind.FolderCopied,
                Lasting: dice.Between(TimeSpan.FromMinutes(15), TimeSpan.FromHours(3))
            );
        }

        if (Occurs(FaultFamilies.Ledger, dice, 0.5, settings))
        {
            if (dice.Is(0.3))
            {
                yield return new Fault(number, dice.Between(hours * 0.1, hours * 0.8), FaultKind.LedgerLost);
                yield break;
            }

            var at = dice.Between(hours * 0.05, hours * 0.6);
            yield return new Fault(number, at, FaultKind.LedgerBackedUp);
            yield return new Fault(number + 1, at + dice.Between(TimeSpan.FromMinutes(2), hours * 0.3), FaultKind.LedgerRestored);
        }
    }

    // Named, a family occurs in every seed; among all of them in some, so that the endpoints of most seeds are Gantry's own.
    private static bool Occurs(FaultFamilies family, Dice dice, double often, Settings settings) =>
        settings.Faults.HasFlag(family) && (settings.Faults is not FaultFamilies.All || dice.Is(often));

    public Scenario With(IReadOnlyList<Item> items) => this with { Items = items };

    private static void ChangesFor(List<Item> items, Dice dice, int cluster, TimeSpan hours)
    {
        var at = dice.Between(TimeSpan.Zero, hours * 0.4);
        Add(DesiredChangeKind.Create);
        var lives = dice.Is(0.4) ? at + dice.Between(TimeSpan.FromMinutes(1), hours * 0.9) : TimeSpan.MaxValue;
        if (dice.Is(0.12))
        {
            lives = at + dice.Between(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(25));
        }

        List<DesiredChangeKind> kinds =
        [
            DesiredChangeKind.ScaleWorkers,
            DesiredChangeKind.ScaleWorkers,
            DesiredChangeKind.ScaleWorkers,
            DesiredChangeKind.ScaleControlPlane,
            DesiredChangeKind.AddPool,
            DesiredChangeKind.RemovePool,
            DesiredChangeKind.Relabel,
            DesiredChangeKind.Constrain,
            DesiredChangeKind.ChangeAddons,
            DesiredChangeKind.Upgrade,
            DesiredChangeKind.Upgrade,
            DesiredChangeKind.Roll,
            DesiredChangeKind.RenewCertificates,
            DesiredChangeKind.ReplaceMachine,
        ];
        while (true)
        {
            // The next change sometimes arrives while the last one is still in progress.
            at += dice.Is(0.3)
                ? dice.Between(TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(12))
                : dice.Between(TimeSpan.FromMinutes(30), hours * 0.3);
            if (at >= lives || at >= hours)
            {
                break;
            }

            Add(kinds[dice.Below(kinds.Count)]);
        }

        if (lives < hours)
        {
            at = lives;
            Add(DesiredChangeKind.Delete);
            if (dice.Is(0.3))
            {
                at += dice.Between(TimeSpan.FromMinutes(16), TimeSpan.FromMinutes(60));
                Add(DesiredChangeKind.ForceDelete);
            }
        }

        void Add(DesiredChangeKind kind) => items.Add(new DesiredChange(0, at, cluster, kind, (ulong)dice.Below(int.MaxValue)));
    }

    private static void AddFaults(
        List<Item> items,
        Dice dice,
        FaultFamilies families,
        double scale,
        TimeSpan hours,
        Settings settings
    )
    {
        var machines = settings.Machines;
        var per60 = machines / 60.0;
        var per5 = settings.Clusters / 5.0;
        Some(
            FaultFamilies.Kill,
            14 * Math.Sqrt(per5),
            at => new Fault(
                0,
                at,
                FaultKind.Kill,
                dice.Below(30),
                Fate: dice.Of(Fate.KilledBefore, Fate.KilledAfter),
                Lasting: dice.Between(TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(3))
            )
        );
        Some(FaultFamilies.Lost, 20 * per5, at => Call(at, dice.Of(Fate.Lost, Fate.AnswerLost, Fate.AnswerLost)));
        Some(FaultFamilies.Late, 12 * per5, at => Call(at, Fate.Late));
        Some(FaultFamilies.Twice, 12 * per5, at => Call(at, Fate.Twice));
        Some(FaultFamilies.Errors, 20 * per5, at => Call(at, dice.Of(Fate.Unavailable, Fate.Conflict)));
        Some(
            FaultFamilies.Errors,
            3,
            at => new Fault(
                0,
                at,
                FaultKind.Storm,
                Peer: dice.Of(Peer.Maas, Peer.Cluster, Peer.Console),
                Lasting: dice.Between(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(20)),
                Amount: 10 + dice.Below(70)
            )
        );
        Some(
            FaultFamilies.Machines,
            14 * per60,
            at =>
                Machine(
                    at,
                    dice.Of(
                        FaultKind.FailsToDeploy,
                        FaultKind.HangsOnDeploy,
                        FaultKind.NeverBoots,
                        FaultKind.Dies,
                        FaultKind.Hangs,
                        FaultKind.Sick,
                        FaultKind.FailsToRelease
                    )
                )
        );

        // A machine fault often affects its BMC too.
        if (families.HasFlag(FaultFamilies.Power))
        {
            items.AddRange([
                .. items
                    .OfType<Fault>()
                    .Where(fault => fault.Kind is FaultKind.Dies or FaultKind.Hangs && dice.Is(0.4))
                    .Select(fault => fault with { Kind = FaultKind.PowerUnknown }),
            ]);
        }

        Some(FaultFamilies.Power, 5 * per60, at => Machine(at, FaultKind.PowerUnknown));
        Some(
            FaultFamilies.Partitions,
            6 * Math.Sqrt(per5),
            at => new Fault(
                0,
                at,
                FaultKind.Partition,
                dice.Below(settings.Clusters),
                dice.Of(Peer.Maas, Peer.Cluster, Peer.Console),
                Lasting: dice.Between(TimeSpan.FromSeconds(20), dice.Is(0.2) ? TimeSpan.FromHours(2) : TimeSpan.FromMinutes(15))
            )
        );
        Some(
            FaultFamilies.Clock,
            2,
            at => new Fault(
                0,
                at,
                FaultKind.ClockJump,
                Amount: dice.Below(2 * 5400) - 5400,
                Lasting: dice.Between(TimeSpan.FromMinutes(1), TimeSpan.FromHours(2))
            )
        );
        Some(
            FaultFamilies.Outside,
            7 * per60,
            at =>
                Machine(
                    at,
                    dice.Of(
                        FaultKind.ReleasedByPerson,
                        FaultKind.MarkedBroken,
                        FaultKind.Locked,
                        FaultKind.Retagged,
                        FaultKind.TakenByPerson
                    )
                )
        );
        Some(FaultFamilies.Restore, 1.2, at => new Fault(0, at, FaultKind.BackUp));
        Some(FaultFamilies.Restore, 1.2, at => new Fault(0, at, FaultKind.Restore));

        // Drawn last, so that adding this family left the other items of existing seeds unchanged.
        Some(FaultFamilies.Etcd, 15 * per5, at => Machine(at, FaultKind.EtcdSick));

        void Some(FaultFamilies family, double expected, Func<TimeSpan, Fault> fault)
        {
            if (!families.HasFlag(family))
            {
                return;
            }

            for (var left = expected * scale; left > 0; left--)
            {
                if (left >= 1 || dice.Is(left))
                {
                    items.Add(fault(dice.Between(TimeSpan.FromSeconds(5), hours)));
                }
            }
        }

        Fault Call(TimeSpan at, Fate fate) =>
            new(0, at, FaultKind.Call, dice.Below(6), dice.Of(Peer.Maas, Peer.Maas, Peer.Cluster, Peer.Console), fate);

        Fault Machine(TimeSpan at, FaultKind kind) =>
            new(
                0,
                at,
                kind,
                dice.Below(machines),
                Lasting: dice.Between(TimeSpan.FromMinutes(2), dice.Is(0.3) ? TimeSpan.FromHours(6) : TimeSpan.FromMinutes(50))
            );
    }
}
