namespace Gantry.Engine.Machines;

/// <param name="LateAnswer">How long a call to MAAS that was cut off may still take effect there.</param>
/// <param name="Avoid">How long a machine that MAAS would not give is passed over.</param>
public sealed record MachineOptions(TimeSpan LateAnswer, TimeSpan Avoid);
