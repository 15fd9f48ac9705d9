using System.Security.Cryptography.X509Certificates;
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
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
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

    /// <summary>A cluster that begins with <c>kubeadm init</c>, behind a virtual IP.</summary>
    public static Task<RealCluster> NewAsync(NodeEnvironment? nodes = null) =>
        StartAsync(nodes, new EndpointChoice.VirtualIp(), DataCentre.VirtualIp, stands: false);

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
        );
        var document = Documents.Render(node, _pki, TimeProvider.System.GetUtcNow());
        return Centre.DeployAsync(name, _machines++, Version, document);
    }

    /// <summary>Waits until a phase of kubeadm has begun so many times on a machine.</summary>
    public Task BeginsAsync(RealMachine machine, string program, string phase, int times = 1) =>
        HoldsAsync(
            machine,
            () => Assert.True(Centre.Phases.Count(machine.Name, program, phase) >= times, $"{phase} of {program}")
        );

    /// <summary>Waits until cloud-init has told MAAS that it has ended, with this result.</summary>
    public Task FirstBootEndsAsync(RealMachine machine, string result) =>
        HoldsAsync(
            machine,
            () =>
                Assert.Equal(
                    result,
                    Assert.Single(Centre.Events(machine.Name), sent => sent is { Name: "modules-final", Type: "finish" }).Result
                )
        );

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
