using CsCheck;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Queueing;
using Gantry.Clusters.Tests.Planning;

namespace Gantry.Clusters.Tests.Queueing;

/// <summary>
/// I13: a cluster that can be built does not wait forever behind one that cannot, and small clusters do not starve a large
/// one. Repairs go before replacements, these before growth, and growth before creation.
/// </summary>
public sealed class MachineQueueTests
{
    [Fact]
    public void No_machine_is_claimed_by_two_clusters() =>
        Queues.Any.Sample(queue =>
        {
            var taken = queue.Requests.SelectMany(request => queue.TakenBy(request)).Select(pick => pick.Machine).ToList();
            Assert.Equal(taken.Count, taken.Distinct().Count());
            foreach (var request in queue.Requests)
            {
                var turn = queue.TurnOf(request);
                var all = turn
                    .Free.Concat(turn.Claims.SelectMany(claim => claim.Machines))
                    .Select(machine => machine.Machine)
                    .ToList();
                Assert.Equal(
                    queue.Free.Select(machine => machine.Machine.Value).Order(),
                    all.Select(machine => machine.Value).Order()
                );
            }
        });

    [Fact]
    public void The_queue_is_the_same_whatever_order_clusters_are_listed_in() =>
        Gen.Select(Queues.Any, Gen.Int)
            .Sample(
                (queue, seed) =>
                {
                    var shuffled = queue with
                    {
                        Requests = [.. queue.Requests.OrderBy(request => HashCode.Combine(seed, request.Name.Value[^1]))],
                    };
                    foreach (var request in queue.Requests)
                    {
                        var (one, other) = (queue.TurnOf(request), shuffled.TurnOf(request));
                        Assert.Equal(one.Free, other.Free);
                        Assert.Equal(one.Claims.Select(Outline), other.Claims.Select(Outline));
                    }
                }
            );

    [Fact]
    public void The_turn_of_a_cluster_depends_on_those_before_it_only() =>
        Queues.Any.Sample(queue =>
            Assert.All(
                queue.Requests,
                request =>
                {
                    var last = request.ByPurpose()[^1];
                    var behind = queue with
                    {
                        Requests = [.. queue.Requests.Where(other => Order.Compare(other.ByPurpose()[0], last) <= 0)],
                    };
                    AssertSame(behind.TurnOf(request), queue.TurnOf(request));
                }
            )
        );

    [Fact]
    public void A_queue_holds_until_the_time_changes_a_turn() =>
        Gen.Select(Queues.Any, Gen.Int[-200, 200])
            .Sample(
                (queue, minutes) =>
                {
                    var later = Queues.Now.AddMinutes(minutes);
                    var made = queue.Make();
                    Assert.True(made.HoldsAt(Queues.Now));
                    if (made.HoldsAt(later))
                    {
                        Assert.All(queue.Requests, request => AssertSame(queue.TurnOf(request, later), made.TurnOf(request)));
                    }
                }
            );

    [Fact]
    public void A_queue_holds_until_kept_machines_are_freed()
    {
        var queue = Region(
            free: 3,
            held: 5,
            Queues.Request("a", age: 2, machines: 5, waitingMinutes: 31),
            Queues.Request("b", age: 1, machines: 1, waitingMinutes: 31)
        );
        var freed = Queues.Now.AddHours(-1);
        queue = queue with { Machines = [.. queue.Machines.Select(machine => machine with { Since = freed })] };

        Assert.True(queue.Make().HoldsAt(freed + Limits.Default.Keep - TimeSpan.FromTicks(1)));
        Assert.False(queue.Make().HoldsAt(freed + Limits.Default.Keep));
    }

    [Fact]
    public void A_queue_holds_no_longer_than_its_supply()
    {
        var supply = new MachineSupply([]) { HoldsUntil = Queues.Now.AddMinutes(5) };
        var queue = new MachineQueue([], supply, Queues.Now, Limits.Default);

        Assert.True(queue.HoldsAt(Queues.Now.AddMinutes(4)));
        Assert.False(queue.HoldsAt(Queues.Now.AddMinutes(5)));
        Assert.False(queue.HoldsAt(Queues.Now.AddMinutes(-1)));
    }

    [Fact]
    public void A_hypothetical_cluster_does_not_wait_for_its_stored_request()
    {
        var queue = Region(free: 1, held: 0, Queues.Request("a", age: 2, machines: 1));

        var turn = queue.TurnOf(queue.Requests[0] with { CreatedAt = DateTimeOffset.MaxValue });

        Assert.Empty(turn.Claims);
        Assert.Single(turn.Free);
    }

