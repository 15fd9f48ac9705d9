using Microsoft.Extensions.Logging;

namespace Gantry.Gateway.Sync;

/// <summary>How the link to the console is, told once at each change, and kept where it must survive a restart.</summary>
/// <param name="revoked">What the console said before the last restart, when it did not know this gateway any more.</param>
/// <param name="remember">Stores what it says now; <c>null</c> when it knows the gateway again.</param>
public sealed partial class LinkReport(string? revoked, Action<string?> remember, ILogger log)
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = New();

    public LinkState State { get; private set; } = revoked is null ? LinkState.Connecting : LinkState.Revoked;

    public string Message { get; private set; } = revoked ?? "The console has not answered yet.";

    public void Connected()
    {
        if (Enter(LinkState.Connected, "The console answers."))
        {
            IsConnected();
        }
    }

    public void Away(string problem)
    {
        lock (_gate)
        {
            // Not being reached says nothing about whether it knows us.
            if (State is LinkState.Revoked)
            {
                return;
            }
        }

        if (Enter(LinkState.Away, problem))
        {
            IsAway(problem);
        }
    }

    public void Revoked(string message)
    {
        if (Enter(LinkState.Revoked, message))
        {
            IsRevoked(message);
        }
    }

    /// <summary>Ends when the gateway may act, or when it may not any more.</summary>
    public async Task UntilAsync(bool mayAct, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task next;
            lock (_gate)
            {
                if (State is not LinkState.Revoked == mayAct)
                {
                    return;
                }

                next = _changed.Task;
            }

            // Not by WaitAsync, which goes on in a thread of the pool: a simulated run stays on its one thread.
            await using (cancellationToken.Register(LookAgain))
            {
                await next;
            }

            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private bool Enter(LinkState state, string message)
    {
        lock (_gate)
        {
            Message = message;
            if (State == state)
            {
                return false;
            }

            if (state is LinkState.Revoked)
            {
                remember(message);
            }
            else if (State is LinkState.Revoked)
            {
                remember(null);
            }

            State = state;
            LookAgain();
            return true;
        }
    }

    private void LookAgain()
    {
        lock (_gate)
        {
            _changed.TrySetResult();
            _changed = New();
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    [LoggerMessage(2011, LogLevel.Information, "Connected to the console")]
    private partial void IsConnected();

    [LoggerMessage(2012, LogLevel.Warning, "The console is away; clusters are looked after as it said last. {Problem}")]
    private partial void IsAway(string problem);

    [LoggerMessage(
        2013,
        LogLevel.Error,
        "The console does not know this gateway any more: {Problem} Clusters stay as they are and are not looked "
            + "after until it is paired again"
    )]
    private partial void IsRevoked(string problem);
}
