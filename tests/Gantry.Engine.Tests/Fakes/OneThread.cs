namespace Gantry.Engine.Tests.Fakes;

/// <summary>
/// Runs continuations on the test's own thread, in order, so that a run under fake time is the same every time.
/// </summary>
public sealed class OneThread : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Run, object? With)> _posted = new();

    public override void Post(SendOrPostCallback d, object? state) => _posted.Enqueue((d, state));

    public override void Send(SendOrPostCallback d, object? state) => d(state);

    public override SynchronizationContext CreateCopy() => this;

    public void RunUntilIdle()
    {
        while (_posted.TryDequeue(out var next))
        {
            next.Run(next.With);
        }
    }
}
