using System.Security.Cryptography;
using System.Text;
using Gantry.Protocol;

namespace Gantry.Gateway.Pairing;

/// <summary>
/// The two key pairs of a gateway: one signs its requests, secrets are sealed to the other. Created on the first start;
/// they never leave the data folder.
/// </summary>
public sealed class GatewayIdentity : IDisposable
{
    private GatewayIdentity(ECDsa signing, ECDiffieHellman sealing)
    {
        Signing = signing;
        Sealing = sealing;
    }

    /// <summary>SubjectPublicKeyInfo in base64.</summary>
    public string SigningKey => Convert.ToBase64String(Signing.ExportSubjectPublicKeyInfo());

    /// <summary>SubjectPublicKeyInfo in base64.</summary>
    public string SealingKey => Convert.ToBase64String(Sealing.ExportSubjectPublicKeyInfo());

    /// <summary>An operator compares it with the console's.</summary>
    public string Fingerprint => Protocol.Fingerprint.Of(SigningKey);

    internal ECDsa Signing { get; }

    internal ECDiffieHellman Sealing { get; }

    /// <exception cref="GatewayException">A key file exists and does not hold a key.</exception>
    public static GatewayIdentity OpenOrCreate(string dataFolder)
    {
        PrivateFiles.EnsureFolder(dataFolder);
        return new GatewayIdentity(
            Open(Path.Combine(dataFolder, "signing.key"), () => ECDsa.Create(ECCurve.NamedCurves.nistP256), ECDsa.Create),
            Open(
                Path.Combine(dataFolder, "sealing.key"),
                () => ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256),
                ECDiffieHellman.Create
            )
        );
    }

    public void Dispose()
    {
        Signing.Dispose();
        Sealing.Dispose();
    }

    private static T Open<T>(string path, Func<T> make, Func<T> empty)
        where T : ECAlgorithm
    {
        if (!File.Exists(path))
        {
            var made = make();
            PrivateFiles.Write(path, Encoding.ASCII.GetBytes(made.ExportPkcs8PrivateKeyPem() + "\n"));
            return made;
        }

        var key = empty();
        try
        {
            key.ImportFromPem(File.ReadAllText(path));
            return key;
        }
        catch (Exception unreadable) when (unreadable is ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw new GatewayException(
                $"'{path}' is not a private key (PEM). Restore it from a backup; or delete it and pair this gateway anew, "
                    + "and enter the MAAS keys of its accounts again."
            );
        }
    }
}
