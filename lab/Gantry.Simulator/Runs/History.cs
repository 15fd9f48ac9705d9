using Gantry.Clusters.Model;
using Gantry.Simulator.Ports;
using Gantry.Simulator.Time;

namespace Gantry.Simulator;

/// <summary>The events of a run in order. Lines are kept on request; the digest is always computed.</summary>
internal sealed class History(VirtualTime time, Action<string>? trace)
{
    private ulong _digest = 14695981039346656037;

    /// <summary>Equal for two runs with the same events at the same times.</summary>
    public ulong Digest => _digest;

    public bool IsRead => trace is not null;

    public void Note(string what, string about, string more = "")
    {
        Mix((ulong)time.Ticks);
        Mix(what);
        Mix(about);
        Mix(more);
        trace?.Invoke($"{At(time.Elapsed)}  {what, -12} {about}{(more.Length > 0 ? $": {more}" : "")}");
    }

    public void Fault(Fate fate, Peer peer, Act? act, ClusterId? cluster) =>
        Note(
            "fault",
            fate.ToString(),
            $"{peer}{(cluster is { } id ? $" {id}" : "")}{(act is null ? "" : $" {act.Kind} {act.Machine}")}"
        );

    public static string At(TimeSpan elapsed) =>
        $"{(int)elapsed.TotalHours:00}:{elapsed.Minutes:00}:{elapsed.Seconds:00}.{elapsed.Milliseconds:000}";

    private void Mix(string text)
    {
        foreach (var letter in text)
        {
            Mix(letter);
        }
    }

    private void Mix(ulong value) => _digest = (_digest ^ value) * 1099511628211;
}
