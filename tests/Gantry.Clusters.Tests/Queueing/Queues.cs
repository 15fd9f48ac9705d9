using CsCheck;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Queueing;
using Gantry.Clusters.Tests.Planning;

namespace Gantry.Clusters.Tests.Queueing;

/// <summary>Waiting clusters and the machines they compete for.</summary>
internal static class Queues
{
    public static DateTimeOffset Now => Scenes.Now;

    public static Gen<Queue> Any { get; } =
        from requests in AnyRequest.Array[1, 6]
        from machines in AnyMachine.Array[0, 14]
        select new Queue(
            [.. requests.Select((request, index) => request(index))],
            [.. machines.Select((machine, index) => machine(index))]
        );

    public static Gen<Turn> Turns { get; } = Any.Select(queue => queue.TurnOf(queue.Requests[^1]));

    public static MachineRequest Request(string name, int age, int machines, int waitingMinutes = 0, int minCpu = 0) =>
        new(new ClusterId($"id-{name}"), DnsLabel.Parse(name), Now.AddDays(-age))
        {
            Missing = [new Shortfall(Pool("control-plane", PoolRole.ControlPlane, machines, minCpu), machines)],
            WaitingSince = Now.AddMinutes(-waitingMinutes),
        };

    /// <summary>
    /// A cluster that ran, and lacks machines that it lost, machines in place of those that it replaces, and more machines that
    /// it was asked to have.
    /// </summary>
    public static MachineRequest Running(string name, int age, int lost, int more, int waitingMinutes = 0, int replacing = 0) =>
        Request(name, age, lost + replacing + more, waitingMinutes) with
        {
            Missing =
            [
                new Shortfall(Pool("control-plane", PoolRole.ControlPlane, 9, 0), lost + replacing + more)
                {
                    Lost = lost,
                    Replacing = replacing,
                },
            ],
            Members = [Held($"held-{name}")],
            Formed = true,
        };

    public static Member Held(string machine) =>
        new()
        {
            Machine = new SystemId(machine),
            Hostname = machine,
            Pool = DnsLabel.Parse("control-plane"),
            Role = PoolRole.ControlPlane,
            State = MachineState.Ready,
            Since = Now.AddDays(-1),
            Intent = "",
        };

    private static Gen<Func<int, MachineRequest>> AnyRequest =>
        from age in Gen.Int[0, 4]
        from size in Gen.Int[1, 5]
        from workers in Gen.Int[0, 3]
        from cpu in Scenes.One(0, 0, 16)
        from holds in Gen.Int[0, 5]
        from lost in Gen.Int[0, 2]
        from replacing in Gen.Int[0, 2]
        from minutes in Gen.Int[-30, 200]
        select (Func<int, MachineRequest>)(
            index => new MachineRequest(new ClusterId($"id-{index}"), DnsLabel.Parse($"c{index}"), Now.AddDays(-age))
            {
                Missing =
                [
                    new Shortfall(Pool("control-plane", PoolRole.ControlPlane, size, 0), size)
                    {
                        Lost = holds is 0 ? Math.Min(lost, size) : 0,
                        Replacing = holds < 2 ? Math.Clamp(replacing, 0, size - (holds is 0 ? Math.Min(lost, size) : 0)) : 0,
                    },
                    .. workers > 0
                        ? [new Shortfall(Pool("workers", PoolRole.Worker, workers, cpu), workers)]
                        : Array.Empty<Shortfall>(),
                ],
                Members = holds < 2 ? [Held($"held-{index}")] : [],
                Formed = holds is 0,
                WaitingSince = Now.AddMinutes(-minutes),
            }
        );

    private static Gen<Func<int, Machine>> AnyMachine =>
        from cpu in Scenes.One(8, 8, 16)
        from place in Scenes.One(Where.Free, Where.Free, Where.Returning, Where.Held)
        from minutes in Gen.Int[0, 300]
        select (Func<int, Machine>)(index => new Machine(Scenes.Machine(index, cpu), place, Now.AddMinutes(-minutes)));

    private static MachinePool Pool(string name, PoolRole role, int size, int minCpu) =>
        new()
        {
            Name = DnsLabel.Parse(name),
            Role = role,
            Size = size,
            Placement = new PoolPlacement { MinCpu = minCpu },
        };
}

internal enum Where
{
    Free,
    Returning,
    Held,
}

internal sealed record Machine(Candidate Candidate, Where Where, DateTimeOffset Since);

/// <summary>The clusters that wait and every machine of their region.</summary>
internal sealed record Queue(IReadOnlyList<MachineRequest> Requests, IReadOnlyList<Machine> Machines)
{
    public IReadOnlyList<Candidate> Free =>
        [.. Machines.Where(machine => machine.Where is Where.Free).Select(machine => machine.Candidate)];

    public MachineSupply Supply =>
        new(Free)
        {
            Returning = [.. Machines.Where(machine => machine.Where is Where.Returning).Select(machine => machine.Candidate)],
            FindRegion = () => [.. Machines.Select(machine => machine.Candidate)],
            FreeSince = id => Machines.First(machine => machine.Candidate.Machine == id).Since,
        };

    public Queue Change(Func<Machine, Machine> change) => this with { Machines = [.. Machines.Select(change)] };

    public Turn TurnOf(MachineRequest mine, DateTimeOffset? now = null) => Make(now).TurnOf(mine);

    public MachineQueue Make(DateTimeOffset? now = null) =>
        new(new MachineRequests(Requests), Supply, now ?? Queues.Now, Limits.Default);

    public Choice ChoiceOf(MachineRequest mine, IReadOnlyList<Candidate> machines) =>
        Placement.Choose(mine.Missing, mine.Members, new Inventory(machines));

    /// <summary>The machines that the cluster would take now; empty where it takes all or none and does not find all.</summary>
    public IReadOnlyList<Pick> TakenBy(MachineRequest mine, DateTimeOffset? now = null)
    {
        var choice = ChoiceOf(mine, TurnOf(mine, now).Free);
        return mine.TakesAllOrNone && choice.Blockers.Count > 0 ? [] : choice.Picks;
    }

    public override string ToString() =>
        string.Join(
            "; ",
            Requests.Select(request =>
                $"{request.Name} age {request.CreatedAt:dd} "
                + $"needs {string.Join('+', request.Missing.Select(missing => missing.Count))} "
                + $"holds {request.Members.Count} since {request.WaitingSince:HH:mm}"
            )
        )
        + " | "
        + string.Join(
            ", ",
            Machines.Select(machine =>
                $"{machine.Candidate.Machine} {machine.Candidate.CpuCount} {machine.Where} {machine.Since:HH:mm}"
            )
        );
}
