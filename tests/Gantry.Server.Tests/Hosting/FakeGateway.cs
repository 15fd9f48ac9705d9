using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Gantry.Clusters.Model;
using Gantry.Protocol;

namespace Gantry.Server.Tests.Hosting;

/// <summary>A gateway with the real protocol over HTTPS that answers requests as the test sets.</summary>
public sealed class FakeGateway : IDisposable
{
    private readonly ECDsa _signing = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly HttpClient _http;
    private readonly TimeProvider _time;
    private int _eventNumber;

    private FakeGateway(HttpClient http, TimeProvider time)
    {
        _http = http;
        _http.DefaultRequestHeaders.Add(ProtocolContract.Header, $"{ProtocolContract.Version}");
        _time = time;
    }

    public ECDiffieHellman Sealing { get; } = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);

    public ECDsa Signing => _signing;

    public string Uid { get; private set; } = "";

    public PairResponse? Paired { get; private set; }

    public long Revision { get; private set; }

    public Dictionary<string, ClusterSpec> Clusters { get; } = [];

    public Dictionary<string, SealedAccount> Accounts { get; } = [];

    /// <summary>Answers to requests; null leaves a request unanswered.</summary>
    public Func<GatewayRequest, object?> Answers { get; set; } = _ => null;

    /// <summary>What the gateway says of itself in each poll.</summary>
    public string? Problem { get; set; }

    /// <summary>The process that polls; null for a gateway of a version without instances.</summary>
    public GatewayInstance? Instance { get; set; }

    public static async Task<FakeGateway> PairAsync(
        TestConsole console,
        string name = "System Private Gateway",
        TimeProvider? time = null
    )
    {
        var gateway = new FakeGateway(console.NewClient(), time ?? TimeProvider.System);
        var code = await console.Host.CreatePairingCodeAsync(name, TestContext.Current.CancellationToken);
        gateway.Paired = await gateway.PairAsync(code, name);
        gateway.Uid = gateway.Paired.GatewayUid;
        return gateway;
    }

    public static FakeGateway Unpaired(TestConsole console) => new(console.NewClient(), TimeProvider.System);

    public async Task<PairResponse> PairAsync(string code, string name)
    {
        using var response = await TryPairAsync(code, name);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return (await response.Content.ReadFromJsonAsync<PairResponse>(ProtocolJson.Options))!;
    }

    public Task<HttpResponseMessage> TryPairAsync(string code, string name) =>
        _http.PostAsJsonAsync(
            GatewayPaths.Pair,
            new PairRequest(
                code,
                name,
                Convert.ToBase64String(_signing.ExportSubjectPublicKeyInfo()),
                Convert.ToBase64String(Sealing.ExportSubjectPublicKeyInfo()),
                "1.0"
            ),
            ProtocolJson.Options
        );

    /// <summary>The MAAS key of an account, as the gateway reads it.</summary>
    public string KeyOf(SealedAccount account) => account.Key.Open(Sealing, account.Destination.AssociatedData());

    /// <summary>One poll; stores its result and answers its requests.</summary>
    public async Task<DesiredState> PollAsync(int waitSeconds = 0)
    {
        var state = await SendAsync<DesiredState>(
            GatewayPaths.Desired,
            new DesiredStateRequest(Revision, waitSeconds, new GatewayReport("1.0", _time.GetUtcNow(), Clusters.Count, Problem))
            {
                Instance = Instance,
            }
        );
        Revision = state!.Revision;
        foreach (var cluster in state.Clusters)
        {
            Clusters[cluster.Id.Value] = cluster;
        }

        foreach (var account in state.Accounts)
        {
            Accounts[account.Id.Value] = account;
        }

        foreach (var gone in state.RemovedClusters)
        {
            Clusters.Remove(gone.Value);
        }

        foreach (var gone in state.RemovedAccounts)
        {
            Accounts.Remove(gone.Value);
        }

        foreach (var request in state.Requests)
        {
            if (Answers(request) is { } answer)
            {
                await SendAsync<object>(
                    GatewayPaths.Answers,
                    answer is GatewayError error
                        ? new GatewayAnswer(request.Id, null, error)
                        : new GatewayAnswer(
                            request.Id,
                            JsonSerializer.SerializeToElement(answer, answer.GetType(), ProtocolJson.Options),
                            null
                        )
                );
            }
        }

        return state;
    }

    /// <summary>Polls until the request is answered.</summary>
    public async Task<T> WhileServingAsync<T>(Task<T> request)
    {
        while (!request.IsCompleted)
        {
            // Under a stopped clock, a poll that waits would never end.
            await PollAsync(waitSeconds: _time == TimeProvider.System ? 1 : 0);
        }

        return await request;
    }

    public Task ReportAsync(params ClusterStatus[] statuses) =>
        SendAsync<object>(GatewayPaths.Status, new StatusReport(statuses, []));

    public Task ReportAsync(params ClusterEvent[] events) => SendAsync<object>(GatewayPaths.Status, new StatusReport([], events));

    public ClusterEvent Event(string cluster, string reason, string message) =>
        new($"e{++_eventNumber:d8}", new ClusterId(cluster), null, EventSeverity.Info, reason, message, _time.GetUtcNow());

    public static MachineStatus Machine(string systemId, string pool = "worker-pool", string kubernetes = "1.33.5") =>
        new()
        {
            SystemId = new SystemId(systemId),
            Hostname = $"node-{systemId}",
            Pool = DnsLabel.Parse(pool),
            Role = pool == "control-plane-pool" ? PoolRole.ControlPlane : PoolRole.Worker,
            State = "Ready",
            NodeReady = true,
            KubernetesVersion = kubernetes,
            Addresses = ["10.0.0.11"],
        };

    public ClusterStatus Status(
        string cluster,
        ClusterPhase phase,
        Health health = Health.Unknown,
        params MachineStatus[] machines
    ) =>
        new()
        {
            Id = new ClusterId(cluster),
            ObservedGeneration = Clusters.TryGetValue(cluster, out var spec) ? spec.Generation : 1,
            Phase = phase,
            Health = health,
            Machines = [.. machines],
            Endpoint = phase is ClusterPhase.Running ? new Gantry.Clusters.Model.ApiEndpoint("10.0.0.10", 6443) : null,
            KubernetesVersion = KubernetesVersion.Parse("1.33.4"),
            Message = $"is {phase}",
            Conditions =
            [
                new ClusterCondition(
                    "ControlPlaneReady",
                    phase is ClusterPhase.Running ? ConditionStatus.True : ConditionStatus.False,
                    "Init",
                    "as told",
                    _time.GetUtcNow()
                ),
            ],
            ReportedAt = _time.GetUtcNow(),
        };

    public async Task<T?> SendAsync<T>(string path, object body)
    {
        using var response = await TrySendAsync(path, body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode}: {text}");
        return text.Length == 0 ? default : JsonSerializer.Deserialize<T>(text, ProtocolJson.Options);
    }

    public Task<HttpResponseMessage> TrySendAsync(string path, object body) => _http.SendAsync(Sign(path, body));

    public Task<HttpResponseMessage> TrySendBytesAsync(string path, byte[] body) => _http.SendAsync(Sign(path, body));

    public HttpRequestMessage Sign(string path, object body) =>
        Sign(path, JsonSerializer.SerializeToUtf8Bytes(body, body.GetType(), ProtocolJson.Options));

    private HttpRequestMessage Sign(string path, byte[] bytes)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(bytes) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Bearer",
            GatewayToken.Sign(_signing, Uid, "POST", path, bytes, _time.GetUtcNow())
        );
        return request;
    }

    public Task<HttpResponseMessage> SendRawAsync(HttpRequestMessage request) => _http.SendAsync(request);

    public void Dispose()
    {
        _http.Dispose();
        _signing.Dispose();
        Sealing.Dispose();
    }
}
