using System.Globalization;

namespace Gantry.Protocol;

/// <summary>
/// The version of what console and gateway say to each other. Both send theirs with every request and every answer, pairing
/// included, so that a difference is named before a body is read. It grows when one side would misread the other.
/// </summary>
public static class ProtocolContract
{
    public const int Version = 1;

    /// <summary>Of requests and of answers.</summary>
    public const string Header = "Gantry-Contract";

    /// <summary>The code of the console's refusal.</summary>
    public const string MismatchCode = "ContractMismatch";

    /// <param name="header">What the other side sent; null or empty from programs of the time before contracts had
    /// versions.</param>
    public static int Read(string? header) =>
        int.TryParse(header, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 1;

    /// <returns>What to upgrade, as a sentence; null when both versions are the same.</returns>
    public static string? Mismatch(int gateway, int console) =>
        gateway == console
            ? null
            : $"The gateway speaks contract {gateway} and the console contract {console}: upgrade the "
                + $"{(gateway < console ? "gateway" : "console")}.";
}
