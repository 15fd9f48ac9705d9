using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Clusters.Model;
using Gantry.Maas;
using Gantry.Protocol;
using Microsoft.AspNetCore.Http;

namespace Gantry.Hostile;

/// <summary>
/// A console that was taken over after a person had entered a MAAS key in it: it holds the sealed key, answers the polls of its
/// gateway with anything, and reads what the gateway says. It does not check tokens.
/// </summary>
public sealed class HostileConsole : IAsyncDisposable
{
    public const string Key = "consumer:token:verysecret";

    private const string Silent = "the gateway does not poll any more";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentQueue<Func<HttpContext, Task>> _next = new();
    private readonly ConcurrentDictionary<string, JsonObject> _answers = new();
    private Listener _listener = null!;
    private PairRequest? _paired;
    private long _polls;
    private long _acknowledged;
    private long _revision;
    private int _ids;

    private HostileConsole(Listener maas, Listener thief)
    {
        Maas = maas;
        Thief = thief;
    }

    public Uri Url => _listener.Url;

    /// <summary>The certificate that its gateway trusts.</summary>
    public string CaPem => _listener.CaPem;

    /// <summary>The region of the person who entered the key.</summary>
    public Listener Maas { get; }

    /// <summary>Where the key must not go.</summary>
    public Listener Thief { get; }

    /// <summary>The account of the person, sealed for its region as an honest console does.</summary>
    public JsonObject Account => Sealed(new KeyDestination(MaasEndpoint.Parse(Maas.Url.AbsoluteUri).ToString(), Maas.CaPem));

    public static async Task<HostileConsole> StartAsync(CancellationToken cancellationToken)
    {
        var console = new HostileConsole(
            await Listener.LikeMaasAsync(isSecure: true, cancellationToken),
            await Listener.LikeMaasAsync(isSecure: false, cancellationToken)
        );
        console._listener = await Listener.StartAsync(isSecure: true, console.HandleAsync, cancellationToken);
        return console;
    }

    /// <summary>Answers one poll with a desired state that holds these members beside the empty rest.</summary>
    /// <returns>Whether the gateway acknowledged it with the poll after.</returns>
    public Task<bool> OfferAsync(JsonObject members, CancellationToken cancellationToken)
    {
        var state = Empty(++_revision);
        foreach (var (name, value) in members)
        {
            state[name] = value?.DeepClone();
        }

        return OfferTextAsync(state.ToJsonString(), cancellationToken);
    }

    /// <summary>Answers one poll with this text.</summary>
    /// <returns>Whether the gateway polled on from another revision than before.</returns>
    public Task<bool> OfferTextAsync(string body, CancellationToken cancellationToken) =>
        OfferAsync(context => context.Response.WriteAsync(body), cancellationToken);

    /// <inheritdoc cref="OfferTextAsync"/>
    public async Task<bool> OfferAsync(Func<HttpContext, Task> answer, CancellationToken cancellationToken)
    {
        var before = Interlocked.Read(ref _acknowledged);
        var given = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        _next.Enqueue(async context =>
        {
            await answer(context);
            given.SetResult(Interlocked.Read(ref _polls));
        });
        var poll = await given.Task.WaitAsync(Patience, TimeProvider.System, cancellationToken);
        await UntilAsync(() => Interlocked.Read(ref _polls) > poll, Silent, cancellationToken);
        var acknowledged = Interlocked.Read(ref _acknowledged) != before;

        // One honest answer, so that the gateway's back-off begins anew.
        await UntilAsync(() => Interlocked.Read(ref _polls) > poll + 1, Silent, cancellationToken);
        return acknowledged;
    }

    /// <summary>Asks the gateway.</summary>
    /// <param name="request">Kind and members; the id is added.</param>
    /// <returns>The gateway's answer, with <c>result</c> or <c>error</c>.</returns>
    public async Task<JsonObject> AskAsync(JsonObject request, CancellationToken cancellationToken)
    {
        var id = $"ask-{Interlocked.Increment(ref _ids)}";
        request["id"] = id;
        var state = Empty(_revision);
        state["asks"] = new JsonArray(request);
        await OfferTextAsync(state.ToJsonString(), cancellationToken);
        await UntilAsync(() => _answers.ContainsKey(id), "the gateway does not answer", cancellationToken);
        return _answers[id];
    }

    public JsonObject Sealed(KeyDestination destination) =>
        JsonSerializer
            .SerializeToNode(
                new SealedAccount(
                    new AccountId("lab"),
                    "lab",
                    destination.Endpoint,
                    destination.Seal(Key, _paired!.SealingKey),
                    destination.CaPem
                ),
                ProtocolJson.Options
            )!
            .AsObject();

    public Task PairedAsync(CancellationToken cancellationToken) =>
        UntilAsync(() => Interlocked.Read(ref _polls) > 0, "no gateway has paired", cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync();
        await Maas.DisposeAsync();
        await Thief.DisposeAsync();
    }

    private static JsonObject Empty(long revision) =>
        new()
        {
            ["revision"] = revision,
            ["clusters"] = new JsonArray(),
            ["accounts"] = new JsonArray(),
            ["removedClusters"] = new JsonArray(),
            ["removedAccounts"] = new JsonArray(),
            ["asks"] = new JsonArray(),
            ["epoch"] = "hostile",
        };

    private async Task HandleAsync(HttpContext context)
    {
        context.Response.Headers[ProtocolContract.Header] = $"{ProtocolContract.Version}";
        context.Response.ContentType = "application/json";
        var body = await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        switch (context.Request.Path.Value)
        {
            case GatewayPaths.Pair:
                _paired = body.Deserialize<PairRequest>(ProtocolJson.Options)!;
                var paired = new PairResponse("gw-1", "rack", Fingerprint.Of(_paired.SigningKey));
                await context.Response.WriteAsJsonAsync(paired, ProtocolJson.Options);
                break;
            case GatewayPaths.Desired:
                await PolledAsync(context, body!["since"]!.GetValue<long>());
                break;
            case GatewayPaths.Answers:
                _answers[body!["askId"]!.GetValue<string>()] = body.AsObject();
                context.Response.StatusCode = StatusCodes.Status204NoContent;
                break;
            default:
                context.Response.StatusCode = StatusCodes.Status204NoContent;
                break;
        }
    }

    private async Task PolledAsync(HttpContext context, long since)
    {
        Interlocked.Exchange(ref _acknowledged, since);
        Interlocked.Increment(ref _polls);
        for (var round = 0; round < 5; round++)
        {
            if (_next.TryDequeue(out var answer))
            {
                await answer(context);
                return;
            }

            await Task.Delay(Pause, TimeProvider.System, context.RequestAborted);
        }

        await context.Response.WriteAsync(Empty(since).ToJsonString());
    }

    private static async Task UntilAsync(Func<bool> holds, string otherwise, CancellationToken cancellationToken)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!holds())
        {
            if (TimeProvider.System.GetElapsedTime(start) > Patience)
            {
                throw new TimeoutException(otherwise);
            }

            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }
    }
}