    [Fact]
    public void Setting_an_equal_request_is_no_change()
    {
        var requests = new MachineRequests([Queues.Request("a", age: 2, machines: 1)]);
        var version = requests.Version;

        requests.Set(Queues.Request("a", age: 2, machines: 1));
        Assert.Equal(version, requests.Version);
        requests.Set(Queues.Request("a", age: 2, machines: 2));
        Assert.NotEqual(version, requests.Version);
        Assert.Equal(2, Assert.Single(requests).Machines);
        requests.Set(requests.Single() with { Missing = [] });
        Assert.Empty(requests);
    }

    [Fact]
    public void Who_goes_first_gets_the_same_machines_as_alone() =>
        Queues.Any.Sample(queue =>
        {
            var first = queue.Requests.SelectMany(request => request.ByPurpose()).Order(Order).First();
            var mine = queue.Requests.Single(request => request.Cluster == first.Cluster);
            Assert.Equal(queue.ChoiceOf(first, queue.Free).Picks, queue.ChoiceOf(first, queue.TurnOf(mine).Free).Picks);
        });

    [Fact]
    public void A_repair_goes_before_growth_and_growth_before_a_new_cluster_whatever_their_age()
    {
        var created = Queues.Request("created", age: 3, machines: 2);
        var grows = Queues.Running("grows", age: 2, lost: 0, more: 2);
        var repairs = Queues.Running("repairs", age: 1, lost: 1, more: 0);

        Assert.Equal(["repairs"], TakersOf(Region(free: 1, held: 9, created, grows, repairs)));
        Assert.Equal(["grows", "grows", "repairs"], TakersOf(Region(free: 3, held: 9, created, grows, repairs)));
        Assert.Equal(
            ["created", "created", "grows", "grows", "repairs"],
            TakersOf(Region(free: 5, held: 9, created, grows, repairs))
        );
    }

    [Fact]
    public void A_replacement_goes_before_growth_and_before_a_new_cluster_that_has_waited_and_behind_a_repair()
    {
        var created = Queues.Request("created", age: 9, machines: 3, waitingMinutes: 600);
        var grows = Queues.Running("grows", age: 3, lost: 0, more: 1, waitingMinutes: 500);
        var rolls = Queues.Running("rolls", age: 2, lost: 0, more: 0, replacing: 1);
        var repairs = Queues.Running("repairs", age: 1, lost: 1, more: 0);

        Assert.Equal(["repairs"], TakersOf(Region(free: 1, held: 9, created, grows, rolls, repairs)));
        Assert.Equal(["repairs", "rolls"], TakersOf(Region(free: 2, held: 9, created, grows, rolls, repairs)));
        Assert.Equal(["grows", "repairs", "rolls"], TakersOf(Region(free: 3, held: 9, created, grows, rolls, repairs)));
    }

    [Fact]
    public void A_roll_does_not_wait_for_the_machines_that_are_kept_for_a_large_new_cluster()
    {
        var queue = Region(
                free: 3,
                held: 5,
                Queues.Request("large", age: 2, machines: 5, waitingMinutes: 31),
                Queues.Running("rolls", age: 1, lost: 0, more: 0, replacing: 1)
            )
            .Change(machine => machine with { Since = Queues.Now });

        Assert.Single(queue.TakenBy(queue.Requests[1]));
        var ahead = Assert.Single(queue.TurnOf(queue.Requests[0]).Claims);
        Assert.Equal((ClaimKind.Takes, Purpose.Replacement), (ahead.Kind, ahead.Purpose));
        Assert.Equal(2, queue.TurnOf(queue.Requests[0]).Own!.Machines.Count);
    }

    [Fact]
    public void The_growth_of_a_cluster_that_lost_a_machine_too_waits_for_the_repairs_of_others()
    {
        var both = Queues.Running("both", age: 3, lost: 1, more: 2, waitingMinutes: 20);
        var repairs = Queues.Running("repairs", age: 1, lost: 1, more: 0, waitingMinutes: 10);

        Assert.Equal(["both"], TakersOf(Region(free: 1, held: 9, both, repairs)));
        Assert.Equal(["both", "repairs"], TakersOf(Region(free: 2, held: 9, both, repairs)));
        Assert.Equal(["both", "both", "repairs"], TakersOf(Region(free: 3, held: 9, both, repairs)));
    }

