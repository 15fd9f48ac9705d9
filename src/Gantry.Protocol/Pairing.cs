namespace Gantry.Protocol;

/// <summary>A gateway's request to pair, with a code that a person created in the console.</summary>
/// <param name="Code">The pairing code; single use, expires.</param>
/// <param name="SigningKey">ECDSA P-256 public key, SubjectPublicKeyInfo in base64: verifies the gateway's requests.</param>
/// <param name="SealingKey">ECDH P-256 public key, SubjectPublicKeyInfo in base64: secrets are sealed to it.</param>
public sealed record PairRequest(string Code, string Name, string SigningKey, string SealingKey, string Version);

/// <param name="Fingerprint">Fingerprint of the signing key, as both sides show it.</param>
public sealed record PairResponse(string GatewayUid, string Name, string Fingerprint);

/// <summary>The console's paths for gateways, below its base URL.</summary>
public static class GatewayPaths
{
    /// <summary>The prefix of all paths.</summary>
    public static string Root => "/gateway";

    public const string Pair = "/gateway/v1/pair";
    public const string Desired = "/gateway/v1/desired";
    public const string Status = "/gateway/v1/status";
    public const string Answers = "/gateway/v1/answers";
}
