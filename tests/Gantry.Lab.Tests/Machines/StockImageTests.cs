using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Lab.Kubernetes;
using Gantry.Lab.Machines.Packages;
using Gantry.Testing;

namespace Gantry.Lab.Tests.Machines;

/// <summary>Machines of stock images with the engine's documents: an emulated apt installs what the repositories have.</summary>
public sealed class StockImageTests
{
    private const string Mirror = "https://mirror.example/kubernetes/v1.36/";

    [Theory]
    [InlineData("ubuntu/noble", "1.36.5", "127.95.0")]
    [InlineData("ubuntu/jammy", "1.34.11", "127.95.1")]
    [InlineData("ubuntu/resolute", "1.37.1", "127.95.2")]
    public async Task Machines_of_a_stock_image_install_packages_and_form_a_cluster(string image, string version, string network)
    {
        await using var place = await EngineCluster.StartAsync(Cluster(version, image), network, speed: 3000);
        place.Boot("cp1", 1, Bootstrap.InitControlPlane);
        place.Boot("cp2", 2, Bootstrap.JoinControlPlane);
        place.Boot("w1", 3, Bootstrap.JoinWorker);
        await place.AdmitAsync();

        await place.JoinedAsync("cp1", "cp2", "w1");

        Assert.All(
            place.Objects.List(KubeResources.Nodes),
            node => Assert.Equal("v" + version, node["status"]!["nodeInfo"]!["kubeletVersion"]!.ToString())
        );
    }

    [Fact]
    public async Task A_machine_that_reboots_while_it_installs_joins_all_the_same()
    {
        await using var place = await EngineCluster.StartAsync(Cluster("1.36.5"), "127.95.3", speed: 1000);
        place.Boot("cp1", 1, Bootstrap.InitControlPlane);
        await place.AdmitAsync();
        place.Boot("w1", 2, Bootstrap.JoinWorker);
        await place.RebootAsync("w1");
        await place.RebootAsync("w1");

        await place.JoinedAsync("cp1", "w1");
    }

    [Fact]
    public async Task A_site_s_mirrors_are_reached_through_its_proxy_with_its_key()
    {
        var sources = new PackageSources
        {
            Repository = "https://mirror.example/kubernetes/v{minor}",
            Key = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nsite\n-----END PGP PUBLIC KEY BLOCK-----\n",
            Proxy = "http://proxy.example:3128",
            AptMirror = "http://mirror.example/ubuntu",
        };
        var archive = new PackageArchive
        {
            Kubernetes = [new PackageRepository(Mirror, ["1.36.4"]) { Key = sources.Key }],
            Ubuntu = ["http://mirror.example/ubuntu/"],
            Proxies = ["http://proxy.example:3128"],
            NeedsProxy = true,
        };
        await using var place = await EngineCluster.StartAsync(Cluster("1.36.4", sources: sources), "127.95.4", 3000, archive);
        place.Boot("cp1", 1, Bootstrap.InitControlPlane);

        await place.FormedAsync();
        await place.JoinedAsync("cp1");
    }

    private static readonly PackageSources Keyed = new()
    {
        Key = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nanother\n-----END PGP PUBLIC KEY BLOCK-----\n",
    };

    public static TheoryData<string, PackageSources?, string> Refusals =>
        new()
        {
            { "lacks", null, "E: Version '1.36.5-*' for 'kubelet' was not found" },
            { "other key", Keyed, "E: The repository 'https://pkgs.k8s.io/core:/stable:/v1.36/deb/ InRelease' is not signed." },
            { "no way out", null, "curl: (6) Could not resolve host: pkgs.k8s.io" },
            { "no minor", null, "curl: (22) The requested URL returned error: 403" },
            {
                "no proxy",
                new PackageSources { Proxy = "http://gone.example:1" },
                "curl: (7) Could not connect to gone.example"
            },
        };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task A_machine_that_cannot_install_gives_up_with_the_words_of_apt(
        string archive,
        PackageSources? sources,
        string words
    )
    {
        var one = new PackageRepository("https://pkgs.k8s.io/core:/stable:/v1.36/deb/", ["1.36.0", "1.36.4"]);
        await using var place = await EngineCluster.StartAsync(
            Cluster("1.36.5", sources: sources),
            "127.95.5",
            speed: 20_000,
            archive switch
            {
                "lacks" => new PackageArchive { Kubernetes = [one] },
                "no minor" => new PackageArchive
                {
                    Kubernetes = [one with { Url = one.Url.Replace("36", "35", StringComparison.Ordinal) }],
                },
                "no way out" => PackageArchive.None,
                _ => PackageArchive.Public,
            }
        );
        place.Boot("w1", 2, Bootstrap.JoinWorker);

        await Eventually.HoldsAsync(() =>
        {
            var report = place.Reports.Select(report =>
                report[Math.Max(0, report.IndexOf("bootstrap", StringComparison.Ordinal))..]
            );
            Assert.Contains(
                report.Select(NodeReport.Read),
                told => told is { IsFinal: true } && told.Text.Contains(words, StringComparison.Ordinal)
            );
            return Task.CompletedTask;
        });
    }

    private static ClusterSpec Cluster(string version, string image = "ubuntu/noble", PackageSources? sources = null) =>
        new()
        {
            Id = new ClusterId("c1"),
            Name = DnsLabel.Parse("demo"),
            Account = new AccountId("a1"),
            KubernetesVersion = KubernetesVersion.Parse(version),
            Image = ImageName.Parse(image),
            StockImage = ImageName.Parse(image),
            Endpoint = new EndpointChoice.VirtualIp(),
            Pools = [Pool("control", PoolRole.ControlPlane), Pool("work", PoolRole.Worker)],
            Nodes = new NodeEnvironment { Packages = sources },
        };

    private static MachinePool Pool(string name, PoolRole role) =>
        new()
        {
            Name = DnsLabel.Parse(name),
            Role = role,
            Size = 1,
        };
}
