using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Gantry.Protocol;

namespace Gantry.Gateway.Pairing;

/// <summary><c>gateway.json</c>: the identity of this gateway at its console. Holds no secret.</summary>
/// <param name="CodeHash">SHA-256 of the used pairing code, so that the code is not tried again.</param>
/// <param name="Revoked">The console's message when it revoked the gateway; stored so that the gateway stays revoked after
/// a restart.</param>
public sealed record PairedConsole(string GatewayUid, string Name, Uri ConsoleUrl, string CodeHash, string? Revoked = null)
{
    internal const string FileName = "gateway.json";

    /// <summary><c>null</c> when the folder's gateway is not paired yet.</summary>
    /// <exception cref="GatewayException">The file exists and cannot be read.</exception>
    public static PairedConsole? Read(string dataFolder)
    {
        var path = Path.Combine(dataFolder, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            return
                JsonSerializer.Deserialize<PairedConsole>(File.ReadAllBytes(path), ProtocolJson.Options)
                    is { GatewayUid: not null, ConsoleUrl: not null } paired
                ? paired
                : throw new JsonException("gatewayUid or consoleUrl is missing");
        }
        catch (JsonException unreadable)
        {
            throw new GatewayException(
                $"'{path}' cannot be read ({unreadable.Message}). Restore it from a backup, or delete it and pair this "
                    + "gateway anew.",
                unreadable
            );
        }
    }

    public void Write(string dataFolder) =>
        PrivateFiles.Write(Path.Combine(dataFolder, FileName), JsonSerializer.SerializeToUtf8Bytes(this, ProtocolJson.Options));

    internal static string HashOf(string code) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(code.Trim())));
}
