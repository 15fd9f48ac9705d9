using System.Text.Json.Serialization;
using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>How a person took a machine from its cluster in MAAS.</summary>
public enum Loss
{
    Released,

    /// <summary>MAAS releases a machine that is marked broken, and switches it off.</summary>
    MarkedBroken,
}

/// <summary>A machine that a person took from its cluster in MAAS.</summary>
/// <param name="At">When MAAS showed it, and its node did not work any more.</param>
public sealed record LostMachine(SystemId Machine, string Hostname, DnsLabel Pool, DateTimeOffset At, Loss How)
{
    /// <summary>What the person wrote who marked it broken; <c>null</c> when that is nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Comment { get; init; }

    /// <summary>What happened, as a clause: <c>somebody released host-7 in MAAS at 12:03</c>.</summary>
    [JsonIgnore]
    public string Message => Of(Hostname);

    /// <summary>The same of the machine itself: <c>somebody released it in MAAS at 12:03</c>.</summary>
    [JsonIgnore]
    public string OfItself => Of("it");

    /// <summary>When Gantry may take the machine again: whoever released it may have plans for it.</summary>
    public DateTimeOffset FreeFrom(Limits limits) => At + limits.LeaveAlone;

    /// <summary>Until when every other machine that fits is preferred.</summary>
    public DateTimeOffset LastChoiceUntil(Limits limits) => At + limits.LastChoice;

    /// <summary>
    /// Whether the loss still matters for placement. A loss in the future means that the clock was set back; it is ignored.
    /// </summary>
    public bool Counts(Limits limits, DateTimeOffset now) => At <= now && now < LastChoiceUntil(limits);

    /// <summary>The losses that the pool has not made up for, newest first.</summary>
    /// <param name="staying">How many machines of the pool stay.</param>
    public static IReadOnlyList<LostMachine> Missing(ClusterObservation observed, MachinePool pool, int staying)
    {
        var reached = observed.ReachedSizes.Count is 0 ? pool.Size : observed.ReachedSizes.GetValueOrDefault(pool.Name);
        return
        [
            .. observed
                .Lost.Where(lost => lost.Pool == pool.Name)
                .OrderByDescending(lost => lost.At)
                .ThenBy(lost => lost.Machine.Value, StringComparer.Ordinal)
                .Take(Math.Max(0, Math.Min(pool.Size, reached) - staying)),
        ];
    }

    private string Of(string machine) =>
        How is Loss.MarkedBroken
            ? $"{machine} was marked broken in MAAS at {At:HH:mm}{(Comment is null ? "" : $" ({Comment})")}"
            : $"somebody released {machine} in MAAS at {At:HH:mm}";
}
