namespace Gantry.Server.Store;

/// <summary>
/// SQLite has one writer at a time, and its driver waits for a busy database by sleeping on the thread. Writers of this
/// process queue here instead, first come first served.
/// </summary>
public sealed class WriteGate : IDisposable
{
    private readonly SemaphoreSlim one = new(1, 1);

    public Task EnterAsync(CancellationToken cancellationToken) => one.WaitAsync(cancellationToken);

    public void Leave() => one.Release();

    public void Dispose() => one.Dispose();
}
