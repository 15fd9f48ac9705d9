namespace Gantry.Api;

/// <param name="Enabled">Null applies the setting of the project.</param>
public sealed record AutoRepairInput(bool? Enabled);
