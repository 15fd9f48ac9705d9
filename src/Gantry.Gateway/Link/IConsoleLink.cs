using Gantry.Protocol;

namespace Gantry.Gateway.Link;

/// <summary>What a paired gateway says to its console and hears from it.</summary>
public interface IConsoleLink
{
    /// <exception cref="ConsoleFailure">The console did not do it.</exception>
    Task<DesiredState> PollAsync(string gatewayUid, DesiredStateRequest request, CancellationToken cancellationToken);

    /// <exception cref="ConsoleFailure">The console did not do it.</exception>
    Task ReportAsync(string gatewayUid, StatusReport report, CancellationToken cancellationToken);

    /// <exception cref="ConsoleFailure">The console did not do it.</exception>
    Task AnswerAsync(string gatewayUid, GatewayAnswer answer, CancellationToken cancellationToken);
}
