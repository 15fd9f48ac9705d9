using Gantry.Clusters.Model;
using Gantry.Engine.Ports;

namespace Gantry.Engine;

/// <summary>
/// Calls to MAAS for one machine each, which may take minutes: a BMC that does not answer holds MAAS up. Whoever makes such a call
/// waits for a short time and goes on with other work; the call goes on too. Whoever makes the same call again gets the answer that
/// has come meanwhile. So the calls of one owner run side by side, within a bound, while the owner's own work stays in order.
/// </summary>
/// <param name="patience">How long a caller waits.</param>
/// <param name="atOnce">How many calls of one owner run side by side.</param>
internal sealed class PendingCalls(TimeProvider time, TimeSpan patience, int atOnce)
{
    /// <summary>Nobody has asked for the answer: what the call did was seen in MAAS, or does not matter any more.</summary>
    private static readonly TimeSpan AnswerHolds = TimeSpan.FromSeconds(30);

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
    /// <param name="key">Names the call: two calls with one key are the same call.</param>
    /// <param name="what">The call as a clause for people: <c>deploy host-3</c>.</param>
    /// <exception cref="RegionException">
    /// <see cref="RegionFailure.NotAnswered"/>: MAAS has not answered yet, or answers other calls first.
    /// <see cref="RegionFailure.MachineFailed"/>: the call has ended without an answer while other work went on. Otherwise the failure
    /// of the call.
    /// </exception>
    public async Task<T> AwaitAsync<T>(ClusterId owner, SystemId machine, string key, string what, Func<Task<T>> call)
    {
        Task<T> task;
        Pending mine;
        var isAnswer = false;
        lock (_gate)
        {
            DropOld();
            if (_calls.TryGetValue(key, out var known) && known.Task.IsCompleted)
            {
                isAnswer = true;
                mine = known;
                task = (Task<T>)known.Task;
            }
            else if (ObstacleOf(owner, machine) is { } obstacle)
            {
                throw new RegionException(RegionFailure.NotAnswered, obstacle);
            }
            else
            {
                task = call();
                mine = new Pending(owner, machine, what, time.GetUtcNow(), task);
                _calls[key] = mine;
                _ = NoteEndAsync(mine);
            }
        }

        if (!await Waiting.EndsInTimeAsync(task, patience, time))
        {
            throw new RegionException(RegionFailure.NotAnswered, mine.Text);
        }

        Take(key, mine);
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

    /// <summary>Why no call for the machine can be made now, as a sentence; <c>null</c> when it can.</summary>
    public string? FindObstacle(ClusterId owner, SystemId machine)
    {
        lock (_gate)
        {
            return ObstacleOf(owner, machine);
        }
    }

    private string? ObstacleOf(ClusterId owner, SystemId machine)
    {
        var running = _calls.Values.Where(call => !call.Task.IsCompleted).ToList();

        // A machine has one call at a time.
        return running.Find(call => call.Machine == machine) is { } before ? before.Text
            : running.Count(call => call.Owner == owner) >= atOnce
                ? $"MAAS has not answered {atOnce} calls for this cluster; the next follows the first answer."
            : null;
    }

    private async Task NoteEndAsync(Pending call)
    {
        await Waiting.EndOf(call.Task);
        lock (_gate)
        {
            call.EndedAt = time.GetTimestamp();
        }
    }

    private void Take(string key, Pending call)
    {
        lock (_gate)
        {
            if (ReferenceEquals(_calls.GetValueOrDefault(key), call))
            {
                _calls.Remove(key);
            }
        }
    }

    private void DropOld()
    {
        foreach (var (key, call) in _calls.ToList())
        {
            if (call.EndedAt is { } ended && time.GetElapsedTime(ended) > AnswerHolds)
            {
                _calls.Remove(key);
            }
        }
    }

    private sealed class Pending(ClusterId owner, SystemId machine, string what, DateTimeOffset since, Task task)
    {
        public ClusterId Owner { get; } = owner;

        public SystemId Machine { get; } = machine;

        public Task Task { get; } = task;

        public string Text { get; } = $"MAAS has not answered since {since:HH:mm:ss}: {what}.";

        /// <summary>When the answer came; <c>null</c> before that.</summary>
        public long? EndedAt { get; set; }
    }
}
