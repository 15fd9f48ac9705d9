using Gantry.Gateway.Link;
using Gantry.Protocol;
using Gantry.Simulator.Consoles;
using Gantry.Simulator.Scenarios;

namespace Gantry.Simulator.Ports;

/// <summary>The console as one gateway process reaches it.</summary>
internal sealed class ConsolePort(GatewayTransport transport, Simulation simulation) : IConsoleLink
{
    private static readonly TimeSpan Travels = TimeSpan.FromMilliseconds(40);

    private ConsoleModel Console => simulation.Console;

    public async Task<DesiredState> PollAsync(string gatewayUid, DesiredStateRequest request, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<DesiredState>(TaskCreationOptions.RunContinuationsAsynchronously);
        await transport.CallAsync(
            new Call(Peer.Console, nameof(PollAsync), null, Travels),
            () =>
            {
                simulation.Polled(request.Since);
                Console.Hold(
                    request,
                    state =>
                    {
                        if (simulation.Faults.IsPartitioned(Peer.Console, null))
                        {
                            simulation.Time.In(
                                TimeSpan.FromSeconds(20),
                                () => answer.TrySetException(new ConsoleAwayException("the connection was reset"))
                            );
                        }
                        else
                        {
                            answer.TrySetResult(state);
                        }
                    }
                );
                return 0;
            }
        );
        return await answer.Task;
    }

    public Task ReportAsync(string gatewayUid, StatusReport report, CancellationToken cancellationToken) =>
        transport.CallAsync(
            new Call(Peer.Console, nameof(ReportAsync), null, Travels),
            () =>
            {
                simulation.Reported(report);
                Console.Report(report);
                return 0;
            }
        );

    public Task AnswerAsync(string gatewayUid, GatewayAnswer answer, CancellationToken cancellationToken) =>
        transport.CallAsync(
            new Call(Peer.Console, nameof(AnswerAsync), null, Travels),
            () =>
            {
                simulation.Said(answer.Error?.Message ?? "");
                Console.Answer(answer);
                return 0;
            }
        );
}
