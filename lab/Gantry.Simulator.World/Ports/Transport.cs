using Gantry.Engine.Ports;
using Gantry.Simulator.Time;

namespace Gantry.Simulator.Ports;

/// <summary>
/// The connection between one process and the world. A call arrives after a latency and takes effect even if its process has
/// died; the answer reaches only a live process. Derived classes decide the fate of each call and observe it.
/// </summary>
public abstract class Transport(VirtualTime time, ProcessContext process, Knowledge knowledge) : ITransport
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RefusedAfter = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan HeldFor = TimeSpan.FromMinutes(2);
    private readonly List<(VirtualTime.Due Due, Action Effect)> _late = [];
    private long _calls;

    public Knowledge Knowledge { get; } = knowledge;

    protected ProcessContext Process { get; } = process;

    public Task<T> CallAsync<T>(Call call, Func<T> effect, Action<T>? learn = null)
    {
        var source = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (Process.Dead)
        {
            return source.Task;
        }

        _calls++;
        var peer = call.Peer;
        var fate = Send(call);
        switch (fate)
        {
            case Fate.Arrives:
                In(call.Travels, () => Answer(source, Attempt(call, effect), learn));
                break;
            case Fate.Held:
                void TakeUp() => Answer(source, Attempt(call, effect), learn);
                _late.Add((time.In(HeldFor, TakeUp), TakeUp));
                break;
            case Fate.Twice:
                In(
                    call.Travels,
                    () =>
                    {
                        _ = Attempt(call, effect);
                        Answer(source, Attempt(call, effect), learn);
                    }
                );
                break;
            case Fate.Lost:
                In(GivesUpAfter, () => Answer(source, NoAnswer<T>(peer, "no answer in time"), null));
                break;
            case Fate.AnswerLost:
                In(call.Travels, () => Attempt(call, effect));
                In(GivesUpAfter, () => Answer(source, NoAnswer<T>(peer, "no answer in time"), null));
                break;
            case Fate.Late:
                In(GivesUpAfter, () => Answer(source, NoAnswer<T>(peer, "no answer in time"), null));
                void Arrive() => Attempt(call, effect);
                _late.Add((time.In(GivesUpAfter + LateBy(_calls), Arrive), Arrive));
                break;
            case Fate.Unavailable:
                In(call.Travels, () => Answer(source, NoAnswer<T>(peer, "503 Service Unavailable"), null));
                break;
            case Fate.Conflict:
                In(call.Travels, () => Answer(source, Conflict<T>(peer), null));
                break;
            case Fate.Partitioned:
                In(RefusedAfter, () => Answer(source, NoAnswer<T>(peer, "connection refused"), null));
                break;
            case Fate.KilledBefore:
                Kill();
                break;
            case Fate.KilledAfter:
                In(
                    call.Travels,
                    () =>
                    {
                        _ = Attempt(call, effect);
                        Kill();
                    }
                );
                break;
        }

        return source.Task;
    }

    public Task<T> WriteAsync<T>(string operation, Func<T> effect)
    {
        if (Process.Dead)
        {
            return new TaskCompletionSource<T>().Task;
        }

        var fate = Send(new Call(Peer.Ledger, operation, null, TimeSpan.Zero));
        if (fate is Fate.KilledBefore)
        {
            Kill();
            return new TaskCompletionSource<T>().Task;
        }

        var result = effect();
        if (fate is Fate.KilledAfter)
        {
            Kill();
            return new TaskCompletionSource<T>().Task;
        }

        return Task.FromResult(result);
    }

    /// <summary>Cuts off the calls in flight when their process ends: each arrives within the usual delay after that.</summary>
    public void CutOff()
    {
        foreach (var (due, arrive) in _late.Where(late => !late.Due.IsOff))
        {
            due.CallOff();
            time.In(LateBy(_calls++) - TimeSpan.FromSeconds(1), arrive);
        }
    }

    /// <summary>
    /// Chooses the fate of a sent call. A write to the ledger can only succeed, or be killed before or after it.
    /// </summary>
    protected abstract Fate Send(Call call);

    /// <summary>Kills the process.</summary>
    protected abstract void Kill();

    /// <summary>Called when an act arrives, before its effect.</summary>
    protected virtual void Before(Act act) { }

    /// <summary>The error of an arrived call, instead of its effect.</summary>
    protected virtual Exception? Refusal(Call call) => null;

    /// <summary>Called after an act has taken effect or was refused.</summary>
    protected virtual void After(Act act, Exception? refused) { }

    /// <summary>Whether calls still take effect.</summary>
    protected virtual bool IsOver => false;

    /// <summary>The timeout of a call.</summary>
    protected virtual TimeSpan GivesUpAfter => Patience;

    /// <summary>How long after its caller's timeout a late call arrives.</summary>
    /// <param name="call">The number of calls the process has made.</param>
    protected virtual TimeSpan LateBy(long call) => TimeSpan.FromSeconds(2 + (call % 23));

    /// <summary>Runs an action after a delay.</summary>
    protected virtual void In(TimeSpan wait, Action act) => time.In(wait, act);

    /// <summary>Whether the exception is a peer's answer rather than a fault of the world.</summary>
    protected virtual bool IsAnswer(Exception exception) => exception is RegionException or WorkloadException;

    protected virtual Exception NoAnswer(Peer peer, string why) =>
        peer is Peer.Maas
            ? new RegionException(RegionFailure.Unreachable, $"MAAS: {why}")
            : new WorkloadException(unreachable: true, why);

    private Outcome<T> NoAnswer<T>(Peer peer, string why) => new(default!, NoAnswer(peer, why));

    private Outcome<T> Attempt<T>(Call call, Func<T> effect)
    {
        if (IsOver)
        {
            return new Outcome<T>(default!, new OperationCanceledException());
        }

        if (call.Act is { } act)
        {
            Before(act);
        }

        Outcome<T> outcome;
        try
        {
            outcome = Refusal(call) is { } refusal ? new Outcome<T>(default!, refusal) : new Outcome<T>(effect(), null);
        }
        catch (Exception refused) when (IsAnswer(refused))
        {
            outcome = new Outcome<T>(default!, refused);
        }

        if (call.Act is { } acted)
        {
            After(acted, outcome.Refused);
        }

        return outcome;
    }

    private void Answer<T>(TaskCompletionSource<T> source, Outcome<T> outcome, Action<T>? learn)
    {
        if (Process.Dead)
        {
            return;
        }

        if (outcome.Refused is { } refused)
        {
            source.SetException(refused);
            return;
        }

        learn?.Invoke(outcome.Value);
        source.SetResult(outcome.Value);
    }

    private Outcome<T> Conflict<T>(Peer peer) =>
        peer switch
        {
            Peer.Maas => new(default!, new RegionException(RegionFailure.Conflict, "409 Conflict: the node is busy")),
            Peer.Cluster => new(
                default!,
                new WorkloadException(unreachable: false, "the server was unable to complete the request")
            ),
            _ => NoAnswer<T>(peer, "502 Bad Gateway"),
        };

    private readonly record struct Outcome<T>(T Value, Exception? Refused);
}
