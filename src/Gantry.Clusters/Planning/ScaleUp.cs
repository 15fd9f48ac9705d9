using System.Globalization;
using Gantry.Clusters.Model;
using Gantry.Clusters.Queueing;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Planning;

/// <summary>Selects the machines to take now, for shortfalls and for replacements, and installs them.</summary>
internal static class ScaleUp
{
    public static void Write(PlanBuilder builder, Inventory inventory)
    {
        foreach (
            var pool in builder.Pools.Where(pool => pool.Wanted.Count(seen => seen.Member.JoinedAt is not null) < pool.Pool.Size)
        )
        {
            if (IsSuspect(builder, pool.Pool) is { } failure)
            {
                builder.Refuse(
                    Reasons.InstallationFails,
                    $"{pool.Pool.Name}: {failure.Machines} machines failed the same installation and none succeeded, the "
                        + $"last with {failure.Last.TrimEnd('.')}; no more are installed like that",
                    pool.Pool.Name.Value
                );
                LeaveIdle(builder, pool, "nothing more is installed like that, and others could use it");
            }
            else if (Pause(builder) is { } failed)
            {
                builder.Refuse(
                    Reasons.PackagesUnavailable,
                    $"{pool.Pool.Name}: {failed.Hostname} could not get its packages: {failed.Text.TrimEnd('.')}; no machine is to blame, and "
                        + $"the next one is installed at {failed.Until(builder.Limits):HH:mm}",
                    pool.Pool.Name.Value
                );
                LeaveIdle(builder, pool, "nothing is installed before its packages can be had, and others could use it");
            }
        }

        foreach (
            var pool in builder.Pools.Where(pool => pool.Staying.Count < pool.Pool.Size && !MayJoin(builder, pool.Pool.Role))
        )
        {
            WaitForUpgrade(builder, pool);
        }

        LeaveStrangers(builder);
        if (Take(builder, inventory))
        {
            DeployAllocated(builder);
        }
    }

    private static void LeaveIdle(PlanBuilder builder, PoolState pool, string why)
    {
        foreach (var idle in pool.Wanted.Where(seen => seen.Member.State is MachineState.Selected or MachineState.Allocated))
        {
            ScaleDown.Leave(builder, idle, RemovalKind.ScaleDown, why);
        }
    }

    private static PackageFailure? Pause(PlanBuilder builder) =>
        builder.Observed.PackageFailure is { } failed && failed.Pauses(builder.Limits, builder.Now) ? failed : null;

    // Whoever was taken before the virtual IP was known, and cannot announce it, is given back before it is installed.
    private static void LeaveStrangers(PlanBuilder builder)
    {
        if (VirtualIpPlace.Of(builder.Desired, builder.Observed) is not { } place)
        {
            return;
        }

        foreach (
            var seen in builder.Observed.Members.Where(seen =>
                seen.Member is { Role: PoolRole.ControlPlane, State: MachineState.Allocated }
                && seen.Maas.ValueOrDefault?.Hardware is { } hardware
                && !place.Fits(hardware.Networks)
                && builder.Unwanted(seen) is null
                && !builder.Leaves(seen.Id)
            )
        )
        {
            ScaleDown.Leave(builder, seen, RemovalKind.ScaleDown, $"it has no address in {place.Text}");
        }
    }

    private static void WaitForUpgrade(PlanBuilder builder, PoolState pool)
    {
        var controlPlane = builder.Pools[0];
        var why = builder.Successors.IsRefused(controlPlane) ? $", which waits for a machine for {controlPlane.Pool.Name}" : "";
        builder.Wait(
            Reasons.Upgrading,
            $"{pool.Pool.Name} lacks {Counted.Of(pool.Pool.Size - pool.Staying.Count, "machine")}: no machine is taken before the "
                + $"control plane is ready for Kubernetes {builder.Goal}{why}."
        );
    }

