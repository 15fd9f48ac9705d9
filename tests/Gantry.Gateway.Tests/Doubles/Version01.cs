using System.Security.Cryptography;
using System.Text;
using Gantry.Clusters.Model;
using Gantry.Protocol;

namespace Gantry.Gateway.Tests.Doubles;

/// <summary>Accounts as version 0.1 sealed them: the key alone, without its destination.</summary>
internal static class Version01
{
    public static SealedAccount Account(string name, string endpoint, string key, string sealingKey)
    {
        using var recipient = ECDiffieHellman.Create();
        recipient.ImportSubjectPublicKeyInfo(Convert.FromBase64String(sealingKey), out _);
        using var ephemeral = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var publicKey = ephemeral.ExportSubjectPublicKeyInfo();
        var shared = HKDF.DeriveKey(
            HashAlgorithmName.SHA256,
            ephemeral.DeriveRawSecretAgreement(recipient.PublicKey),
            outputLength: 32,
            salt: publicKey,
            info: Encoding.ASCII.GetBytes("gantry sealed secret v1")
        );
        var nonce = RandomNumberGenerator.GetBytes(12);
        var plain = Encoding.UTF8.GetBytes(key);
        var sealedBytes = new byte[plain.Length];
        var tag = new byte[16];
        using var cipher = new AesGcm(shared, tag.Length);
        cipher.Encrypt(nonce, plain, sealedBytes, tag);
        return new SealedAccount(
            new AccountId(name),
            name,
            endpoint,
            new SealedSecret(Convert.ToBase64String(publicKey), Convert.ToBase64String([.. nonce, .. sealedBytes, .. tag]))
        );
    }
}

/// <summary>Certificates that sign nothing.</summary>
internal static class Certificates
{
    public static string Pem(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new System.Security.Cryptography.X509Certificates.CertificateRequest(
            $"CN={name}",
            key,
            HashAlgorithmName.SHA256
        ).CreateSelfSigned(now, now.AddDays(1));
        return certificate.ExportCertificatePem() + "\n";
    }
}
