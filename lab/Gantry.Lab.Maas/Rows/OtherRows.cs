namespace Gantry.Lab.Maas.Rows;

public sealed record ZoneRow(int Id, string Name, string Description = "");

public sealed record PoolRow(int Id, string Name, string Description = "");

public sealed record TagRow(string Name, string Definition = "", string Comment = "", string KernelOpts = "");

/// <param name="Subarches">Comma-separated, as in MAAS.</param>
public sealed record ImageRow(
    int Id,
    string Type,
    string Name,
    string Architecture,
    string Subarches,
    bool Complete = true,
    string? Title = null,
    string? BaseImage = null,
    string? Sha256 = null,
    long Size = 0
);

public sealed record EventRow(
    int Id,
    string SystemId,
    string Level,
    string Type,
    string Description,
    DateTimeOffset At,
    string Username = "unknown"
);

public sealed record UserRow(string Username, string Email, bool IsAdmin);

/// <summary>An API key of a user. MAAS's consumer secret is empty.</summary>
public sealed record KeyRow(string ConsumerKey, string TokenKey, string TokenSecret, string Username, string Name)
{
    public override string ToString() => $"key of {Username}";
}

public sealed record SshKeyRow(int Id, string Username, string Key);

public sealed record SettingRow(string Name, string Value);

/// <summary>An entry of the lab's history, which tests read to check what happened.</summary>
public sealed record HistoryRow(int Id, DateTimeOffset At, string What, string SystemId, string? Owner, string AgentName);
