using System.Globalization;
using Gantry.Clusters.Model;
using Gantry.Engine.Ports;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.World;
using Gantry.Testing;

namespace Gantry.Engine.Tests;

/// <summary>Changes of a running cluster, each a story to read; the counts of nodes are watched while it is told.</summary>
public sealed class RollTranscriptTests
{
    private static readonly Dictionary<string, Action<Story>> Stories = new(StringComparer.Ordinal)
    {
        ["roll-expand-first.txt"] = ExpandFirst,
        ["roll-contract-first.txt"] = ContractFirst,
        ["roll-surge-2.txt"] = SurgeTwo,
        ["roll-control-plane-3.txt"] = story => RollOfAControlPlane(story, 3),
        ["roll-control-plane-5.txt"] = story => RollOfAControlPlane(story, 5),
        ["upgrade-three-minors.txt"] = UpgradeOverThreeMinorVersions,
        ["upgrade-etcd-one-control-plane.txt"] = story => UpgradeAcrossVersionsOfEtcd(story, 1),
        ["upgrade-etcd-three-control-planes.txt"] = story => UpgradeAcrossVersionsOfEtcd(story, 3),
        ["roll-change-of-mind.txt"] = ChangeOfMind,
        ["roll-no-spare-machine.txt"] = NoSpareMachine,
        ["control-plane-sizes.txt"] = ControlPlaneSizes,
    };

    public static TheoryData<string> Goldens => [.. Stories.Keys];

    public static MatrixTheoryData<string, ulong> RandomOrders => new(Stories.Keys, [2UL, 3UL]);

    [Theory]
    [MemberData(nameof(Goldens))]
    public void A_change_reads_like_its_golden_transcript(string golden)
    {
        using var story = new Story(seed: 1);
        Stories[golden](story);
        story.IsAsAskedFor();
        Golden.Match(story.Text, golden);
    }

    /// <summary>A story checks the fewest and the most machines on the way itself.</summary>
    [Theory]
    [MemberData(nameof(RandomOrders))]
    public void A_change_has_the_same_outcome_in_whatever_order_machines_advance(string golden, ulong seed)
    {
        using var story = new Story(seed);
        Stories[golden](story);
        story.IsAsAskedFor();
    }

    private static void ExpandFirst(Story story)
    {
        story.Start(machines: 5, Some.Cluster(1, 3));
        story.Want(cluster => cluster.WithImage("ubuntu/questing"), "a new image; workers expand first, which is the default");
        Assert.True(story.FewestReady("workers") >= 3, $"only {story.FewestReady("workers")} workers were Ready");
        Assert.True(story.MostMachines("workers") <= 4);
    }

    private static void ContractFirst(Story story)
    {
        story.Start(machines: 5, Some.Cluster(1, 3).Workers(pool => pool with { RollingUpdate = RollingUpdate.ContractFirst }));
        story.Want(cluster => cluster.WithImage("ubuntu/questing"), "a new image; workers contract first");
        Assert.True(story.MostMachines("workers") <= 3);
        Assert.True(story.FewestReady("workers") >= 2);
    }

    private static void SurgeTwo(Story story)
    {
        story.Start(machines: 8, Some.Cluster(1, 4).Workers(pool => pool with { RollingUpdate = new RollingUpdate(2, 0) }));
        story.Want(cluster => cluster.WithImage("ubuntu/questing"), "a new image; two machines above the size");
        Assert.True(story.MostMachines("workers") <= 6);
        Assert.True(story.FewestReady("workers") >= 4);
    }

    private static void RollOfAControlPlane(Story story, int size)
    {
        story.Start(machines: size + 1, Some.Cluster(size));
        story.Want(cluster => cluster.WithImage("ubuntu/questing"), $"a new image for {size} control planes");
        Assert.True(story.FewestReady("control-plane") >= size);
        Assert.True(story.MostMachines("control-plane") <= size + 1);
    }

