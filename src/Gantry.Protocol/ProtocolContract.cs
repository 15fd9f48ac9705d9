using System.Globalization;

namespace Gantry.Protocol;

/// <summary>
/// The version of the contract between console and gateway. Each side sends its version with every request and every answer,
/// pairing included, so that a difference is reported before a body is read. The version rises when one side would misread the
/// other.
/// </summary>
public static class ProtocolContract
{
    /// <summary>
    /// 2: a MAAS key is sealed together with its destination, and the console names no proxy for it.
    /// </summary>
    public const int Version = 2;

    /// <summary>The header of requests and answers.</summary>
    public const string Header = "Gantry-Contract";

    /// <summary>The error code of a version that the console refuses.</summary>
    public const string MismatchCode = "ContractMismatch";

    /// <param name="header">The header of the other side. Programs that predate the header send none and speak version 1.</param>
    public static int Read(string? header) =>
        int.TryParse(header, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 1;

    /// <returns>A sentence that names the side to upgrade; null when both versions are equal.</returns>
    public static string? Mismatch(int gateway, int console) =>
        gateway == console
            ? null
            : $"The gateway speaks contract {gateway} and the console contract {console}: upgrade the "
                + $"{(gateway < console ? "gateway" : "console")}.";
}
