using Gantry.Engine.Ports;

namespace Gantry.Engine;

/// <summary>
/// Calls to MAAS, any of which may take minutes: a BMC that does not answer holds MAAS up. Whoever makes such a call waits for a
/// short time and goes on with other work; the call goes on too. Whoever makes the same call again gets the answer that has come
/// meanwhile. So the calls of one owner run side by side, within a bound, while the owner's own work stays in order.
/// </summary>
/// <param name="patience">How long callers wait, from the moment the call was made.</param>
/// <param name="atOnce">How many calls of one owner run side by side.</param>
internal sealed class PendingCalls(TimeProvider time, TimeSpan patience, int atOnce)
{
    /// <summary>Nobody has asked for the answer: what the call did was seen in MAAS, or does not matter any more.</summary>
    private static readonly TimeSpan AnswerHolds = TimeSpan.FromSeconds(30);

    /// <summary>What a read tells is as old as its call, and a run that went on comes back within seconds.</summary>
    private static readonly TimeSpan ReadHolds = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Pending> _calls = new(StringComparer.Ordinal);

    /// <summary>Whether this call was made and its answer has not been taken yet.</summary>
    public bool IsPending(string key)
    {
        lock (_gate)
        {
            DropOld();
            return _calls.ContainsKey(key);
        }
    }

    /// <summary>Makes the call, or takes the answer of the one that was made before.</summary>
    /// <param name="cancellationToken">Ends the wait; the call goes on.</param>
    /// <exception cref="RegionException">
    /// <see cref="RegionFailure.NotAnswered"/>: MAAS has not answered yet, or answers other calls first.
    /// <see cref="RegionFailure.MachineFailed"/>: the call has ended without an answer while other work went on. Otherwise the failure
    /// of the call.
    /// </exception>
    public async Task<T> AwaitAsync<T>(MaasCall wanted, Func<Task<T>> call, CancellationToken cancellationToken = default)
    {
        Pending mine;
        bool isAnswer;
        while (!TryBegin(wanted, call, out mine, out isAnswer))
        {
            await WaitAsync(mine, patience, cancellationToken);
        }

        var task = (Task<T>)mine.Task;
        await WaitAsync(mine, wanted.Patience ?? patience, cancellationToken);
        Take(mine);
        try
        {
            return await task;
        }
        catch (RegionException lost) when (isAnswer && lost.Failure is RegionFailure.Unreachable)
        {
            // MAAS has answered others since.
            throw new RegionException(RegionFailure.MachineFailed, $"{mine.Text.TrimEnd('.')}, and the call has ended.", lost);
        }
    }

    /// <summary>Asks MAAS once for all who ask the same meanwhile.</summary>
    /// <param name="key">What is asked; the same key is the same question.</param>
    /// <param name="what">The question as a clause for people.</param>
    /// <inheritdoc cref="AwaitAsync{T}" path="/exception"/>
    public Task<T> ReadSharedAsync<T>(
        string key,
        string what,
        Func<CancellationToken, Task<T>> read,
        CancellationToken cancellationToken
    ) =>
        AwaitAsync(
            new MaasCall("", key, key, what) { IsRead = true, IsShared = true },
            () => read(CancellationToken.None),
            cancellationToken
        );

    /// <summary>Why no call for the subject can be made now, as a sentence; <c>null</c> when it can.</summary>
    public string? FindObstacle(string owner, string subject)
    {
        lock (_gate)
        {
            return RunningFor(subject)?.Text ?? FindCrowd(owner);
        }
    }

    /// <returns>False when another call for the subject has to end first, which is told then.</returns>
    private bool TryBegin<T>(MaasCall wanted, Func<Task<T>> call, out Pending pending, out bool isAnswer)
    {
        lock (_gate)
        {
            DropOld();
            isAnswer = false;
            if (_calls.TryGetValue(wanted.Key, out var known))
            {
                isAnswer = known.Task.IsCompleted;
                if (!(isAnswer && wanted.IsRead && known.IsLost))
                {
                    pending = known;
                    return true;
                }

                isAnswer = false;
            }

            if (RunningFor(wanted.Subject) is { } before)
            {
                pending = before;
                return false;
            }

            if (FindCrowd(wanted.Owner) is { } crowd)
            {
                throw new RegionException(RegionFailure.NotAnswered, crowd);
            }

            foreach (var read in _calls.Values.Where(read => read.Call.IsRead && read.Call.Subject == wanted.Subject).ToList())
            {
                _calls.Remove(read.Call.Key);
            }

            _calls[wanted.Key] = pending = new Pending(wanted, time, call());
            _ = NoteEndAsync(pending);
            return true;
        }
    }

    // A subject has one call at a time.
    private Pending? RunningFor(string subject) =>
        _calls.Values.FirstOrDefault(call => call.Call.Subject == subject && !call.Task.IsCompleted);

    private string? FindCrowd(string owner) =>
        _calls.Values.Count(call => call.Call.Owner == owner && !call.Task.IsCompleted) >= atOnce
            ? $"MAAS has not answered {atOnce} calls for this cluster; the next follows the first answer."
            : null;

    private async Task WaitAsync(Pending call, TimeSpan limit, CancellationToken cancellationToken)
    {
        var left = limit == Timeout.InfiniteTimeSpan ? limit : limit - time.GetElapsedTime(call.BeganAt);
        var ends =
            call.Task.IsCompleted
            || (
                (left > TimeSpan.Zero || limit == Timeout.InfiniteTimeSpan)
                && await Waiting.EndsInTimeAsync(call.Task, left, time, cancellationToken)
            );
        if (!ends)
        {
            throw new RegionException(RegionFailure.NotAnswered, call.Text);
        }
    }

    private async Task NoteEndAsync(Pending call)
    {
        await Waiting.EndOf(call.Task);
        lock (_gate)
        {
            call.EndedAt = time.GetTimestamp();
            if (call.Call.IsShared)
            {
                Remove(call);
            }
        }
    }

    private void Take(Pending call)
    {
        lock (_gate)
        {
            Remove(call);
        }
    }

    private void Remove(Pending call)
    {
        if (ReferenceEquals(_calls.GetValueOrDefault(call.Call.Key), call))
        {
            _calls.Remove(call.Call.Key);
        }
    }

    private void DropOld()
    {
        foreach (var (key, call) in _calls.ToList())
        {
            if (call.EndedAt is { } ended && time.GetElapsedTime(ended) > (call.Call.IsRead ? ReadHolds : AnswerHolds))
            {
                _calls.Remove(key);
            }
        }
    }

    private sealed class Pending(MaasCall call, TimeProvider time, Task task)
    {
        public MaasCall Call { get; } = call;

        public Task Task { get; } = task;

        public long BeganAt { get; } = time.GetTimestamp();

        public string Text { get; } = $"MAAS has not answered since {time.GetUtcNow():HH:mm:ss}: {call.What}.";

        /// <summary>When the answer came; <c>null</c> before that.</summary>
        public long? EndedAt { get; set; }

        /// <summary>The call has ended without an answer.</summary>
        public bool IsLost => Task.Exception?.InnerException is RegionException { Failure: RegionFailure.Unreachable };
    }
}
