using System.Text.Json;
using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;
using Gantry.Protocol;
using Gantry.Server.Api;
using Gantry.Server.Store;

namespace Gantry.Server.Gateways;

/// <summary>Sends a request to a gateway that only the data centre can answer, and waits for the answer.</summary>
public sealed class PendingRequests(
    IRequestBoard board,
    IGatewaySignals signals,
    GatewayPresence presence,
    GatewaySurroundings surroundings,
    ConsoleOptions options,
    Caller caller
)
{
    /// <summary>
    /// An unanswered request is handed out again after this time: the poll that carried it may have been lost.
    /// </summary>
    public static readonly TimeSpan HandOutAgain = TimeSpan.FromSeconds(5);

    /// <summary>Why a request to the gateway would wait in vain; <c>null</c> when it may be answered.</summary>
    public string? FindAbsence(GatewayRow gateway) => presence.IsKnownAway(gateway) ? Absence(gateway) : null;

    /// <exception cref="ApiException">The gateway is away, or answered with an error.</exception>
    /// <param name="within">How long to wait; <c>null</c> is as long as clients do.</param>
    public async Task<T> SendAsync<T>(
        GatewayRow gateway,
        Func<string, GatewayRequest> make,
        CancellationToken cancellationToken,
        TimeSpan? within = null
    )
    {
        if (FindAbsence(gateway) is { } absence)
        {
            throw ApiError.GatewayAway(absence);
        }

        var answering = board.PostAsync(
            gateway.Uid,
            new RequestOrigin(caller.TenantUid, caller.ProjectUid),
            make(Uids.New()),
            within ?? options.RequestTimeout,
            cancellationToken
        );
        signals.Wake(gateway.Uid);
        try
        {
            var answer = await answering;
            return answer.Error is { } error ? throw Translate(error) : Read<T>(answer);
        }
        catch (TimeoutException)
        {
            throw ApiError.GatewayAway(
                (presence.IsOnline(gateway) ? null : Absence(gateway))
                    ?? $"Gateway '{gateway.Name}' did not answer within "
                        + $"{Counted.Of((int)Math.Round(options.RequestTimeout.TotalSeconds), "second")}; try again."
            );
        }
        finally
        {
            // The place of this request at the gateway is free for one that waits.
            signals.Wake(gateway.Uid);
        }
    }

    private string? Absence(GatewayRow gateway) =>
        surroundings.Of(gateway).Trouble is { } trouble ? $"{trouble.Message}. {trouble.NextAction}" : null;

    private static T Read<T>(GatewayAnswer answer)
    {
        try
        {
            return answer.Result is { } result && result.Deserialize<T>(ProtocolJson.FromGateway) is { } value
                ? value
                : throw ApiError.GatewayAway("The gateway answered with nothing; its version may not fit this console's.");
        }
        catch (JsonException)
        {
            throw ApiError.GatewayAway(
                $"The gateway answered something that is not a {typeof(T).Name}; its version may not fit this console's."
            );
        }
    }

    private static ApiException Translate(GatewayError error) =>
        error.Code switch
        {
            "CredentialsRejected" => new ApiException(StatusCodes.Status400BadRequest, "CredentialsRejected", error.Message),
            "Unreachable" => new ApiException(StatusCodes.Status424FailedDependency, "CloudUnreachable", error.Message),
            "OtherMaasUser" => new ApiException(StatusCodes.Status409Conflict, "OtherMaasUser", error.Message),
            "NotFound" or "NotReady" => ApiError.Gone(error.Message),
            "Invalid" => new ApiException(StatusCodes.Status400BadRequest, "ValidationFailed", error.Message),
            _ => new ApiException(StatusCodes.Status424FailedDependency, error.Code, error.Message),
        };
}
