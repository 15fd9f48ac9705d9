using Gantry.Engine;

namespace Gantry.Gateway.Sync;

/// <summary>
/// Runs the engine while the gateway may act: not after a revocation, because another gateway may manage its clusters, and not
/// while another instance works.
/// </summary>
public static class EngineRun
{
    /// <summary>Runs until cancelled.</summary>
    public static async Task WhilePermittedAsync(ClusterEngine engine, LinkReport link, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await link.UntilAsync(mayAct: true, cancellationToken);
            using var pause = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var working = engine.RunAsync(pause.Token);
            await Task.WhenAny(working, link.UntilAsync(mayAct: false, cancellationToken));
            // CancelAsync would run the engine's continuations on a thread of the pool: a simulated run stays on its one thread.
            pause.Cancel();
            await working;
        }
    }
}