    /// <summary>The shortfalls of the pools, and the machines beyond their size for replacements.</summary>
    public static (IReadOnlyList<Shortfall> Lacking, IReadOnlyList<Shortfall> Spare) Shortfalls(PlanBuilder builder)
    {
        var lacking = new List<Shortfall>();
        var spare = new List<Shortfall>();
        var architectures = builder.Observed.Architectures;
        var virtualIp = VirtualIpPlace.Of(builder.Desired, builder.Observed);
        foreach (var pool in builder.Pools)
        {
            var again = InstalledAgain(builder, pool);
            var replaces = pool.Unwanted.Count > 0 && Replacement.MayRoll(builder, pool);
            var room = pool.Pool.Size + pool.Surge - pool.Occupied;
            var most = replaces ? pool.Pool.Size - pool.Wanted.Count : pool.Pool.Size - pool.Staying.Count;
            var count = Math.Max(0, Math.Min(room, most) - again);
            var missing = Math.Min(count, Math.Max(0, pool.Pool.Size - pool.Staying.Count - again));
            ValueList<SystemId> replaced = [.. Replacement.InOrder(builder, pool).Select(seen => seen.Id)];
            if (missing > 0 && MayTake(builder, pool))
            {
                lacking.Add(
                    new Shortfall(pool.Pool, missing)
                    {
                        Replaced = replaced,
                        Architectures = architectures,
                        VirtualIp = virtualIp,
                    }
                );
            }

            if (count > missing && MayTake(builder, pool))
            {
                spare.Add(
                    new Shortfall(pool.Pool, count - missing)
                    {
                        Replaced = replaced,
                        Architectures = architectures,
                        VirtualIp = virtualIp,
                        IsSpare = true,
                    }
                );
            }
        }

        return (lacking, spare);
    }

    // A machine that failed for its endpoint takes its own place again: people were told to put its address there.
    private static int InstalledAgain(PlanBuilder builder, PoolState pool) =>
        builder.Observed.Members.Count(seen =>
            seen.Member is { Excuse: not null, State: MachineState.Failed or MachineState.Releasing }
            && seen.Member.Pool == pool.Pool.Name
        );

    public static void RefuseImage(PlanBuilder builder)
    {
        var image = builder.Observed.MissingImage ?? builder.Desired.Image;
        var what =
            builder.Desired.EtcdRoll is { } roll && image == roll.Image
                ? $"{image}, with which the control planes of Kubernetes {roll.Stays} get etcd {roll.Tag} before the upgrade,"
                : image.Value;
        builder.Refuse(
            Reasons.ImageMissing,
            builder.Observed.ImageProgress is { } uploaded
                    ? $"image: the upload of {what} to MAAS has not ended, at "
                        + $"{uploaded.ToString("0.#", CultureInfo.InvariantCulture)} %; it goes on with gantry image upload"
                : builder.Observed.ImageChoice is { } made && made.Chosen != made.Prepared && image == made.Chosen
                    ? $"image: MAAS has neither {made.Prepared} nor {made.Stock} that can be deployed; import or upload one, or choose "
                        + "another"
                : $"image: MAAS has no image {what} that can be deployed; import or upload it, or choose another"
        );
    }

    private static InstallFailure? IsSuspect(PlanBuilder builder, MachinePool pool) =>
        builder.Observed.InstallFailures.FirstOrDefault(failure =>
            failure.Pool == pool.Name && failure.Machines >= builder.Limits.FailuresAlike
        );

    private static bool MayTake(PlanBuilder builder, PoolState pool)
    {
        if (IsSuspect(builder, pool.Pool) is not null || Pause(builder) is not null)
        {
            return false;
        }

        return MayJoin(builder, pool.Pool.Role);
    }

    /// <summary>Whether the cluster is ready for machines of the desired version.</summary>
    private static bool MayJoin(PlanBuilder builder, PoolRole role) =>
        role is PoolRole.Worker ? Versions.WorkersMayJoin(builder) : Versions.ControlPlanesMayJoin(builder);

