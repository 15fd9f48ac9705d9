using Gantry.Protocol;

namespace Gantry.Gateway.Link;

/// <summary>The requests of a paired gateway to its console.</summary>
public interface IConsoleLink
{
    /// <exception cref="ConsoleFailure">The request failed.</exception>
    Task<DesiredState> PollAsync(string gatewayUid, DesiredStateRequest request, CancellationToken cancellationToken);

    /// <exception cref="ConsoleFailure">The request failed.</exception>
    Task ReportAsync(string gatewayUid, StatusReport report, CancellationToken cancellationToken);

    /// <exception cref="ConsoleFailure">The request failed.</exception>
    Task AnswerAsync(string gatewayUid, GatewayAnswer answer, CancellationToken cancellationToken);
}
