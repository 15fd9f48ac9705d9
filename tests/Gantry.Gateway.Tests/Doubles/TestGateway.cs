using System.Collections.Concurrent;
using System.Net;
using System.Reflection;
using System.Text;
using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Engine;
using Gantry.Engine.Ports;
using Gantry.Maas;
using Gantry.Simulator.Ports;
using Gantry.Simulator.Time;
using Gantry.Simulator.World;
using Gantry.Testing;
using Microsoft.Extensions.Logging;

namespace Gantry.Gateway.Tests.Doubles;

/// <summary>A gateway with its own folder over the simulator's world, where 15 seconds pass between two calls.</summary>
public sealed class TestGateway : IAsyncDisposable
{
    private readonly ConsoleDouble? _console;
    private GatewayHost? _host;

    public TestGateway(ConsoleDouble? console, int machines = 4)
    {
        _console = console;
        // A day behind: however often the gateway calls, the world's clock does not overtake the end of its tokens.
        Place = new WorldDataCentre(machines, start: TimeProvider.System.GetUtcNow().AddDays(-1));
        Place.Script.IsInstant = true;
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("gantry-gateway-").FullName;

    public WorldDataCentre Place { get; }

    public StubMaas Http { get; } = new();

    /// <summary>Whether clients of MAAS open real connections.</summary>
    public bool ReachesOut { get; init; }

    /// <summary>What each MAAS client was opened with.</summary>
    public ConcurrentQueue<MaasClientOptions> Opened { get; } = new();

    public LogLines Log { get; } = new();

    public GatewayHost Host => _host ?? throw new InvalidOperationException("The gateway has not been started.");

    public GatewayOptions Options =>
        new()
        {
            DataFolder = Folder,
            ConsoleUrl = _console?.Url,
            CaFile = _console?.CaFile,
            PairingCode = _console?.Code,
            Name = "rack",
            Proxy = "",
            PollWait = TimeSpan.FromSeconds(2),
            Seed = 1,
        };

    public static ClusterSpec Cluster(string name = "web", int controlPlanes = 1, int workers = 0, string account = "lab") =>
        new()
        {
            Id = new ClusterId(name),
            Name = DnsLabel.Parse(name),
            Account = new AccountId(account),
            KubernetesVersion = KubernetesVersion.Parse("1.33.4"),
            Image = ImageName.Parse("ubuntu/noble"),
            CreatedAt = new DateTimeOffset(2026, 11, 1, 8, 0, 0, TimeSpan.Zero),
            Endpoint = new EndpointChoice.Given(HostAddress.Parse("10.0.0.100")),
            Pools =
            [
                new MachinePool
                {
                    Name = DnsLabel.Parse("cp"),
                    Role = PoolRole.ControlPlane,
                    Size = controlPlanes,
                },
                new MachinePool
                {
                    Name = DnsLabel.Parse("workers"),
                    Role = PoolRole.Worker,
                    Size = workers,
                },
            ],
        };

    public async Task<TestGateway> StartAsync(Func<GatewayOptions, GatewayOptions>? change = null)
    {
        await StopAsync();
        _host = await GatewayHost.StartAsync(
            change?.Invoke(Options) ?? Options,
            Ports(),
            TimeProvider.System,
            Log,
            TestContext.Current.CancellationToken
        );
        return this;
    }

    public async Task StopAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
            _host = null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Http.Dispose();
        Log.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private GatewayPorts Ports()
    {
        var transport = new ScriptedTransport(Place.Time, new ProcessContext(new OneThread()), Place.Script);
        return new GatewayPorts(
            (options, time) =>
            {
                Opened.Enqueue(options);
                return ReachesOut ? new MaasClient(options, time) : new MaasClient(options, time, Http);
            },
            _ => InTurn<IRegion>.Over(Place.Open(transport), Place),
            new Workloads(Place.OpenWorkloads(transport), Place),
            InTurn<INodeDocuments>.Over(Place.Documents, Place),
            new EngineOptions
            {
                AfterStep = TimeSpan.FromMilliseconds(1),
                WhileInProgress = TimeSpan.FromMilliseconds(20),
                WhileStuck = TimeSpan.FromMilliseconds(20),
                WhileIdle = TimeSpan.FromMilliseconds(50),
            }
        );
    }

    private sealed class Workloads(WorkloadPorts inner, WorldDataCentre place) : IWorkloadSource
    {
        public IWorkloadCluster Open(WorkloadAccess access) => InTurn<IWorkloadCluster>.Over(inner.Open(access), place);
    }
}

/// <summary>Lets the threads of a gateway into the world one at a time, each some time after the one before.</summary>
public class InTurn<T> : DispatchProxy
    where T : class
{
    private static readonly TimeSpan BetweenCalls = TimeSpan.FromSeconds(15);

    private T? _inner;
    private WorldDataCentre? _place;

    public static T Over(T inner, WorldDataCentre place)
    {
        var proxy = Create<T, InTurn<T>>();
        ((InTurn<T>)(object)proxy)._inner = inner;
        ((InTurn<T>)(object)proxy)._place = place;
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        lock (_place!)
        {
            _place.Pass(BetweenCalls);
            return targetMethod!.Invoke(_inner, args);
        }
    }
}

/// <summary>MAAS's HTTP answers, set by a test by the end of the path.</summary>
public sealed class StubMaas : HttpMessageHandler
{
    public Dictionary<string, (HttpStatusCode Status, string Body)> Answers { get; } =
        new(StringComparer.Ordinal)
        {
            ["version/"] = (HttpStatusCode.OK, """{"version":"3.6.1","subversion":"","capabilities":[]}"""),
            ["users/"] = (HttpStatusCode.OK, """{"username":"gantry","is_superuser":true,"email":"","is_local":true}"""),
            ["zones/"] = (HttpStatusCode.OK, """[{"id":1,"name":"az1","description":""}]"""),
            ["resourcepools/"] = (HttpStatusCode.OK, """[{"id":0,"name":"default","description":""}]"""),
            ["domains/"] = (HttpStatusCode.OK, """[{"id":0,"name":"maas","authoritative":true,"ttl":null,"is_default":true}]"""),
            ["subnets/"] = (
                HttpStatusCode.OK,
                """
                [{"id":7,"name":"prod","cidr":"10.0.0.0/24","space":"undefined","vlan":{"id":5001,"vid":0,"name":"untagged",
                  "fabric":"fabric-0"}}]
                """
            ),
            ["tags/"] = (HttpStatusCode.OK, """[{"name":"gpu","definition":"","comment":"","kernel_opts":""}]"""),
        };

    public Exception? Failure { get; set; }

    /// <summary>Whether no call is answered.</summary>
    public bool Hangs { get; set; }

    public ConcurrentQueue<Uri> Asked { get; } = new();

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Asked.Enqueue(request.RequestUri!);
        if (Failure is { } failure)
        {
            throw failure;
        }

        if (Hangs)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }

        var (status, body) = Answers
            .First(answer => request.RequestUri!.AbsolutePath.EndsWith("/2.0/" + answer.Key, StringComparison.Ordinal))
            .Value;
        return new HttpResponseMessage(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
    }

    protected override void Dispose(bool disposing)
    {
        // Shared by every client that a gateway opens.
    }
}
