using System.Text.Json;

namespace Gantry.Protocol;

/// <summary>
/// Everything that decides where a MAAS key is sent. The key is sealed together with it, so that nobody who holds the sealed
/// key, the console included, can have it sent elsewhere: another destination needs the key to be entered again.
/// </summary>
/// <param name="Endpoint">MAAS base URL in its canonical form, as <c>MaasEndpoint</c> prints it.</param>
/// <param name="CaPem">Certificates to trust beside the system's, as <c>MaasCa</c> prints them.</param>
public sealed record KeyDestination(string Endpoint, string? CaPem = null)
{
    /// <summary>
    /// The bytes that a key is bound to. A part without a value adds nothing, so that a part added later leaves older sealed
    /// keys as they are.
    /// </summary>
    public byte[] AssociatedData() => JsonSerializer.SerializeToUtf8Bytes(this, ProtocolJson.Options);

    /// <summary>Seals a key for use at this destination only.</summary>
    /// <param name="recipient">The gateway's sealing key, SubjectPublicKeyInfo in base64.</param>
    public SealedSecret Seal(string key, string recipient) => SealedSecret.Seal(key, recipient, AssociatedData());
}
