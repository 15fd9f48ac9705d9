using System.Collections.Concurrent;
using System.Text.Json;
using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;
using Gantry.Server.Api;
using Gantry.Server.Store;
using Gantry.Protocol;

namespace Gantry.Server.Gateways;

/// <summary>
/// Questions on their way to gateways and the requests that wait for the answers. Nothing here is stored: who asked is
/// gone with the process, and an answer may be a secret.
/// </summary>
public sealed class PendingRequests(GatewaySignals signals, GatewayPresence presence, ConsoleOptions options, TimeProvider time)
{
    /// <summary>A request whose answer has not come by then is handed out again: the poll that carried it may be lost.</summary>
    public static readonly TimeSpan HandOutAgain = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, Pending> pending = new();

    /// <exception cref="ApiException">The gateway is away, or answered with an error.</exception>
    public async Task<T> SendAsync<T>(GatewayRow gateway, Func<string, GatewayRequest> make, CancellationToken cancellationToken)
    {
        var request = make(Uids.New());
        var waiting = new Pending(gateway.Uid, request);
        pending[request.Id] = waiting;
        signals.Wake(gateway.Uid);
        try
        {
            var answer = await waiting.Answer.Task.WaitAsync(options.RequestTimeout, time, cancellationToken);
            return answer.Error is { } error ? throw Translate(error) : Read<T>(answer);
        }
        catch (TimeoutException)
        {
            throw ApiError.GatewayAway(presence.IsOnline(gateway)
                ? $"Gateway '{gateway.Name}' did not answer within {Counted.Of((int)Math.Round(options.RequestTimeout.TotalSeconds), "second")}; try again."
                : $"Gateway '{gateway.Name}' is offline since {Since(gateway)}; start it, or check that it reaches this console.");
        }
        finally
        {
            pending.TryRemove(request.Id, out _);
        }
    }

    /// <summary>The requests to hand to a gateway now.</summary>
    public IReadOnlyList<GatewayRequest> Take(string gatewayUid)
    {
        var now = time.GetUtcNow();
        return [.. pending.Values.Where(one => one.GatewayUid == gatewayUid && one.HandOut(now, HandOutAgain)).Select(one => one.Request)];
    }

    public bool HasAny(string gatewayUid) => pending.Values.Any(one => one.GatewayUid == gatewayUid);

    public void Answer(string gatewayUid, GatewayAnswer answer)
    {
        if (pending.TryGetValue(answer.RequestId, out var waiting) && waiting.GatewayUid == gatewayUid)
        {
            waiting.Answer.TrySetResult(answer);
        }
    }

    private string Since(GatewayRow gateway) =>
        presence.LastSeen(gateway) is { } seen ? $"{seen:u}" : $"it was paired ({gateway.PairedAt:u})";

    private static T Read<T>(GatewayAnswer answer) =>
        answer.Result is { } result && result.Deserialize<T>(ProtocolJson.Options) is { } value
            ? value
            : throw ApiError.GatewayAway("The gateway answered with nothing; its version may not fit this console's.");

    private static ApiException Translate(GatewayError error) => error.Code switch
    {
        "CredentialsRejected" => new ApiException(StatusCodes.Status400BadRequest, "CredentialsRejected", error.Message),
        "Unreachable" => new ApiException(StatusCodes.Status424FailedDependency, "CloudUnreachable", error.Message),
        "NotFound" or "NotReady" => ApiError.Gone(error.Message),
        "Invalid" => new ApiException(StatusCodes.Status400BadRequest, "ValidationFailed", error.Message),
        _ => new ApiException(StatusCodes.Status424FailedDependency, error.Code, error.Message),
    };

    private sealed class Pending(string gatewayUid, GatewayRequest request)
    {
        private DateTimeOffset? handedOutAt;

        public string GatewayUid { get; } = gatewayUid;

        public GatewayRequest Request { get; } = request;

        public TaskCompletionSource<GatewayAnswer> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool HandOut(DateTimeOffset now, TimeSpan again)
        {
            lock (Answer)
            {
                if (handedOutAt is { } last && now - last < again)
                {
                    return false;
                }

                handedOutAt = now;
                return true;
            }
        }
    }
}
