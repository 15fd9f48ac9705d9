using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gantry.Cli.Connection;

/// <summary>
/// The file <c>credentials.json</c> that <c>gantry up</c> writes to its data folder, readable by its owner only. Its names
/// do not change, because scripts read it.
/// </summary>
public sealed record Credentials
{
    public const string FileName = "credentials.json";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public required string Url { get; init; }

    public required string ApiKey { get; init; }

    /// <summary>Absolute path of the trusted certificate of <see cref="Url"/>.</summary>
    public required string CaFile { get; init; }

    public required string AdminUser { get; init; }

    /// <summary>Read from files of version 0.1, never written: the console shows a password once.</summary>
    public string? AdminPassword { get; init; }

    /// <summary>URL of the MAAS region of <c>gantry up</c>.</summary>
    public string? MaasUrl { get; init; }

    /// <summary>Key of the lab's region; absent with a real MAAS, whose key nobody keeps in the clear.</summary>
    public string? MaasKey { get; init; }

    /// <returns><c>null</c> when the folder has no such file.</returns>
    public static Credentials? Read(string folder)
    {
        var file = Path.Combine(folder, FileName);
        if (!File.Exists(file))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<Credentials>(File.ReadAllText(file), Json);
        }
        catch (JsonException broken)
        {
            throw new CliException(ExitCode.Unexpected, $"{file} is not a credentials file: {broken.Message}", broken);
        }
    }

    /// <summary>Replaces the file atomically, so that a reader sees the old one or the new one.</summary>
    public void Write(string folder)
    {
        var file = Path.Combine(folder, FileName);
        var fresh = file + ".new";
        File.Delete(fresh);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var stream = new FileStream(fresh, options))
        {
            JsonSerializer.Serialize(stream, this with { AdminPassword = null }, Json);
            stream.Flush(flushToDisk: true);
        }

        File.Move(fresh, file, overwrite: true);
    }

    public override string ToString() => $"credentials for {Url}";
}
