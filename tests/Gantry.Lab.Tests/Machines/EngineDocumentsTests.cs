using System.Net;
using System.Net.Sockets;
using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;
using Gantry.Kubeadm;
using Gantry.Lab.Kubernetes;
using Gantry.Lab.Maas;
using Gantry.Lab.Machines;
using Gantry.Lab.Store;
using Gantry.Testing;

namespace Gantry.Lab.Tests.Machines;

/// <summary>Boots machines of the lab, and the real cloud-init, with the user-data of the engine.</summary>
public sealed class EngineDocumentsTests
{
    private const string Vip = "127.91.0.100";

    private readonly KubeadmDistribution _kubeadm = new();

    [Theory]
    [InlineData("1.28.15")]
    [InlineData("1.30.14")]
    [InlineData("1.31.13")]
    [InlineData("1.34.1")]
    [InlineData("1.35.9")]
    [InlineData("1.36.5")]
    [InlineData("1.37.1")]
    public async Task Machines_with_the_documents_of_the_engine_form_a_cluster_of_every_version(string version)
    {
        await using var place = await EngineCluster.StartAsync(Cluster(version), "127.91.0", speed: 3000);

        // All machines boot at once. The others retry until the first has formed the cluster and their token is accepted.
        place.Boot("cp1", 1, Bootstrap.InitControlPlane);
        place.Boot("cp2", 2, Bootstrap.JoinControlPlane);
        place.Boot("cp3", 3, Bootstrap.JoinControlPlane);
        place.Boot("w1", 9, Bootstrap.JoinWorker);
        await place.AdmitAsync();
        await place.JoinedAsync("cp1", "cp2", "cp3", "w1");

        var nodes = place.Objects.List(KubeResources.Nodes);
        Assert.All(nodes, node => Assert.Equal("v" + version, node["status"]!["nodeInfo"]!["kubeletVersion"]!.ToString()));
        Assert.Equal("maas:///az1/w1-id", nodes[3]["spec"]!["providerID"]!.ToString());
    }

    [Theory]
    [InlineData(Bootstrap.InitControlPlane)]
    [InlineData(Bootstrap.JoinControlPlane)]
    [InlineData(Bootstrap.JoinWorker)]
    public async Task The_real_cloud_init_reads_the_documents_of_the_engine_as_the_lab_does(Bootstrap bootstrap)
    {
        Assert.SkipUnless(Directory.Exists("/usr/lib/python3/dist-packages/cloudinit"), "cloud-init is not installed here");
        var cluster = Cluster("1.33.4") with
        {
            StockImage = Cluster("1.33.4").Image,
            Nodes = new NodeEnvironment
            {
                Files =
                [
                    new NodeFile("/etc/name", "{{ v1.local_hostname }}\n", TemplateOnNode: true),
                    new NodeFile("/etc/raw", "{{ stays }}\r\n"),
                ],
                Packages = new PackageSources { Proxy = "http://proxy.example:3128", AptMirror = "http://mirror.example/ubuntu" },
                NtpServers = ["ntp.example"],
                PreKubeadmCommands = ["echo '{{ not a template }}'"],
            },
        };
        var now = TimeProvider.System.GetUtcNow();
        var document = System.Text.Encoding.UTF8.GetBytes(
            _kubeadm.Render(
                new NodeDocument(
                    cluster,
                    cluster.Pools[0],
                    new NodeIdentity(new SystemId("4y3h7n"), "node-01", "az1"),
                    new ApiEndpoint(Vip, 6443),
                    bootstrap,
                    "abcdef.0123456789abcdef"
                ),
                _kubeadm.CreatePki(cluster, now),
                now
            )
        );
        var lab = CloudInit.RealCloudInitTests.ReadByLab(document);
        Assert.NotEmpty(lab["files"]!.AsArray());
        Assert.Equal((await CloudInit.RealCloudInitTests.RealAsync(document)).ToJsonString(), lab.ToJsonString());
    }

