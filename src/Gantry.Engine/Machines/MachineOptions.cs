namespace Gantry.Engine.Machines;

/// <param name="LateAnswer">How long a call to MAAS whose answer was lost may still take effect.</param>
/// <param name="Avoid">How long placement avoids a machine that MAAS refused to allocate.</param>
/// <param name="Instance">Names this process in every intent; empty leaves it out.</param>
public sealed record MachineOptions(TimeSpan LateAnswer, TimeSpan Avoid, string Instance = "")
{
    /// <summary>How long an answer of MAAS is waited for before other work goes on beside the call.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many calls of one owner run side by side.</summary>
    public int CallsAtOnce { get; init; } = 8;
}
