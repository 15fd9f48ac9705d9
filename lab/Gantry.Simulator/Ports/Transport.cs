using Gantry.Clusters.Model;
using Gantry.Engine.Ports;
using Gantry.Simulator.Scenarios;
using Gantry.Simulator.Time;
using Gantry.Simulator.World;

namespace Gantry.Simulator.Ports;

/// <summary>What becomes of one call.</summary>
internal enum Fate
{
    Arrives,

    /// <summary>It never arrives; the caller gives up after its time.</summary>
    Lost,

    /// <summary>It takes effect, and the answer is lost.</summary>
    AnswerLost,

    /// <summary>The caller gives up, and then it takes effect.</summary>
    Late,

    /// <summary>It arrives twice; the caller gets the second answer.</summary>
    Twice,

    /// <summary>The other side is overloaded and does nothing.</summary>
    Unavailable,

    /// <summary>The other side is busy with something else and refuses.</summary>
    Conflict,

    /// <summary>The process ends before the call leaves it.</summary>
    KilledBefore,

    /// <summary>The process ends when the call has taken effect.</summary>
    KilledAfter,

    /// <summary>There is no way to the other side.</summary>
    Partitioned,
}

/// <summary>
/// The line between one gateway process and the world. A call travels a while, and what it does happens in the world
/// whether or not its process still lives; the answer reaches a living process only.
/// </summary>
internal sealed class Transport(Simulation simulation, ProcessContext process, Knowledge knowledge) : ITransport
{
    private static readonly TimeSpan GivesUpAfter = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RefusedAfter = TimeSpan.FromSeconds(2);
    private readonly List<(VirtualTime.Due Due, Action Effect)> _late = [];
    private long _calls;

    public Knowledge Knowledge { get; } = knowledge;

    /// <inheritdoc/>
    public Task<T> CallAsync<T>(
        Peer peer,
        ClusterId? cluster,
        TimeSpan travels,
        Act? act,
        Func<T> effect,
        Action<T>? learn = null
    )
    {
        var source = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (process.Dead)
        {
            return source.Task;
        }

        _calls++;
        simulation.Calls++;
        var fate = simulation.Faults.FateOf(peer, cluster, act is not null);
        if (act is not null)
        {
            simulation.Sent(act, Knowledge);
        }

        if (fate is not Fate.Arrives)
        {
            simulation.History.Fault(fate, peer, act, cluster);
        }

        switch (fate)
        {
            case Fate.Arrives:
                simulation.Time.In(travels, () => Answer(source, Attempt(act, effect), learn));
                break;
            case Fate.Twice:
                simulation.Time.In(
                    travels,
                    () =>
                    {
                        _ = Attempt(act, effect);
                        Answer(source, Attempt(act, effect), learn);
                    }
                );
                break;
            case Fate.Lost:
                simulation.Time.In(GivesUpAfter, () => Answer(source, NoAnswer<T>(peer, "no answer in time"), null));
                break;
            case Fate.AnswerLost:
                simulation.Time.In(travels, () => Attempt(act, effect));
                simulation.Time.In(GivesUpAfter, () => Answer(source, NoAnswer<T>(peer, "no answer in time"), null));
                break;
            case Fate.Late:
                simulation.Time.In(GivesUpAfter, () => Answer(source, NoAnswer<T>(peer, "no answer in time"), null));
                void Arrive() => Attempt(act, effect);
                _late.Add((simulation.Time.In(GivesUpAfter + TimeSpan.FromSeconds(2 + (_calls % 23)), Arrive), Arrive));
                break;
            case Fate.Unavailable:
                simulation.Time.In(travels, () => Answer(source, NoAnswer<T>(peer, "503 Service Unavailable"), null));
                break;
            case Fate.Conflict:
                simulation.Time.In(travels, () => Answer(source, Blocker<T>(peer), null));
                break;
            case Fate.Partitioned:
                simulation.Time.In(RefusedAfter, () => Answer(source, NoAnswer<T>(peer, "connection refused"), null));
                break;
            case Fate.KilledBefore:
                simulation.KillGateway();
                break;
            case Fate.KilledAfter:
                simulation.Time.In(
                    travels,
                    () =>
                    {
                        _ = Attempt(act, effect);
                        simulation.KillGateway();
                    }
                );
                break;
        }

        return source.Task;
    }

    /// <summary>
    /// A call that does not travel: the ledger and the disk. It can be the last thing that happens, before or after.
    /// </summary>
    public Task<T> WriteAsync<T>(Func<T> effect)
    {
        if (process.Dead)
        {
            return new TaskCompletionSource<T>().Task;
        }

        simulation.Calls++;
        var fate = simulation.Faults.FateOf(Peer.Ledger, null, changes: true);
        if (fate is Fate.KilledBefore)
        {
            simulation.History.Fault(fate, Peer.Ledger, null, null);
            simulation.KillGateway();
            return new TaskCompletionSource<T>().Task;
        }

        var result = effect();
        if (fate is Fate.KilledAfter)
        {
            simulation.History.Fault(fate, Peer.Ledger, null, null);
            simulation.KillGateway();
            return new TaskCompletionSource<T>().Task;
        }

        return Task.FromResult(result);
    }

    /// <summary>
    /// The end of its process cuts a call off too: it arrives within the same time after that, or when it would have anyway.
    /// </summary>
    public void CutOff()
    {
        foreach (var (due, arrive) in _late.Where(late => !late.Due.IsOff))
        {
            due.CallOff();
            simulation.Time.In(TimeSpan.FromSeconds(1 + (_calls++ % 23)), arrive);
        }
    }

    private Outcome<T> Attempt<T>(Act? act, Func<T> effect)
    {
        if (simulation.Ended)
        {
            return new Outcome<T>(default!, new OperationCanceledException());
        }

        if (act is not null)
        {
            simulation.Before(act);
        }

        Outcome<T> outcome;
        try
        {
            outcome = new Outcome<T>(effect(), null);
        }
        catch (Exception refused) when (refused is RegionException or WorkloadException or Gateway.Link.ConsoleFailure)
        {
            outcome = new Outcome<T>(default!, refused);
        }

        if (act is not null)
        {
            simulation.After(act, outcome.Refused?.Message);
        }

        return outcome;
    }

    private void Answer<T>(TaskCompletionSource<T> source, Outcome<T> outcome, Action<T>? learn)
    {
        if (process.Dead)
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

    private static Outcome<T> NoAnswer<T>(Peer peer, string why) =>
        new(
            default!,
            peer switch
            {
                Peer.Maas => new RegionException(RegionFailure.Unreachable, $"MAAS: {why}"),
                Peer.Cluster => new WorkloadException(unreachable: true, why),
                _ => new Gateway.Link.ConsoleAwayException(why),
            }
        );

    private static Outcome<T> Blocker<T>(Peer peer) =>
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
