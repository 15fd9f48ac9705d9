using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Kubeadm;
using Gantry.Testing;

namespace Gantry.RealMachines;

/// <summary>A cluster whose machines boot with the user-data that the product renders.</summary>
internal sealed class RealCluster : IAsyncDisposable
{
    public const string Version = "1.36.0";
    private const string ControlPlaneTaint = "node-role.kubernetes.io/control-plane";
    private const string UnitPath = "/etc/systemd/system/gantry-bootstrap.service";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly Cidr Second = Cidr.Parse(DataCentre.SecondSubnet);
    private static readonly KubeadmDistribution Documents = new();

    private readonly ClusterSpec _spec;
    private readonly string _pki;
    private readonly string _host;
    private int _machines = 10;

    private RealCluster(ClusterSpec spec, string pki, string host, DataCentre centre)
    {
        _spec = spec;
        _pki = pki;
        _host = host;
        Centre = centre;
    }

    public DataCentre Centre { get; }

    private bool HasTwoNetworks => _host is DataCentre.SecondVirtualIp;

    /// <summary>A cluster that begins with <c>kubeadm init</c>, behind a virtual IP.</summary>
    public static Task<RealCluster> NewAsync(NodeEnvironment? nodes = null) =>
        StartAsync(nodes, new EndpointChoice.VirtualIp(), DataCentre.VirtualIp, stands: false);

    /// <summary>The same in the second network of its machines.</summary>
    public static Task<RealCluster> NewInSecondNetworkAsync() =>
        StartAsync(nodes: null, new EndpointChoice.VirtualIp(), DataCentre.SecondVirtualIp, stands: false);

    /// <summary>A cluster with a control plane that machines can join.</summary>
    public static Task<RealCluster> StandingAsync(NodeEnvironment? nodes = null) =>
        StartAsync(nodes, new EndpointChoice.VirtualIp(), DataCentre.Address, stands: true);

    /// <summary>The token with which a machine of this name joins.</summary>
    public string TokenOf(string name) => Documents.JoinToken(new byte[32], name);

    /// <summary>Makes the token, as the engine does when it is the machine's turn.</summary>
    public void Admit(string name) => Centre.Cluster.Tokens[TokenOf(name)] = true;

    public Task<RealMachine> DeployAsync(string name, Bootstrap bootstrap)
    {
        var pool = _spec.Pools[bootstrap is Bootstrap.JoinWorker ? 1 : 0];
        var node = new NodeDocument(
            _spec,
            pool,
            new NodeIdentity(new SystemId(name), name, "default"),
            new ApiEndpoint(_host, DataCentre.ApiPort),
            bootstrap,
            TokenOf(name)
        )
        {
            Network = HasTwoNetworks ? new NodeNetwork(Second, Second) : null,
        };
        var document = Documents.Render(node, _pki, TimeProvider.System.GetUtcNow());
        return Centre.DeployAsync(name, _machines++, Version, document, HasTwoNetworks);
    }

    /// <summary>Waits until a phase of kubeadm has begun so many times on a machine.</summary>
    public Task BeginsAsync(RealMachine machine, string program, string phase, int times = 1) =>
        HoldsAsync(
            machine,
            () => Assert.True(Centre.Phases.Count(machine.Name, program, phase) >= times, $"{phase} of {program}")
        );

    /// <summary>Waits until cloud-init of the first boot has told MAAS that it has ended, with this result.</summary>
    public Task FirstBootEndsAsync(RealMachine machine, string result) =>
        HoldsAsync(machine, () => Assert.Equal(result, Assert.Single(Ends(machine)).Result));

    /// <summary>Waits until cloud-init has told MAAS so many times that a boot has ended.</summary>
    public Task BootEndsAsync(RealMachine machine, int times) =>
        HoldsAsync(machine, () => Assert.Equal(times, Ends(machine).Count()));

    /// <summary>Waits until a phase that is held has begun.</summary>
    public static Task ReachesAsync(RealMachine machine, Task held) => HoldsAsync(machine, () => Assert.True(held.IsCompleted));

