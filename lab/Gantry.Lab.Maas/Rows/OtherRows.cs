namespace Gantry.Lab.Maas.Rows;

public sealed record ZoneRow(int Id, string Name, string Description = "");

public sealed record PoolRow(int Id, string Name, string Description = "");

public sealed record TagRow(string Name, string Definition = "", string Comment = "", string KernelOpts = "", int Id = 0);

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
)
{
    /// <summary>The type of an uploaded image's file, <c>tgz</c> or <c>ddgz</c>.</summary>
    public string FileType { get; init; } = "tgz";

    /// <summary>The day of the upload or of the stream, as eight digits.</summary>
    public string Version { get; init; } = "20260101";

    /// <summary>The id of an uploaded image's file.</summary>
    public int FileId { get; init; }

    /// <summary>The files of an image of a stream.</summary>
    public IReadOnlyList<ImageFileRow> Files { get; init; } = [];
}

public sealed record ImageFileRow(string Name, string Type, string Sha256, long Size);

public sealed record EventRow(
    int Id,
    string SystemId,
    string Level,
    string Type,
    string Description,
    DateTimeOffset At,
    string Username = "unknown"
)
{
    /// <summary>The host name of a machine that is gone.</summary>
    public string? Hostname { get; init; }
}

/// <param name="SystemId">The machine that calls with credentials of its own; null for people.</param>
public sealed record UserRow(string Username, string Email, bool IsAdmin, string? SystemId = null)
{
    /// <summary>What a client gets an API key for; null for the user's name.</summary>
    public string? Password { get; init; }
}

/// <summary>An API key of a user. MAAS's consumer secret is empty.</summary>
/// <param name="SystemId">The machine that has the key from its installation; null for people's keys.</param>
public sealed record KeyRow(
    string ConsumerKey,
    string TokenKey,
    string TokenSecret,
    string Username,
    string Name,
    string? SystemId = null
)
{
    public override string ToString() => $"key of {Username}";
}

public sealed record SshKeyRow(int Id, string Username, string Key);

public sealed record SettingRow(string Name, string Value);

public sealed record NotificationRow(int Id, string Ident, string Message, string Category);

/// <summary>A file of a user in MAAS's store, which old versions of Juju used.</summary>
public sealed record FileRow(string Owner, string Name, string Key, byte[] Content)
{
    public string Id => $"{Owner}/{Name}";
}

/// <summary>A script that commissioning or tests run.</summary>
/// <param name="Type">0 for commissioning, 1 for releasing, 2 for tests.</param>
public sealed record ScriptRow(
    int Id,
    string Name,
    int Type,
    IReadOnlyList<string> Tags,
    string Description = "",
    string Text = "",
    bool IsMaas = false
);

public sealed record BootSourceRow(int Id, string Url, string Keyring, DateTimeOffset Created);

public sealed record BootSelectionRow(int Id, int SourceId, string Os, string Release, IReadOnlyList<string> Arches);

/// <summary>An entry of the lab's history, which tests read to check what happened.</summary>
public sealed record HistoryRow(int Id, DateTimeOffset At, string What, string SystemId, string? Owner, string AgentName);
