using System.Runtime.CompilerServices;
using Gantry.Clusters.Model;
using Gantry.Engine.Ledger;

namespace Gantry.Simulator.Ports;

/// <summary>The ledger of one process: the process can be killed at each write.</summary>
/// <param name="ledger">A ledger that answers synchronously; it outlives the process.</param>
public sealed class LedgerPort(ITransport transport, ILedger ledger) : ILedger
{
    public Task<string> GetIdAsync(CancellationToken cancellationToken) => ledger.GetIdAsync(cancellationToken);

    public Task<long> NextAsync(CancellationToken cancellationToken) =>
        transport.WriteAsync(nameof(NextAsync), () => ledger.NextAsync(cancellationToken).GetAwaiter().GetResult());

    public Task<IReadOnlyList<ClusterRecord>> LoadAsync(CancellationToken cancellationToken) =>
        ledger.LoadAsync(cancellationToken);

    public Task<IReadOnlyList<UnreadableRecord>> LoadUnreadableAsync(CancellationToken cancellationToken) =>
        ledger.LoadUnreadableAsync(cancellationToken);

    public Task SaveAsync(ClusterRecord cluster, CancellationToken cancellationToken) =>
        Write(() => ledger.SaveAsync(cluster, cancellationToken));

    public Task EndAsync(ClusterRecord ended, CancellationToken cancellationToken) =>
        Write(() => ledger.EndAsync(ended, cancellationToken));

    public Task RemoveAsync(ClusterId cluster, CancellationToken cancellationToken) =>
        Write(() => ledger.RemoveAsync(cluster, cancellationToken));

    public Task<ClusterSecrets?> FindSecretsAsync(ClusterId cluster, CancellationToken cancellationToken) =>
        ledger.FindSecretsAsync(cluster, cancellationToken);

    public Task SaveSecretsAsync(ClusterId cluster, ClusterSecrets secrets, CancellationToken cancellationToken) =>
        Write(() => ledger.SaveSecretsAsync(cluster, secrets, cancellationToken));

    public Task<string?> LoadTimingsAsync(CancellationToken cancellationToken) => ledger.LoadTimingsAsync(cancellationToken);

    public Task SaveTimingsAsync(string timings, CancellationToken cancellationToken) =>
        Write(() => ledger.SaveTimingsAsync(timings, cancellationToken));

    public Task<IReadOnlyList<QuarantinedMachine>> LoadQuarantineAsync(CancellationToken cancellationToken) =>
        ledger.LoadQuarantineAsync(cancellationToken);

    public Task QuarantineAsync(QuarantinedMachine machine, CancellationToken cancellationToken) =>
        Write(() => ledger.QuarantineAsync(machine, cancellationToken));

    public Task ClearQuarantineAsync(SystemId machine, CancellationToken cancellationToken) =>
        Write(() => ledger.ClearQuarantineAsync(machine, cancellationToken));

    private Task Write(Func<Task> write, [CallerMemberName] string operation = "") =>
        transport.WriteAsync(
            operation,
            () =>
            {
                write().GetAwaiter().GetResult();
                return 0;
            }
        );
}
