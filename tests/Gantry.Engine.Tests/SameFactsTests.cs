using CsCheck;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests;

/// <summary>
/// I14 in a whole engine: whatever happens in a data centre, the plan that a person is shown begins with what the engine
/// plans when the change arrives at that moment, and names the same obstacles in the same words.
/// </summary>
public sealed class SameFactsTests
{
    [Fact]
    public void The_plan_of_a_change_is_what_the_engine_plans_when_the_change_arrives() =>
        Gen.Select(Gen.Int[4, 9], Gen.Int[0, 999].Array[4, 12])
            .Sample(
                (machines, dice) =>
                {
                    using var story = new Story(machines);
                    foreach (var die in dice)
                    {
                        story.Happen(die);
                    }
                },
                iter: 40,
                threads: 1
            );

    // The releases of a change that is put back at once have ended, and no run has stored that yet.
    [Fact]
    public void A_plan_counts_with_the_machines_whose_release_has_just_ended()
    {
        using var story = new Story(machines: 4);
        var waiting = Some.Cluster(controlPlanes: 5, workers: 1, name: "waiting");
        var cluster = Some.Cluster(controlPlanes: 3) with { CreatedAt = waiting.CreatedAt.AddMinutes(1) };
        story.Ask(waiting);
        story.Pass(TimeSpan.FromMinutes(1));
        foreach (var (size, generation) in ((int, long)[])[(3, 1), (1, 2), (3, 3)])
        {
            story.Ask(cluster.WithControlPlanes(size) with { Generation = generation });
            story.Pass(TimeSpan.Zero);
            story.Ask(waiting);
        }
    }

    private sealed class Story : IDisposable
    {
        private static readonly DateTimeOffset Created = new(2026, 11, 1, 7, 0, 0, TimeSpan.Zero);

        private readonly EngineInWorld _place;
        private readonly List<ClusterSpec> _clusters = [];
        private readonly List<string> _history;
        private readonly int _machines;

        public Story(int machines)
        {
            _machines = machines;
            _history = [$"{machines} machines"];
            _place = new EngineInWorld(machines);

            // The person and the engine ask at the same moment, so no answer may be under way.
            _place.Script.IsInstant = true;
            _place.Start();
        }

        public void Dispose() => _place.Dispose();

        public void Happen(int die)
        {
            var (kind, choice) = (die % 12, die / 12);
            switch (kind)
            {
                case 0 or 1 or 2:
                    Ask(
                        Some.Cluster(Pick(choice, 1, 1, 3, 5), choice % 3, $"c{_clusters.Count}") with
                        {
                            CreatedAt = Created.AddMinutes(_clusters.Count),
                        }
                    );
                    break;
                case 3 when Cluster(choice) is { } grown:
                    Ask(grown.WithWorkers(Pick(choice, 0, 1, 2, 4)));
                    break;
                case 4 when Cluster(choice) is { } rolled:
                    Ask(
                        rolled.WithImage(Pick(choice, "ubuntu/questing", "custom/none")) with
                        {
                            Generation = rolled.Generation + 1,
                        }
                    );
                    break;
                case 5 when Cluster(choice) is { } resized:
                    Ask(resized.WithControlPlanes(Pick(choice, 1, 3, 5)) with { Generation = resized.Generation + 1 });
                    break;
                case 6
                    when Cluster(choice) is { } replaced
                        && _place.Statuses.TryGetValue(replaced.Id, out var status)
                        && status.Machines is [.., var last]:
                    Ask(replaced with { Generation = replaced.Generation + 1, Replace = [last.SystemId] });
                    break;
                case 7 when Cluster(choice) is { } leaving:
                    Ask(leaving.Deleted(_place.Time.Now));
                    break;
                case 8:
                    Note("a machine fails to deploy");
                    Machine(choice).FailsToDeploy = true;
                    break;
                case 9 when Inside(choice) is { } inside:
                    Note("a machine hangs, its node falls silent and its member of etcd with it");
                    var node = inside.Nodes.Keys.Order(StringComparer.Ordinal).ElementAt(choice % inside.Nodes.Count);
                    _place.Machines.Hang(inside.Nodes[node].Machine);
                    break;
                case 10 when Cluster(choice) is { } cut && Inside(choice) is not null:
                    Note("an API server stops or starts to answer");
                    _place.Cut(cut, !_place.Script.Unreachable.Contains(cut.Id));
                    break;
                default:
                    Note("a machine is locked or unlocked");
                    var locked = Machine(choice);
                    if (locked.Locked || locked.Status is MaasStatus.Deployed or MaasStatus.Deploying)
                    {
                        _place.Lock(locked.Id, !locked.Locked);
                    }

                    break;
            }

            Pass(TimeSpan.FromMinutes(Pick(choice, 0, 1, 3, 8, 20, 40)));
            if (Cluster(choice) is { } again)
            {
                Ask(again);
            }
        }