    private static void UpgradeOverThreeMinorVersions(Story story)
    {
        story.Start(machines: 7, Some.Cluster(3, 2));
        story.WantInVain(cluster => cluster.WithVersion("1.36.0"), "1.36 at once");
        foreach (var version in (string[])["1.34.1", "1.35.0", "1.36.0"])
        {
            story.Want(cluster => cluster.WithVersion(version), $"Kubernetes {version}");
            Assert.Equal(version, $"{story.Place.Status(story.Cluster).KubernetesVersion}");
        }

        story.WantInVain(cluster => cluster.WithVersion("1.35.0"), "back to 1.35");
        story.Want(cluster => cluster, "1.36 as it is");
        Assert.True(story.FewestReady("control-plane") >= 3);
    }

    // The members have what kubeadm's patches install; etcd 3.7 may meet none of them.
    private static void UpgradeAcrossVersionsOfEtcd(Story story, int controlPlanes)
    {
        story.Start(machines: controlPlanes + 3, Some.Cluster(controlPlanes, 1).WithVersion("1.34.1"));
        story.TellEtcd();
        foreach (var version in (string[])["1.35.8", "1.36.5"])
        {
            story.Want(cluster => cluster.WithVersion(version), $"Kubernetes {version}");
            story.TellEtcd();
        }

        story.WantInVain(
            cluster => cluster.WithVersion("1.37.1") with { Nodes = cluster.Nodes with { EtcdImageTag = "3.7.0-0" } },
            "Kubernetes 1.37.1 with a tag of etcd's image that a person has chosen"
        );
        story.WantInVain(
            cluster => cluster.WithVersion("1.37.1") with { Nodes = cluster.Nodes with { EtcdUpgradeImageTag = EtcdRoll.Off } },
            "Kubernetes 1.37.1 without a roll of etcd before it"
        );
        story.TellPlan(cluster => cluster.WithVersion("1.37.1"), "the plan of Kubernetes 1.37.1");
        story.Want(cluster => cluster.WithVersion("1.37.1"), "Kubernetes 1.37.1");
        story.TellEtcd();
        Assert.Equal("", story.Place.Inside(story.Cluster).EtcdImageTag);
        Assert.True(story.FewestReady("control-plane") >= controlPlanes);
    }

    private static void ChangeOfMind(Story story)
    {
        story.Start(machines: 6, Some.Cluster(1, 3));
        story.Begin(cluster => cluster.WithImage("ubuntu/questing"), "a new image");
        story.Place.Until(() =>
            story
                .Place.Status(story.Cluster)
                .Machines.Count(machine => machine is { Pool.Value: "workers", StaleReasons.Count: 0, State: "Ready" })
                is 1
        );
        story.Want(cluster => cluster.WithImage("ubuntu/noble"), "on second thoughts, the old image");
        Assert.True(story.FewestReady("workers") >= 3);
    }

    private static void NoSpareMachine(Story story)
    {
        story.Start(
            machines: 4,
            Some.Cluster(1, 3).Workers(pool => pool with { Placement = new PoolPlacement { Zones = ["az2", "az3", "az1"] } })
        );
        story.WantInVain(
            cluster =>
                cluster.Workers(pool => pool with { RollingUpdate = RollingUpdate.ExpandFirst }) with
                {
                    Replace =
                    [
                        .. story
                            .Place.Status(cluster)
                            .Machines.Where(machine => machine.Pool.Value == "workers")
                            .Take(1)
                            .Select(machine => machine.SystemId),
                    ],
                },
            "another machine in the place of one worker, and there is none"
        );
        story.Want(
            cluster => cluster.Workers(pool => pool with { RollingUpdate = RollingUpdate.ContractFirst }) with { Replace = [] },
            "well, not then"
        );
    }

    private static void ControlPlaneSizes(Story story)
    {
        story.Start(machines: 5, Some.Cluster(1));
        foreach (var size in (int[])[3, 5, 3, 1])
        {
            story.Want(cluster => cluster.WithControlPlanes(size), $"{size} control planes");
            Assert.Equal(size, story.Place.Inside(story.Cluster).Etcd.Count);
        }
    }

    private sealed class Story : IDisposable
    {
        private readonly Transcript _transcript;
        private readonly Dictionary<string, int> _fewest = [];
        private readonly Dictionary<string, int> _most = [];

