using CsCheck;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;
using Gantry.Lab.Maas;
using Gantry.Lab.Maas.Inventory;
using Gantry.Lab.Maas.Rows;
using Gantry.Lab.Store;
using Gantry.Simulator.Time;
using Gantry.Simulator.World;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Simulator.Tests;

/// <summary>
/// Compares the simulator's region with the lab's: both accept and refuse the same operations and have the same states at the
/// same times.
/// </summary>
public sealed class WorldRegionTests
{
    private static readonly MaasUser[] Users = [new("gantry", IsAdmin: false), new("admin", IsAdmin: true)];

    private static readonly string[] Operations =
    [
        "read",
        "allocate",
        "deploy",
        "release",
        "erase",
        "abort",
        "lock",
        "unlock",
        "mark_broken",
        "mark_fixed",
        "power_on",
        "power_off",
        "commission",
        "annotate",
        "wait",
    ];

    [Fact]
    public void Model_and_implementation_agree_on_random_sequences_of_operations() =>
        (
            from seed in Gen.Int[0, 1000]
            from operations in Gen.Select(Gen.Int[0, Operations.Length - 1], Gen.Int[0, 3], Gen.Int[0, 1], Gen.Int[1, 900]).Array[
                1,
                60
            ]
            from fails in Gen.Int[0, 5]
            select (seed, operations, fails)
        ).Sample(
            run =>
            {
                var both = new Both(run.seed, run.fails);
                foreach (var (operation, machine, user, seconds) in run.operations)
                {
                    both.Do(Operations[operation], machine, Users[user], TimeSpan.FromSeconds(seconds));
                }
            },
            iter: 300
        );

    private sealed class Both
    {
        private static readonly DateTimeOffset Start = new(2026, 11, 1, 8, 0, 0, TimeSpan.Zero);

        private readonly FakeTimeProvider _labTime = new(Start);
        private readonly VirtualTime _worldTime = new(Start);
        private readonly LabRegion _lab;
        private readonly WorldRegion _world;
        private readonly List<string> _history = [];

        public Both(int seed, int fails)
        {
            _lab = new LabRegion(
                new LabRegionOptions
                {
                    Speed = 1,
                    Seed = seed,
                    Inventory = new GeneratedInventory(1, 12, "127.7.0.0/16", 0),
                },
                new MemoryLabStore(),
                null,
                _labTime
            );
            _world = new WorldRegion(_worldTime, seed, "gantry");
            foreach (
                var row in _lab
                    .State.MachinesById.Where(row => row is { Status: MaasStatus.Ready, PowerType: not "manual" })
                    .Take(4)
                    .ToList()
            )
            {
                var index = _world.Machines.Count;
                _lab.State.Machines.Put(row with { FailsToDeploy = fails == index, HangsOnDeploy = fails == index + 3 });
                _world.Add(
                    new WorldMachine
                    {
                        Index = index,
                        Id = new SystemId(row.SystemId),
                        Hostname = row.Hostname,
                        Address = $"10.0.0.{index + 1}",
                        Zone = "az1",
                        Pool = "default",
                        Tags = [],
                        Cpu = row.CpuCount,
                        MemoryMiB = row.Memory,
                        Disk = 1,
                        Power = row.PowerState,
                        FailsToDeploy = fails == index,
                        HangsOnDeploy = fails == index + 3,
                    }
                );
            }
        }

        public void Do(string operation, int number, MaasUser user, TimeSpan wait)
        {
            if (operation is "wait")
            {
                _history.Add($"wait {wait}");
                Pass(wait);
            }
            else
            {
                var machine = _world.Machines[number % _world.Machines.Count];
                var lab = CallLab(operation, machine.Id.Value, user);
                var world = CallWorld(operation, machine.Id, user);
                _history.Add($"{user.Name} {operation} {machine}: {lab}");
                Assert.True(lab == world, $"{string.Join('\n', _history)}\nthe lab says {lab}, the simulator {world}");
            }

            foreach (var machine in _world.Machines)
            {
                var row = _lab.State.Machines.Find(machine.Id.Value)!;
                var there = (
                    row.Status,
                    row.Owner,
                    row.AgentName,
                    row.Locked,
                    row.PowerState,
                    row.Nics.Any(nic => nic.Ip is not null)
                );
                var here = (machine.Status, machine.Owner, machine.Agent, machine.Locked, machine.Power, machine.HasAddress);
                Assert.True(
                    there == here,
                    $"{string.Join('\n', _history)}\n{machine}: the lab has {there}, the simulator {here}"
                );
            }
        }

        private void Pass(TimeSpan wait)
        {
            var end = _labTime.GetUtcNow() + wait;
            while (_lab.NextDue is { } due && due <= end)
            {
                _labTime.SetUtcNow(due);
                _lab.Advance();
            }

            _labTime.SetUtcNow(end);
            while (_worldTime.Next(end.UtcTicks)) { }
        }

        private RegionFailure? CallLab(string operation, string id, MaasUser user)
        {
            List<KeyValuePair<string, string>> form = operation switch
            {
                "allocate" => [new("system_id", id), new("agent_name", "intent")],
                "deploy" => [new("user_data", "document")],
                "erase" => [new("erase", "true"), new("quick_erase", "true")],
                "annotate" => [new("key", "value")],
                _ => [],
            };
            var answer = _lab.Handle(
                new RegionRequest
                {
                    Method = operation is "read" ? "GET" : "POST",
                    Path = operation is "allocate" ? "machines/" : $"machines/{id}/",
                    Operation = operation switch
                    {
                        "read" => null,
                        "erase" => "release",
                        "annotate" => "set_workload_annotations",
                        _ => operation,
                    },
                    Form = new Parameters(form),
                    User = new UserRow(user.Name, "", user.IsAdmin),
                }
            );
            return answer.Status switch
            {
                200 => null,
                409 => RegionFailure.Conflict,
                403 => RegionFailure.Forbidden,
                404 => RegionFailure.NotFound,
                400 => RegionFailure.Invalid,
                _ => RegionFailure.Unreachable,
            };
        }

        private RegionFailure? CallWorld(string operation, SystemId id, MaasUser user)
        {
            try
            {
                switch (operation)
                {
                    case "read":
                        return _world.Find(user, id) switch
                        {
                            Observation<RegionMachine>.Unknown => RegionFailure.Forbidden,
                            Observation<RegionMachine>.Absent => RegionFailure.NotFound,
                            _ => null,
                        };
                    case "allocate":
                        _world.Allocate(user, id, "intent");
                        break;
                    case "deploy":
                        _world.Deploy(user, id, "ubuntu/noble", "document");
                        break;
                    case "release":
                        _world.Release(user, id, ErasePolicy.None);
                        break;
                    case "erase":
                        _world.Release(user, id, ErasePolicy.Quick);
                        break;
                    case "abort":
                        _world.Abort(user, id);
                        break;
                    case "lock":
                        _world.Lock(user, id, locked: true);
                        break;
                    case "unlock":
                        _world.Lock(user, id, locked: false);
                        break;
                    case "mark_broken":
                        _world.MarkBroken(user, id);
                        break;
                    case "mark_fixed":
                        _world.MarkFixed(user, id);
                        break;
                    case "power_on":
                        _world.PowerOn(user, id);
                        break;
                    case "power_off":
                        _world.PowerOff(user, id);
                        break;
                    case "commission":
                        _world.Commission(user, id);
                        break;
                    case "annotate":
                        _world.Annotate(user, id, new Dictionary<string, string>());
                        break;
                }

                return null;
            }
            catch (RegionException refused)
            {
                return refused.Failure;
            }
        }
    }
}