        public void Ask(ClusterSpec cluster)
        {
            Note(
                $"{cluster.Name} generation {cluster.Generation}: "
                    + $"{string.Join(", ", cluster.Pools.Select(pool => $"{pool.Name} {pool.Size}"))} {cluster.Image} "
                    + $"{cluster.Deletion}"
            );
            var refused = _place.Engine.FindLastRefusals(cluster.Id).Select(refusal => refusal.Message).ToHashSet();
            var asked = _place.Now(() => _place.Engine.PlanAsync(cluster, default));
            _clusters.RemoveAll(known => known.Id == cluster.Id);
            _clusters.Add(cluster);
            _place.Want(cluster);
            if (_place.Engine.FindLastPlan(cluster) is not { } plan)
            {
                // Nothing was ever built and nothing is to be given back.
                Assert.NotNull(cluster.Deletion);
                return;
            }

            Same(
                plan.Steps.Select(step => $"{step.Name} {step.Target} {step.Reason}"),
                asked.Steps.Take(plan.Steps.Count).Select(step => $"{step.Action} {step.Machine} {step.Reason}")
            );
            var pending = plan.Pending.Select(wait => wait.Message).Where(message => !refused.Contains(message)).ToList();
            Same(pending, asked.Pending.Where(message => !refused.Contains(message)).Take(pending.Count));
            var blockers = plan.Blockers.Where(blocker => !refused.Contains(blocker.Message)).ToList();
            Same(
                blockers.Select(blocker => $"{blocker}"),
                asked
                    .Blockers.Where(blocker => !refused.Contains(blocker.Message))
                    .Take(blockers.Count)
                    .Select(blocker => $"{blocker}")
            );
        }

        private void Same(IEnumerable<string> engine, IEnumerable<string> asked)
        {
            var (one, other) = (string.Join('\n', engine), string.Join('\n', asked));
            Assert.True(
                one == other,
                $"{string.Join('\n', _history)}\nthe engine plans\n{one}\nand the person was shown\n{other}"
            );
        }

        public void Pass(TimeSpan span)
        {
            Note($"{span.TotalMinutes} minutes pass");
            _place.Pass(span);
        }

        private void Note(string happened) => _history.Add($"{_place.Time.Now:HH:mm:ss} {happened}");

        private ClusterSpec? Cluster(int choice) =>
            _clusters.FindAll(cluster => cluster.Deletion is null) is { Count: > 0 } living
                ? living[choice % living.Count]
                : null;

        private WorldMachine Machine(int choice) => _place[$"m{(choice % _machines) + 1:00}"];

        private WorldCluster? Inside(int choice) =>
            Cluster(choice) is { } cluster && _place.Machines.Find(cluster.Id) is { Nodes.Count: > 0 } inside ? inside : null;

        private static T Pick<T>(int choice, params T[] values) => values[choice % values.Length];
    }
}