        public Story(ulong seed)
        {
            Place = new EngineInWorld(machines: 0, seed).Start();
            Place.Region.Images.AddRange(["ubuntu/questing", "ubuntu/resolute"]);
            Cluster = Some.Cluster();
            _transcript = new Transcript(
                Place,
                (since, happened) =>
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{since:hh\\:mm\\:ss}  {happened.Reason, -16}  {happened.Machine?.Value ?? "-", -4}  {happened.Message}"
                    )
            );
        }

        public EngineInWorld Place { get; }

        public ClusterSpec Cluster { get; private set; }

        public string Text => _transcript.Text;

        public int FewestReady(string pool) => _fewest[pool];

        public int MostMachines(string pool) => _most[pool];

        public void Dispose() => Place.Dispose();

        /// <summary>Creates the cluster that the story is about; its creation is not told.</summary>
        public void Start(int machines, ClusterSpec cluster)
        {
            Place.Add(machines);
            Cluster = cluster;
            Place.Want(cluster);
            Place.Until(() => Place.Is(cluster, ClusterPhase.Running));
            Place.Pass(TimeSpan.FromMinutes(2));
            _transcript.Restart();
            Place.EachSecond = Watch;
        }

        public void IsAsAskedFor() => Outcome.IsAsAskedFor(Place, Cluster);

        public void Begin(Func<ClusterSpec, ClusterSpec> change, string wish)
        {
            _transcript.Heading(wish);
            var next = change(Cluster);
            Cluster = next with { Generation = Cluster.Generation + 1 };
            Place.Want(Cluster);
        }

        public void Want(Func<ClusterSpec, ClusterSpec> change, string wish)
        {
            Begin(change, wish);
            Place.Until(
                () => Place.Events.Any(happened => happened.Reason is "Reached" && happened.Generation == Cluster.Generation),
                TimeSpan.FromHours(8)
            );
            Place.Pass(TimeSpan.FromMinutes(2));
        }

        public void WantInVain(Func<ClusterSpec, ClusterSpec> change, string wish)
        {
            var before = Cluster;
            Begin(change, wish);
            Place.Pass(TimeSpan.FromMinutes(30));
            _transcript.Note($"       …after half an hour: {Place.Status(Cluster).Message}");
            Cluster = before with { Generation = Cluster.Generation };
        }

        /// <summary>The version of every member of etcd.</summary>
        public void TellEtcd() =>
            _transcript.Note(
                "       etcd "
                    + string.Join(
                        ", ",
                        Place.Inside(Cluster).Etcd.Select(member => $"{member.Version}").Order(StringComparer.Ordinal)
                    )
            );

        public void TellPlan(Func<ClusterSpec, ClusterSpec> change, string question)
        {
            _transcript.Heading(question);
            var plan = Place.Now(() =>
                Place.Engine.PlanAsync(change(Cluster) with { Generation = Cluster.Generation + 1 }, default)
            );
            foreach (var step in plan.Steps)
            {
                _transcript.Note($"       {step.Symbol} {step.Action, -16} {step.Hostname, -9} {step.Reason}");
            }

            foreach (var text in plan.Pending.Concat(plan.Warnings ?? []))
            {
                _transcript.Note($"       {text}");
            }
        }

        private void Watch()
        {
            if (!Place.Statuses.TryGetValue(Cluster.Id, out var status))
            {
                return;
            }

            foreach (var pool in status.Machines.GroupBy(machine => machine.Pool.Value, StringComparer.Ordinal))
            {
                var ready = Place
                    .Inside(Cluster)
                    .Nodes.Count(node =>
                        node.Value is { Ready: true, Unschedulable: false } && pool.Any(machine => machine.Hostname == node.Key)
                    );
                var held = pool.Count(machine =>
                    Place[machine.SystemId] is { Owner: not null, Status: not MaasStatus.Releasing }
                );
                _fewest[pool.Key] = Math.Min(_fewest.GetValueOrDefault(pool.Key, int.MaxValue), ready);
                _most[pool.Key] = Math.Max(_most.GetValueOrDefault(pool.Key), held);
            }
        }
    }
}