    /// <returns>Whether machines may be taken and deployed now.</returns>
    private static bool Take(PlanBuilder builder, Inventory inventory)
    {
        var (lacking, spare) = Shortfalls(builder);
        var undeployed = builder
            .Observed.Members.Where(seen =>
                seen.Member.State is MachineState.Selected or MachineState.Allocated
                && builder.Unwanted(seen) is null
                && !builder.Leaves(seen.Id)
            )
            .ToList();
        if (lacking.Count is 0 && spare.Count is 0 && undeployed.Count is 0)
        {
            return false;
        }

        switch (builder.Observed.Image)
        {
            case Observation<ImageName>.Absent:
                RefuseImage(builder);
                return false;
            case Observation<ImageName>.Unknown unknown:
                builder.Wait(
                    Reasons.Observing,
                    $"Whether MAAS has the image {builder.Desired.Image} is not known: {unknown.Reason}."
                );
                return false;
        }

        var choice = Placement.Choose(builder.Desired, lacking, builder.Observed, inventory);
        WaitingLine.Refuse(builder, lacking, [.. choice.Blockers.Select(blocker => WithLosses(builder, blocker))], inventory);

        // A new cluster takes all of its machines or none, so that it does not hold machines idle.
        var first = builder.Observed.Members.Count is 0;
        if (first && choice.Blockers.Count > 0)
        {
            builder.Lacking = [.. lacking];
            return false;
        }

        var picks = choice.Picks.Concat(ChooseSpare(builder, spare, inventory, choice.Picks)).ToList();
        builder.Lacking = StillLacking(lacking.Concat(spare), picks);
        EndpointPlan.Reserve(builder, picks.Count > 0);
        foreach (var seen in undeployed.Where(seen => seen.Member.State is MachineState.Selected))
        {
            var member = seen.Member;
            builder.Do(
                new Step.Allocate(
                    member.Machine,
                    member.Hostname,
                    member.Zone,
                    member.Pool,
                    member.Role,
                    "it was chosen and its allocation is not confirmed"
                )
            );
        }

        var lost = builder
            .Pools.SelectMany(pool => LostMachine.Missing(builder.Observed, pool.Pool, pool.Staying.Count))
            .ToLookup(loss => loss.Pool);
        var taken = new List<DnsLabel>();
        foreach (var pick in picks)
        {
            var pool = pick.Pool.Name;
            var loss = lost[pool].ElementAtOrDefault(taken.Count(before => before == pool))?.Message;
            taken.Add(pool);
            var reason = string.Join("; ", new[] { pick.Reason, loss, LastChoice(pick) }.OfType<string>());
            builder.Do(new Step.Allocate(pick.Machine, pick.Hostname, pick.Zone, pool, pick.Pool.Role, reason));
        }

        return true;
    }

    private static string? LastChoice(Pick pick) => pick.LastChoice is { } why ? $"the last choice: {why}" : null;

    // Who released a machine in MAAS, or marked it broken, is told why the cluster asks for another.
    private static Blocker WithLosses(PlanBuilder builder, Blocker blocker)
    {
        if (builder.Pools.FirstOrDefault(state => state.Pool.Name.Value == blocker.Subject) is not { } pool)
        {
            return blocker;
        }

        var losses = LostMachine
            .Missing(builder.Observed, pool.Pool, pool.Staying.Count)
            .Select(lost =>
                lost is { How: Loss.Released } && lost.FreeFrom(builder.Limits) is var from && from > builder.Now
                    ? $"{lost.Message}, and it is left alone until {from:HH:mm}"
                    : lost.Message
            );
        return blocker with { Message = string.Join("; ", [blocker.Message, .. losses]) };
    }

    private static ValueList<Shortfall> StillLacking(IEnumerable<Shortfall> asked, List<Pick> picks) =>
        [
            .. asked
                .GroupBy(shortfall => shortfall.Pool.Name)
                .Select(pool =>
                    pool.First() with
                    {
                        Count = pool.Sum(shortfall => shortfall.Count) - picks.Count(pick => pick.Pool.Name == pool.Key),
                    }
                )
                .Where(shortfall => shortfall.Count > 0),
        ];

    private static IEnumerable<Pick> ChooseSpare(
        PlanBuilder builder,
        IReadOnlyList<Shortfall> spare,
        Inventory inventory,
        IReadOnlyList<Pick> taken
    )
    {
        if (spare.Count is 0)
        {
            return [];
        }

        var left = new Inventory(() =>
            inventory.Turn with
            {
                Free = [.. inventory.Free.Where(free => taken.All(pick => pick.Machine != free.Machine))],
            }
        );
        var observed = builder.Observed with { Members = [.. builder.Observed.Members, .. taken.Select(AsMember)] };
        var choice = Placement.Choose(builder.Desired, spare, observed, left);
        foreach (var (pool, _) in spare.Where(shortfall => choice.Picks.All(pick => pick.Pool != shortfall.Pool)))
        {
            var state = builder.Pools.First(state => state.Pool == pool);
            var goesOn = state.Wanted.Any(seen => !PoolState.IsReady(seen));
            if (!goesOn)
            {
                builder.Successors.Refuse(state, Replacement.InOrder(builder, state).First(), left);
            }
        }

        return choice.Picks.Select(pick =>
            pick with
            {
                Reason = $"takes the place of another in {pick.Pool.Name}, zone {pick.Zone}",
            }
        );
    }

    private static MemberObservation AsMember(Pick pick) =>
        DryRun.Sight(
            new Member
            {
                Machine = pick.Machine,
                Hostname = pick.Hostname,
                Pool = pick.Pool.Name,
                Role = pick.Pool.Role,
                Zone = pick.Zone,
                State = MachineState.Selected,
                Since = default,
                Intent = "",
            },
            hardware: null
        );

