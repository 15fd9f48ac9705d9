namespace Gantry.Api;

public sealed record HealthAnswer(string Status, string Version);

public sealed record HealthPing(string Msg);

public sealed record SystemVersionInfo(string Version);
