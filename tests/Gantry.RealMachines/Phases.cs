using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace Gantry.RealMachines;

/// <summary>A phase of a program on a machine, as the program names it when it begins it.</summary>
internal sealed record Phase(string Machine, string Program, string Name);

/// <summary>
/// What the stand-in of kubeadm asks before each phase. A test sees which phases were begun, lets one fail, or holds one until it
/// has done something meanwhile, for example cut the power.
/// </summary>
internal sealed class Phases
{
    private readonly ConcurrentDictionary<Phase, string> _failures = new();
    private readonly ConcurrentDictionary<Phase, TaskCompletionSource> _held = new();
    private ImmutableList<Phase> _begun = [];

    public int Count(string machine, string program, string name) =>
        _begun.Count(phase => phase == new Phase(machine, program, name));

    /// <summary>The next time that this phase begins it fails with these words.</summary>
    public void FailOnce(string machine, string program, string name, string text) =>
        _failures[new Phase(machine, program, name)] = text;

    /// <summary>The next time that this phase begins it does not go on. The task ends when it has begun.</summary>
    public Task HoldOnce(string machine, string program, string name) =>
        _held.GetOrAdd(new Phase(machine, program, name), _ => new TaskCompletionSource()).Task;

    /// <returns>The error with which the phase fails; <c>null</c> to go on.</returns>
    public async Task<string?> BeginAsync(Phase phase, CancellationToken aborted)
    {
        ImmutableInterlocked.Update(ref _begun, begun => begun.Add(phase));
        if (_held.TryRemove(phase, out var held))
        {
            held.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, aborted);
        }

        return _failures.TryRemove(phase, out var text) ? text : null;
    }
}