    private static void DeployAllocated(PlanBuilder builder)
    {
        if (builder.Observed.Endpoint is not { Taken: true } || Pause(builder) is not null)
        {
            return;
        }

        // Two machines that run kubeadm init with the same keys would be two clusters behind one endpoint.
        // A machine that joined the one before keeps its etcd alive until MAAS has it back.
        var begun = builder
            .Observed.Members.Select(seen => seen.Member)
            .Where(member =>
                member.Role is PoolRole.ControlPlane
                && (member.Initializes || (!member.Stays && (member.AdmittedAt ?? member.JoinedAt) is not null))
            )
            .ToList();
        var initializing = builder.Observed.Initialized || begun.Exists(member => member.Stays);
        var leaving = begun.Find(member => !member.Stays);
        foreach (
            var seen in builder.Observed.Members.Where(seen =>
                seen.Member.State is MachineState.Allocated
                && builder.Unwanted(seen) is null
                && !builder.Leaves(seen.Id)
                && builder.Pools.Any(pool => pool.Pool.Name == seen.Member.Pool && IsSuspect(builder, pool.Pool) is null)
            )
        )
        {
            var member = seen.Member;
            switch (seen.Maas)
            {
                case Observation<MaasFacts>.Present { Value.Locked: true }:
                    builder.Refuse(
                        Reasons.MachineLocked,
                        $"{member.Hostname} is locked in MAAS; unlock it to go on",
                        member.Hostname
                    );
                    continue;
                case Observation<MaasFacts>.Present { Value.Progress: MaasProgress.Allocated }:
                    break;
                case Observation<MaasFacts>.Present { Value: var facts }:
                    builder.Wait(
                        Reasons.MachineOutOfService,
                        $"{member.Hostname} cannot be deployed now; MAAS: {facts.Message}.",
                        member.Machine
                    );
                    continue;
                default:
                    builder.Wait(
                        Reasons.Observing,
                        $"MAAS has not shown {member.Hostname} since it was allocated.",
                        member.Machine
                    );
                    continue;
            }

            if (!MayJoin(builder, member.Role))
            {
                builder.Wait(
                    Reasons.Upgrading,
                    $"{member.Hostname} is installed when the cluster is ready for Kubernetes " + $"{builder.Goal}.",
                    member.Machine
                );
                continue;
            }

            var bootstrap = Bootstrap.JoinWorker;
            if (member.Initializes)
            {
                bootstrap = Bootstrap.InitControlPlane;
            }
            else if (member.Role is PoolRole.ControlPlane && !initializing && leaving is not null)
            {
                initializing = true;
                builder.Wait(
                    Reasons.Releasing,
                    $"{member.Hostname} becomes the first control plane when MAAS has {leaving.Hostname} back, which began "
                        + "before it.",
                    member.Machine
                );
                continue;
            }
            else if (member.Role is PoolRole.ControlPlane)
            {
                bootstrap = initializing ? Bootstrap.JoinControlPlane : Bootstrap.InitControlPlane;
                initializing = true;
            }

            var image = builder.Desired.InstallsPackages
                ? $"{builder.Desired.Image} with packages of Kubernetes {builder.Desired.KubernetesVersion}"
                : $"{builder.Desired.Image}";
            builder.Do(
                new Step.Deploy(
                    member.Machine,
                    bootstrap,
                    bootstrap switch
                    {
                        Bootstrap.InitControlPlane => $"{image}: the first control plane, runs kubeadm init",
                        Bootstrap.JoinControlPlane => $"{image}: joins the control plane when its turn comes",
                        _ => $"{image}: joins as a worker of {member.Pool}",
                    }
                )
            );
        }
    }
}

/// <param name="Count">Machines missing in the pool.</param>
public sealed record Shortfall(MachinePool Pool, int Count)
{
    /// <summary>How many of them take the place of machines that the pool had and lost.</summary>
    public int Lost { get; init; }

    /// <summary>How many of them take the place of machines that the pool has and is to give back.</summary>
    public int Replacing { get; init; }

    /// <summary>Machines of the pool that are to be replaced, in the order in which they leave.</summary>
    public ValueList<SystemId> Replaced { get; init; } = [];

    /// <summary>The machines come before the ones that they replace leave.</summary>
    public bool IsSpare { get; init; }

    /// <summary>Architectures that MAAS has the image for; empty when they are not known.</summary>
    public ValueList<string> Architectures { get; init; } = [];

    /// <summary>Where the cluster's virtual IP is; <c>null</c> when it has none or nobody knows.</summary>
    public VirtualIpPlace? VirtualIp { get; init; }

    public IReadOnlyList<Constraint> Constraints => Constraint.Of(Pool, Architectures, VirtualIp);
}