    [Fact]
    public async Task The_reporter_of_a_node_sends_its_failure_as_cloud_init_sends_its_own()
    {
        Assert.SkipUnless(Directory.Exists("/usr/lib/python3/dist-packages/cloudinit"), "cloud-init is not installed here");
        var now = TimeProvider.System.GetUtcNow();
        var cluster = Cluster("1.33.4");
        var document = _kubeadm.Render(
            new NodeDocument(
                cluster,
                cluster.Pools[1],
                new NodeIdentity(new SystemId("4y3h7n"), "node-01", "az1"),
                new ApiEndpoint(Vip, 6443),
                Bootstrap.JoinWorker,
                "abcdef.0123456789abcdef"
            ),
            _kubeadm.CreatePki(cluster, now),
            now
        );
        var folder = Directory.CreateTempSubdirectory("reporter").FullName;
        using var region = new TcpListener(IPAddress.Loopback, 0);
        region.Start();
        try
        {
            var program = Lab.Machines.CloudInit.UserData.Read(
                System.Text.Encoding.UTF8.GetBytes(document),
                new Lab.Machines.CloudInit.InstanceFacts("4y3h7n", "node-01")
            );
            var path = Path.Combine(folder, "report.py");
            await File.WriteAllBytesAsync(
                path,
                program.Files.Single(file => file.Path == "/var/lib/gantry/bootstrap/report.py").Content,
                TestContext.Current.CancellationToken
            );
            var settings = Path.Combine(folder, "maas.cfg");
            await File.WriteAllTextAsync(
                settings,
                "reporting: {maas: {type: webhook, consumer_key: c, token_key: t, token_secret: s, endpoint: "
                    + $"'http://{region.LocalEndpoint}/MAAS/metadata/status/4y3h7n'}}}}\n",
                TestContext.Current.CancellationToken
            );
            using var python = System.Diagnostics.Process.Start(
                new System.Diagnostics.ProcessStartInfo(
                    "/usr/bin/python3",
                    [path, "bootstrap failed for good: kubeadm join:\n\t[ERROR Mem]: the system RAM"]
                )
                {
                    Environment = { ["CLOUD_CFG"] = settings },
                }
            )!;
            using var connection = await region.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
            await using var stream = connection.GetStream();
            var sent = "";
            var buffer = new byte[4096];
            while (!sent.Contains("\"result\"", StringComparison.Ordinal))
            {
                var count = await stream.ReadAsync(buffer, TestContext.Current.CancellationToken);
                Assert.NotEqual(0, count);
                sent += System.Text.Encoding.ASCII.GetString(buffer, 0, count);
            }

            await stream.WriteAsync("HTTP/1.1 204 No Content\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
            await python.WaitForExitAsync(TestContext.Current.CancellationToken);

            Assert.Equal(0, python.ExitCode);
            Assert.StartsWith("POST /MAAS/metadata/status/4y3h7n ", sent, StringComparison.Ordinal);
            Assert.Contains("oauth_token=\"t\"", sent, StringComparison.Ordinal);
            var body = System.Text.Json.Nodes.JsonNode.Parse(sent[sent.IndexOf('{', StringComparison.Ordinal)..])!;
            Assert.Equal(
                ("finish", "cloudinit", "FAIL", "bootstrap failed for good: kubeadm join: [ERROR Mem]: the system RAM"),
                (
                    body["event_type"]!.ToString(),
                    body["origin"]!.ToString(),
                    body["result"]!.ToString(),
                    body["description"]!.ToString()
                )
            );
            Assert.Contains('/', body["name"]!.ToString());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static ClusterSpec Cluster(string version) =>
        new()
        {
            Id = new ClusterId("c1"),
            Name = DnsLabel.Parse("demo"),
            Account = new AccountId("a1"),
            KubernetesVersion = KubernetesVersion.Parse(version),
            Image = ImageName.Parse($"custom/ubuntu-24.04-k8s-{version}"),
            Endpoint = new EndpointChoice.VirtualIp(),
            Pools = [Pool("control", PoolRole.ControlPlane, 3), Pool("work", PoolRole.Worker, 1)],
            Nodes = new NodeEnvironment { Files = [new NodeFile("/etc/name", "{{ v1.local_hostname }}", TemplateOnNode: true)] },
        };

    private static MachinePool Pool(string name, PoolRole role, int size) =>
        new()
        {
            Name = DnsLabel.Parse(name),
            Role = role,
            Size = size,
        };
}
