using System.Security.Cryptography;

namespace Gantry.Server.Api;

/// <summary>Opaque ids in the form of the public API: 24 hex digits.</summary>
public static class Uids
{
    public static string New() => RandomNumberGenerator.GetHexString(24, lowercase: true);

    public static string Short() => RandomNumberGenerator.GetHexString(12, lowercase: true);
}
