using System.Globalization;
using Gantry.Clusters.Model;
using Gantry.Engine.Ports;
using Gantry.Engine.Tests.Fakes;
using Gantry.Testing;

namespace Gantry.Engine.Tests;

/// <summary>Changes of a running cluster, each a story to read; the counts of nodes are watched while it is told.</summary>
public sealed class RollTranscriptTests
{
    [Fact]
    public void Expand_first()
    {
        using var story = new Story(machines: 5, Some.Cluster(1, 3));
        story.Want(cluster => cluster.WithImage("ubuntu/questing"), "a new image; workers expand first, which is the default");
        Assert.True(story.FewestReady("workers") >= 3, $"only {story.FewestReady("workers")} workers were Ready");
        Assert.True(story.MostMachines("workers") <= 4);
        Golden.Match(story.Text, "roll-expand-first.txt");
    }

    [Fact]
    public void Contract_first()
    {
        using var story = new Story(machines: 5, Some.Cluster(1, 3).Workers(pool => pool with { RollingUpdate = RollingUpdate.ContractFirst }));
        story.Want(cluster => cluster.WithImage("ubuntu/questing"), "a new image; workers contract first");
        Assert.True(story.MostMachines("workers") <= 3);
        Assert.True(story.FewestReady("workers") >= 2);
        Golden.Match(story.Text, "roll-contract-first.txt");
    }