    /// <summary>
    /// Waits until the machine is a whole node, and checks that nothing is left which the machine was given to become one:
    /// neither unit and script nor a file with its token.
    /// </summary>
    public async Task JoinsAsync(RealMachine machine, Bootstrap bootstrap)
    {
        await HoldsAsync(
            machine,
            () =>
            {
                Assert.False(machine.Has(UnitPath), "the unit has ended and removed itself");
                Assert.True(Centre.Cluster.IsReady(machine.Name), "the node is ready");
            }
        );
        var node = Centre.Cluster.Nodes[machine.Name];
        Assert.Equal(bootstrap is Bootstrap.JoinWorker ? [] : [ControlPlaneTaint], node.Taints);
        Assert.Equal(bootstrap is not Bootstrap.JoinWorker, node.IsMarked);
        Assert.Equal(bootstrap is not Bootstrap.JoinWorker, Centre.Cluster.Members.ContainsKey(machine.Name));
        Assert.Equal(bootstrap is not Bootstrap.JoinWorker, machine.Has("/etc/kubernetes/pki/ca.key"));
        Assert.Equal(bootstrap is not Bootstrap.JoinWorker, machine.Has("/etc/kubernetes/manifests/kube-vip.yaml"));
        Assert.Empty(await SecretsLeftAsync(machine));
    }

    private IEnumerable<CloudInitEvent> Ends(RealMachine machine) =>
        Centre.Events(machine.Name).Where(sent => sent is { Name: "modules-final", Type: "finish" });

    // cloud-init writes a file of a document byte for byte, and keeps the document itself, in which files are base64.
    private async Task<IReadOnlyList<string>> SecretsLeftAsync(RealMachine machine)
    {
        string[] files =
        [
            .. machine.UserData.Split('\n').Where(line => line.StartsWith("  content: ", StringComparison.Ordinal)),
        ];
        var secret = files
            .Select(line => line["  content: ".Length..])
            .Where(content =>
                Encoding.UTF8.GetString(Convert.FromBase64String(content)) is var text
                && (
                    text.Contains(TokenOf(machine.Name), StringComparison.Ordinal)
                    || text.Contains("PRIVATE KEY", StringComparison.Ordinal)
                )
            );
        var left = new List<string>(await machine.FilesWithAsync(TokenOf(machine.Name)));
        foreach (var content in secret)
        {
            left.AddRange(await machine.FilesWithAsync(content));
        }

        return [.. left.Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Waits for something that the machine is to do; the message of a failure has the end of its journal.</summary>
    public static async Task HoldsAsync(RealMachine machine, Action check)
    {
        try
        {
            await Eventually.HoldsAsync(check, Patience);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            var journal = (await machine.JournalAsync()).Split('\n');
            Assert.Fail($"{error.Message}\n{string.Join('\n', journal.TakeLast(60))}");
        }
    }

    public ValueTask DisposeAsync() => Centre.DisposeAsync();

    private static async Task<RealCluster> StartAsync(NodeEnvironment? nodes, EndpointChoice endpoint, string host, bool stands)
    {
        var now = TimeProvider.System.GetUtcNow();
        var spec = new ClusterSpec
        {
            Id = new ClusterId("id-real"),
            Name = DnsLabel.Parse("real"),
            Account = new AccountId("account"),
            CreatedAt = now,
            KubernetesVersion = KubernetesVersion.Parse(Version),
            Image = ImageName.Parse("ubuntu/noble"),
            Endpoint = endpoint,
            Nodes = nodes ?? new NodeEnvironment(),
            Pools =
            [
                new MachinePool
                {
                    Name = DnsLabel.Parse("control-plane"),
                    Role = PoolRole.ControlPlane,
                    Size = 3,
                },
                new MachinePool
                {
                    Name = DnsLabel.Parse("workers"),
                    Role = PoolRole.Worker,
                    Size = 1,
                },
            ],
        };
        var pki = Documents.CreatePki(spec, now);
        var keys = JsonDocument.Parse(pki).RootElement;
        var authority = X509Certificate2.CreateFromPem(keys.GetProperty("Ca").GetString(), keys.GetProperty("CaKey").GetString());
        var centre = await DataCentre.StartAsync(authority, stands);
        centre.Endpoint = $"{host}:{DataCentre.ApiPort}";
        return new RealCluster(spec, pki, host, centre);
    }
}