    [Fact]
    public void Of_two_repairs_the_one_that_has_waited_longer_goes_first()
    {
        var older = Queues.Running("older", age: 9, lost: 1, more: 0, waitingMinutes: 1);
        var longer = Queues.Running("longer", age: 1, lost: 1, more: 0, waitingMinutes: 2);

        Assert.Equal(["longer"], TakersOf(Region(free: 1, held: 9, older, longer)));
    }

    [Fact]
    public void A_new_cluster_that_has_waited_is_built_though_an_older_one_shrinks_and_grows_without_end() =>
        Gen.Select(Gen.Int[1, 5], Gen.Int[1, 5], Gen.Int[1, 100])
            .Sample(
                (size, step, minutes) =>
                {
                    // In each round the older cluster gives machines back and asks for as many again, before the new one looks.
                    var free = new List<DateTimeOffset>();
                    for (var round = 0; round < 100; round++)
                    {
                        var now = Queues.Now.AddMinutes(round * minutes);
                        var created = Queues.Request("created", age: 0, size) with { WaitingSince = Queues.Now };
                        var grows = Queues.Running("grows", age: 9, lost: 0, more: step) with { WaitingSince = now };
                        free.AddRange(Enumerable.Repeat(now, step));
                        var queue = new Queue(
                            [created, grows],
                            [
                                .. free.Select((since, number) => new Machine(Scenes.Machine(number), Where.Free, since)),
                                .. Enumerable
                                    .Range(500, size)
                                    .Select(number => new Machine(Scenes.Machine(number), Where.Held, now)),
                            ]
                        );
                        if (queue.TakenBy(created, now).Count == size)
                        {
                            return;
                        }

                        free.RemoveRange(0, queue.TakenBy(grows, now).Count);
                    }

                    Assert.Fail("the new cluster was never built");
                }
            );

    [Fact]
    public void A_queue_holds_until_a_new_cluster_ranks_with_those_that_grow()
    {
        var queue = Region(free: 1, held: 5, Queues.Request("a", age: 2, machines: 1, waitingMinutes: 10));

        Assert.True(queue.Make().HoldsAt(Queues.Now.AddMinutes(20).AddTicks(-1)));
        Assert.False(queue.Make().HoldsAt(Queues.Now.AddMinutes(20)));
    }

    [Fact]
    public void A_cluster_that_can_be_built_does_not_wait_forever_behind_one_that_cannot() =>
        Queues.Any.Sample(queue =>
        {
            // No further machine is freed or released, and clusters take what they may.
            var still = queue with
            {
                Machines = [.. queue.Machines.Where(machine => machine.Where is not Where.Returning)],
            };
            var later = Queues.Now + Limits.Default.Keep + TimeSpan.FromDays(1);
            while (
                still
                    .Requests.Select(request => (request, picks: still.TakenBy(request, later)))
                    .FirstOrDefault(turn => turn.picks.Count > 0)
                    is { picks: not null } next
            )
            {
                still = Served(still, next.request, next.picks);
            }

            Assert.All(
                still.Requests,
                request =>
                    Assert.False(
                        request.TakesAllOrNone
                            ? still.ChoiceOf(request, still.Free).Blockers.Count is 0
                            : still.ChoiceOf(request, still.Free).Picks.Count > 0,
                        $"{request.Name} finds its machines and waits: {still}"
                    )
            );
        });

    [Fact]
    public void The_oldest_cluster_is_built_when_machines_keep_coming_free_though_younger_ones_want_them() =>
        Gen.Select(Gen.Int[2, 8], Gen.Int[1, 110])
            .Sample(
                (size, minutes) =>
                {
                    // The old cluster has waited; machines are freed one at a time, and a young cluster always wants the
                    // next one.
                    var old = Queues.Request("old", age: 2, size, waitingMinutes: 31);
                    var machines = Enumerable.Range(0, size + 2).Select(number => Scenes.Machine(number)).ToList();
                    var free = new List<Machine>();
                    for (var round = 0; round < size; round++)
                    {
                        var now = Queues.Now.AddMinutes(round * minutes);
                        free.Add(new Machine(machines[round], Where.Free, now));
                        var queue = new Queue(
                            [old, Queues.Request("young", age: 1, machines: 1)],
                            [.. free, .. machines.Skip(round + 1).Select(machine => new Machine(machine, Where.Held, now))]
                        );
                        if (queue.TakenBy(old, now).Count == size)
                        {
                            return;
                        }

                        Assert.Empty(queue.TakenBy(queue.Requests[1], now));
                    }

                    Assert.Fail("the old cluster was never built");
                }
            );

