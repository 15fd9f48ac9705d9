namespace Gantry.Engine.Machines;

/// <param name="LateAnswer">How long a call to MAAS whose answer was lost may still take effect.</param>
/// <param name="Avoid">How long placement avoids a machine that MAAS refused to allocate.</param>
public sealed record MachineOptions(TimeSpan LateAnswer, TimeSpan Avoid);
