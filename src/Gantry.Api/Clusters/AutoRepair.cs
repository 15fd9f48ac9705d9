namespace Gantry.Api;

/// <param name="Enabled">Null leaves it to the project.</param>
public sealed record AutoRepairInput(bool? Enabled);
