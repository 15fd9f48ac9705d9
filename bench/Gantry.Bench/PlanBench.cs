using System.Diagnostics;
using System.Globalization;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Bench;

/// <summary>The planner alone: one 3+5 cluster chosen from an inventory.</summary>
public static class PlanBench
{
    private const int Rounds = 200;

    public static void Run(int machines)
    {
        var inventory = new Inventory([.. Enumerable.Range(0, machines).Select(Machine)]);
        var cluster = Cluster();
        var observed = ClusterObservation.Nothing with { Image = new Observation<ImageName>.Present(cluster.Image) };
        var now = DateTimeOffset.UnixEpoch;
        var took = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            var started = Stopwatch.GetTimestamp();
            var plan = Planner.Plan(cluster, observed, inventory, now);
            took.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            if (plan.Steps.Count < 8)
            {
                throw new InvalidOperationException("the planner planned nothing");
            }
        }

        took.Sort();
        System.Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"plan of a 3+5 cluster over {machines} machines: median {took[Rounds / 2]:0.00} ms, 99th per cent "
                    + $"{took[Rounds * 99 / 100]:0.00} ms   ≤ 5 ms"
            )
        );
    }

    private static Candidate Machine(int index) =>
        new(
            new SystemId($"m{index:00000}"),
            $"node-{index}",
            $"az{(index % 3) + 1}",
            "default",
            8 << (index % 4),
            32 * 1024 << (index % 4),
            480_000_000_000,
            "amd64",
            index % 7 == 0 ? ["gpu"] : []
        );

    private static ClusterSpec Cluster() =>
        new()
        {
            Id = new ClusterId("c1"),
            Name = DnsLabel.Parse("bench"),
            Account = new AccountId("a1"),
            KubernetesVersion = KubernetesVersion.Parse("1.33.5"),
            Image = ImageName.Parse("custom/ubuntu-24.04-k8s-1.33.5"),
            Endpoint = new EndpointChoice.VirtualIp(),
            Pools =
            [
                new MachinePool
                {
                    Name = DnsLabel.Parse("control-plane"),
                    Role = PoolRole.ControlPlane,
                    Size = 3,
                    Placement = new PoolPlacement { Zones = ["az1", "az2", "az3"] },
                },
                new MachinePool
                {
                    Name = DnsLabel.Parse("workers"),
                    Role = PoolRole.Worker,
                    Size = 5,
                    Placement = new PoolPlacement
                    {
                        MinCpu = 16,
                        MinMemoryMiB = 64 * 1024,
                        Tags = ["gpu"],
                    },
                },
            ],
        };
}
