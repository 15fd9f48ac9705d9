using System.Security.Cryptography;
using CsCheck;

namespace Gantry.Protocol.Tests;

public sealed class SealedSecretTests : IDisposable
{
    private readonly ECDiffieHellman _recipient = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose() => _recipient.Dispose();

    [Fact]
    public void The_recipient_opens_a_sealed_secret() =>
        Gen.String.Sample(secret => SealedSecret.Seal(secret, PublicKey(_recipient)).Open(_recipient) == secret, iter: 50);

    [Fact]
    public void No_other_recipient_can_open_a_sealed_secret()
    {
        using var other = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var box = SealedSecret.Seal("consumer:token:secret", PublicKey(_recipient));

        Assert.ThrowsAny<CryptographicException>(() => box.Open(other));
    }

    [Fact]
    public void Sealing_a_secret_twice_gives_different_boxes() =>
        Assert.NotEqual(
            SealedSecret.Seal("a:b:c", PublicKey(_recipient)).Box,
            SealedSecret.Seal("a:b:c", PublicKey(_recipient)).Box
        );

    [Fact]
    public void A_box_with_a_changed_byte_is_refused()
    {
        var whole = SealedSecret.Seal("a:b:c", PublicKey(_recipient));
        var bytes = Convert.FromBase64String(whole.Box);
        Assert.All(
            Enumerable.Range(0, bytes.Length),
            index =>
            {
                var changed = bytes.ToArray();
                changed[index] ^= 1;
                Assert.ThrowsAny<CryptographicException>(() =>
                    (whole with { Box = Convert.ToBase64String(changed) }).Open(_recipient)
                );
            }
        );
    }

    [Fact]
    public void A_box_that_is_too_short_is_refused() =>
        Assert.ThrowsAny<CryptographicException>(() =>
            (SealedSecret.Seal("a:b:c", PublicKey(_recipient)) with { Box = Convert.ToBase64String(new byte[27]) }).Open(
                _recipient
            )
        );

    [Fact]
    public void A_box_does_not_open_with_another_ephemeral_key()
    {
        var one = SealedSecret.Seal("a:b:c", PublicKey(_recipient));
        var two = SealedSecret.Seal("a:b:c", PublicKey(_recipient));

        Assert.ThrowsAny<CryptographicException>(() => (one with { EphemeralKey = two.EphemeralKey }).Open(_recipient));
    }

    private static string PublicKey(ECDiffieHellman key) => Convert.ToBase64String(key.ExportSubjectPublicKeyInfo());
}