    [Fact]
    public void Surge_two()
    {
        using var story = new Story(machines: 8, Some.Cluster(1, 4).Workers(pool => pool with { RollingUpdate = new RollingUpdate(2, 0) }));
        story.Want(cluster => cluster.WithImage("ubuntu/questing"), "a new image; two machines above the size");
        Assert.True(story.MostMachines("workers") <= 6);
        Assert.True(story.FewestReady("workers") >= 4);
        Golden.Match(story.Text, "roll-surge-2.txt");
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public void A_control_plane_is_rolled(int size)
    {
        using var story = new Story(machines: size + 1, Some.Cluster(size));
        story.Want(cluster => cluster.WithImage("ubuntu/questing"), $"a new image for {size} control planes");
        Assert.True(story.FewestReady("control-plane") >= size);
        Assert.True(story.MostMachines("control-plane") <= size + 1);
        Golden.Match(story.Text, $"roll-control-plane-{size}.txt");
    }

    [Fact]
    public void An_upgrade_over_three_minor_versions_goes_one_by_one()
    {
        using var story = new Story(machines: 7, Some.Cluster(3, 2));
        story.WantInVain(cluster => cluster.WithVersion("1.36.0"), "1.36 at once");
        foreach (var version in (string[])["1.34.1", "1.35.0", "1.36.0"])
        {
            story.Want(cluster => cluster.WithVersion(version), $"Kubernetes {version}");
            Assert.Equal(version, $"{story.Place.Status(story.Cluster).KubernetesVersion}");
        }

        story.WantInVain(cluster => cluster.WithVersion("1.35.0"), "back to 1.35");
        Assert.True(story.FewestReady("control-plane") >= 3);
        Golden.Match(story.Text, "upgrade-three-minors.txt");
    }

    [Fact]
    public void A_change_of_mind_in_the_middle()
    {
        using var story = new Story(machines: 6, Some.Cluster(1, 3));
        story.Begin(cluster => cluster.WithImage("ubuntu/questing"), "a new image");
        story.Place.Until(() => story.Place.Status(story.Cluster).Machines.Count(machine => machine is { Pool: "workers", StaleBecause.Count: 0, State: "Ready" }) is 1);
        story.Want(cluster => cluster.WithImage("ubuntu/noble"), "on second thoughts, the old image");
        Assert.True(story.FewestReady("workers") >= 3);
        Golden.Match(story.Text, "roll-change-of-mind.txt");
    }

    [Fact]
    public void No_spare_machine()
    {
        using var story = new Story(machines: 4, Some.Cluster(1, 3).Workers(pool => pool with { Placement = new PoolPlacement { Zones = ["az2", "az3", "az1"] } }));
        story.WantInVain(
            cluster => cluster.Workers(pool => pool with { RollingUpdate = RollingUpdate.ExpandFirst }) with { Replace = [.. story.Place.Status(cluster).Machines.Where(machine => machine.Pool == "workers").Take(1).Select(machine => machine.SystemId)] },
            "another machine in the place of one worker, and there is none");
        story.Want(cluster => cluster.Workers(pool => pool with { RollingUpdate = RollingUpdate.ContractFirst }) with { Replace = [] }, "well, not then");
        Golden.Match(story.Text, "roll-no-spare-machine.txt");
    }

    [Fact]
    public void A_control_plane_grows_and_shrinks()
    {
        using var story = new Story(machines: 5, Some.Cluster(1));
        foreach (var size in (int[])[3, 5, 3, 1])
        {
            story.Want(cluster => cluster.WithControlPlanes(size), $"{size} control planes");
            Assert.Equal(size, story.Place.Maas.ClusterOf("id-demo").Etcd.Count);
        }

        Golden.Match(story.Text, "control-plane-sizes.txt");
    }

    private sealed class Story : IDisposable
    {
        private readonly System.Text.StringBuilder text = new();
        private readonly Dictionary<string, int> fewest = [];
        private readonly Dictionary<string, int> most = [];
        private DateTimeOffset begun;
        private int told;

        public Story(int machines, ClusterSpec cluster)
        {
            Place = new DataCentre(machines).Start();
            Place.Maas.Images.AddRange(["ubuntu/questing", "ubuntu/resolute"]);
            Cluster = cluster;
            Place.Want(cluster);
            Place.Until(() => Place.Is(cluster, ClusterPhase.Running));
            Place.Pass(TimeSpan.FromMinutes(2));
            told = Place.Events.Count;
            Place.EachSecond = Watch;
        }

        public DataCentre Place { get; }

        public ClusterSpec Cluster { get; private set; }

        public string Text
        {
            get
            {
                Tell();
                return text.ToString();
            }
        }

        public int FewestReady(string pool) => fewest[pool];

        public int MostMachines(string pool) => most[pool];

        public void Dispose() => Place.Dispose();

        public void Begin(Func<ClusterSpec, ClusterSpec> change, string wish)
        {
            Tell();
            var next = change(Cluster);
            Cluster = next with { Generation = Cluster.Generation + 1 };
            begun = Place.Time.GetUtcNow();
            text.Append(CultureInfo.InvariantCulture, $"# {wish}\n");
            Place.Want(Cluster);
        }

        public void Want(Func<ClusterSpec, ClusterSpec> change, string wish)
        {
            Begin(change, wish);
            Place.Until(() => Place.Events.Skip(told).Any(happened => happened.Reason is "Reached" && happened.Generation == Cluster.Generation), TimeSpan.FromHours(8));
            Place.Pass(TimeSpan.FromMinutes(2));
        }

        public void WantInVain(Func<ClusterSpec, ClusterSpec> change, string wish)
        {
            var before = Cluster;
            Begin(change, wish);
            Place.Pass(TimeSpan.FromMinutes(30));
            Tell();
            text.Append(CultureInfo.InvariantCulture, $"       …after half an hour: {Place.Status(Cluster).Message}\n");
            Cluster = before with { Generation = Cluster.Generation };
        }

        private void Watch()
        {
            if (!Place.Statuses.TryGetValue(Cluster.Id, out var status))
            {
                return;
            }

            foreach (var pool in status.Machines.GroupBy(machine => machine.Pool, StringComparer.Ordinal))
            {
                var ready = Place.Maas.ClusterOf("id-demo").Nodes.Count(node =>
                    node.Value is { Ready: true, Unschedulable: false } && pool.Any(machine => machine.Hostname == node.Key));
                var held = pool.Count(machine => Place.Maas[machine.SystemId.Value] is { Ours: true, Status: not MaasStatus.Releasing });
                fewest[pool.Key] = Math.Min(fewest.GetValueOrDefault(pool.Key, int.MaxValue), ready);
                most[pool.Key] = Math.Max(most.GetValueOrDefault(pool.Key), held);
            }
        }

        private void Tell()
        {
            foreach (var happened in Place.Events.Skip(told))
            {
                text.Append(CultureInfo.InvariantCulture, $"{happened.At - begun:hh\\:mm\\:ss}  {happened.Reason,-16}  {happened.Machine?.Value ?? "-",-4}  {happened.Message}\n");
            }

            told = Place.Events.Count;
        }
    }
}