    [Fact]
    public void A_cluster_that_can_never_fit_the_region_does_not_block_the_queue() =>
        Queues.Any.Sample(queue =>
        {
            var giant = Queues.Request("giant", age: 9, machines: queue.Machines.Count + 1, waitingMinutes: 9000);
            var behind = queue with { Requests = [giant, .. queue.Requests] };
            Assert.All(queue.Requests, request => Assert.Equal(queue.TurnOf(request).Free, behind.TurnOf(request).Free));
        });

    [Fact]
    public void A_younger_cluster_goes_ahead_of_one_that_cannot_be_built()
    {
        var queue = Region(
            free: 3,
            held: 5,
            Queues.Request("a", age: 2, machines: 5, waitingMinutes: 600),
            Queues.Request("b", age: 1, machines: 1)
        );

        Assert.Empty(queue.TurnOf(queue.Requests[1]).Claims);
        Assert.Single(queue.TakenBy(queue.Requests[1]));
    }

    [Fact]
    public void A_machine_that_comes_free_is_kept_for_a_cluster_that_has_waited_and_let_go_when_no_other_follows()
    {
        var queue = Region(
            free: 3,
            held: 5,
            Queues.Request("a", age: 2, machines: 5, waitingMinutes: 31),
            Queues.Request("b", age: 1, machines: 1)
        )
            is var all
            ? all with
            {
                Machines = [all.Machines[0] with { Since = Queues.Now }, .. all.Machines.Skip(1)],
            }
            : null!;

        var claim = Assert.Single(queue.TurnOf(queue.Requests[1]).Claims);
        Assert.Equal(
            ("a", ClaimKind.Keeps, 3, Queues.Now + Limits.Default.Keep),
            (claim.Cluster.Value, claim.Kind, claim.Machines.Count, claim.Until!.Value)
        );
        Assert.Equal(3, queue.TurnOf(queue.Requests[0]).Own!.Machines.Count);
        Assert.Empty(queue.TakenBy(queue.Requests[1]));
        Assert.Single(queue.TakenBy(queue.Requests[1], Queues.Now + Limits.Default.Keep));
    }

    [Fact]
    public void Nothing_is_kept_for_a_cluster_before_it_has_waited_for_the_stated_time()
    {
        var queue = Region(
                free: 3,
                held: 5,
                Queues.Request("a", age: 2, machines: 5, waitingMinutes: 29),
                Queues.Request("b", age: 1, machines: 1)
            )
            .Change(machine => machine with { Since = Queues.Now });

        Assert.Empty(queue.TurnOf(queue.Requests[1]).Claims);
    }

    [Fact]
    public void Free_machines_are_kept_for_a_cluster_that_a_deletion_completes()
    {
        var queue = Region(free: 3, held: 5, Queues.Request("a", age: 2, machines: 5), Queues.Request("b", age: 1, machines: 1))
            .Change(machine => machine.Where is Where.Held ? machine with { Where = Where.Returning } : machine);

        Assert.Equal(ClaimKind.Completes, Assert.Single(queue.TurnOf(queue.Requests[1]).Claims).Kind);
    }

    [Fact]
    public void Two_clusters_do_not_count_on_the_same_releasing_machine()
    {
        var queue = Region(
            free: 2,
            held: 1,
            Queues.Request("a", age: 3, machines: 2, minCpu: 0) with
            {
                Members = [],
            },
            Queues.Request("b", age: 2, machines: 2),
            Queues.Request("c", age: 1, machines: 1)
        );
        queue = queue with
        {
            Requests =
            [
                queue.Requests[0] with
                {
                    Missing = [queue.Requests[0].Missing[0] with { Count = 3 }],
                },
                .. queue.Requests.Skip(1),
            ],
            Machines =
            [
                .. queue.Machines.Select(machine =>
                    machine.Where is Where.Held ? machine with { Where = Where.Returning } : machine
                ),
            ],
        };

        Assert.Equal(["a"], queue.TurnOf(queue.Requests[2]).Claims.Select(claim => claim.Cluster.Value));
        Assert.Empty(queue.TurnOf(queue.Requests[2]).Free);
    }

    [Fact]
    public void A_running_cluster_takes_the_available_machines_and_a_new_one_all_or_none()
    {
        var running = Queues.Request("running", age: 2, machines: 4) with { Members = [Queues.Held("m900")] };
        var queue = Region(free: 3, held: 0, running, Queues.Request("new", age: 1, machines: 1));

        Assert.Equal(3, queue.TakenBy(running).Count);
        Assert.Equal(ClaimKind.Takes, Assert.Single(queue.TurnOf(queue.Requests[1]).Claims).Kind);
    }

