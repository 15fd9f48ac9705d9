using Microsoft.Extensions.Logging;

namespace Gantry.Gateway.Sync;

/// <summary>The state of the link to the console: logged at each change, and stored where it must survive a restart.</summary>
/// <param name="revoked">The console's message of a revocation before the last restart.</param>
/// <param name="remember">Stores the message of a revocation; <c>null</c> when the console knows the gateway again.</param>
public sealed partial class LinkReport(string? revoked, Action<string?> remember, ILogger log)
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = New();
    private string? _rival;

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
            // A failure to reach the console does not tell whether it knows the gateway, or whether another instance works.
            if (State is LinkState.Revoked or LinkState.Standby)
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

    /// <summary>Another instance of this gateway works.</summary>
    public void Standby(string message)
    {
        if (Enter(LinkState.Standby, message))
        {
            IsStandby(message);
        }
    }

    /// <summary>The console has refused another instance of this gateway; <c>null</c> when it has not.</summary>
    public void HasRival(string? warning)
    {
        if (warning is not null && _rival is null)
        {
            SecondInstance(warning);
        }

        _rival = warning;
    }

    /// <summary>Completes when the gateway may act, or when it no longer may.</summary>
    public async Task UntilAsync(bool mayAct, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task next;
            lock (_gate)
            {
                // A new process asks first whether it is the one that works; a console that does not answer is no reason to stop.
                if (State is LinkState.Connected or LinkState.Away == mayAct)
                {
                    return;
                }

                next = _changed.Task;
            }

            // WaitAsync would continue on a thread of the pool: a simulated run stays on its one thread.
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

    [LoggerMessage(2015, LogLevel.Error, "Another instance of this gateway works, and this one does nothing: {Message}")]
    private partial void IsStandby(string message);

    [LoggerMessage(2016, LogLevel.Warning, "{Warning}")]
    private partial void SecondInstance(string warning);

    [LoggerMessage(
        2013,
        LogLevel.Error,
        "The console does not know this gateway any more: {Problem} Clusters stay as they are and are not looked "
            + "after until it is paired again"
    )]
    private partial void IsRevoked(string problem);
}