    [Fact]
    public void A_plan_names_the_missing_machines_and_the_clusters_before_this_one()
    {
        var queue = Region(free: 3, held: 5, Queues.Request("a", age: 2, machines: 3), Queues.Request("b", age: 1, machines: 1));
        var desired = Scenes.Cluster(1, []);

        var plan = Planner.Plan(desired, Scenes.Nothing, new Inventory(() => queue.TurnOf(queue.Requests[1])), Scenes.Now);

        Assert.Empty(plan.Blockers);
        Assert.Empty(plan.Steps);
        Assert.Equal(
            new Wait(Reasons.WaitsForTurn, "Waiting for 1 machine for control-plane behind a: a takes 3 free machines that fit."),
            Assert.Single(plan.Pending)
        );
        Assert.Equal(1, Assert.Single(plan.Lacking).Count);
    }

    [Theory]
    [InlineData(1, 0, "a lost machines and takes 1 free machine that fits.")]
    [InlineData(0, 1, "a replaces machines and takes 1 free machine that fits.")]
    public void A_plan_names_the_repair_or_the_replacement_that_goes_first(int lost, int replacing, string text)
    {
        var queue = Region(
            free: 1,
            held: 5,
            Queues.Request("b", age: 2, machines: 1),
            Queues.Running("a", age: 1, lost, more: 0, replacing: replacing)
        );

        var plan = Planner.Plan(
            Scenes.Cluster(1, []),
            Scenes.Nothing,
            new Inventory(() => queue.TurnOf(queue.Requests[0])),
            Scenes.Now
        );

        Assert.EndsWith($"behind a: {text}", Assert.Single(plan.Pending).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plan_that_lacks_machines_names_those_claimed_by_older_clusters()
    {
        var queue = Region(free: 2, held: 0, Queues.Request("a", age: 2, machines: 2), Queues.Request("b", age: 1, machines: 5));

        var plan = Planner.Plan(
            Scenes.Cluster(5, []),
            Scenes.Nothing,
            new Inventory(() => queue.TurnOf(queue.Requests[1])),
            Scenes.Now
        );

        var blocker = Assert.Single(plan.Blockers);
        Assert.Equal(Reasons.TooFewMachines, blocker.Reason);
        Assert.EndsWith("; a takes 2 free machines that fit", blocker.Message, StringComparison.Ordinal);
    }

    private static QueueOrder Order => new(Queues.Now, Limits.Default);

    /// <summary>The clusters that take machines now, one entry a machine.</summary>
    private static IEnumerable<string> TakersOf(Queue queue) =>
        queue.Requests.SelectMany(request => queue.TakenBy(request).Select(_ => request.Name.Value)).Order();

    private static void AssertSame(Turn one, Turn other)
    {
        Assert.Equal(one.Free, other.Free);
        Assert.Equal(one.Claims.Select(Outline), other.Claims.Select(Outline));
        Assert.Equal(one.Own is { } own ? Outline(own) : default, other.Own is { } others ? Outline(others) : default);
    }

    private static Queue Region(int free, int held, params MachineRequest[] requests) =>
        new(
            requests,
            [
                .. Enumerable
                    .Range(0, free + held)
                    .Select(number => new Machine(
                        Scenes.Machine(number),
                        number < free ? Where.Free : Where.Held,
                        Queues.Now.AddDays(-1)
                    )),
            ]
        );

    private static Queue Served(Queue queue, MachineRequest served, IReadOnlyList<Pick> picks)
    {
        var taken = picks.Select(pick => pick.Machine).ToHashSet();
        var missing = served
            .Missing.Select(shortfall =>
                shortfall with
                {
                    Count = shortfall.Count - picks.Count(pick => pick.Pool == shortfall.Pool),
                    Lost = Math.Max(0, shortfall.Lost - picks.Count(pick => pick.Pool == shortfall.Pool)),
                    Replacing = 0,
                }
            )
            .Where(shortfall => shortfall.Count > 0)
            .ToList();
        return new Queue(
            [
                .. queue.Requests.Where(request => request != served),
                .. missing.Count > 0 ? [served with { Missing = [.. missing] }] : Array.Empty<MachineRequest>(),
            ],
            [
                .. queue.Machines.Select(machine =>
                    taken.Contains(machine.Candidate.Machine) ? machine with { Where = Where.Held } : machine
                ),
            ]
        );
    }

    private static (string Cluster, ClaimKind Kind, string Machines, DateTimeOffset? Until) Outline(Claim claim) =>
        (claim.Cluster.Value, claim.Kind, string.Join(' ', claim.Machines.Select(machine => machine.Machine)), claim.Until);
}
