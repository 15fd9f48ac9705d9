using System.Security.Cryptography;
using CsCheck;

namespace Gantry.Protocol.Tests;

public sealed class SealedSecretTests : IDisposable
{
    private static readonly byte[] Bound = [1, 2, 3];

    private readonly ECDiffieHellman _recipient = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose() => _recipient.Dispose();

    [Fact]
    public void The_recipient_opens_a_sealed_secret() =>
        Gen.String.Sample(
            secret => SealedSecret.Seal(secret, PublicKey(_recipient), Bound).Open(_recipient, Bound) == secret,
            iter: 50
        );

    [Fact]
    public void No_other_recipient_can_open_a_sealed_secret()
    {
        using var other = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var box = SealedSecret.Seal("consumer:token:secret", PublicKey(_recipient), Bound);

        Assert.ThrowsAny<CryptographicException>(() => box.Open(other, Bound));
    }

    [Fact]
    public void Sealing_a_secret_twice_gives_different_boxes() =>
        Assert.NotEqual(
            SealedSecret.Seal("a:b:c", PublicKey(_recipient), Bound).Box,
            SealedSecret.Seal("a:b:c", PublicKey(_recipient), Bound).Box
        );

    [Fact]
    public void A_box_with_a_changed_byte_is_refused()
    {
        var whole = SealedSecret.Seal("a:b:c", PublicKey(_recipient), Bound);
        var bytes = Convert.FromBase64String(whole.Box["v2:".Length..]);
        Assert.All(
            Enumerable.Range(0, bytes.Length),
            index =>
            {
                var changed = bytes.ToArray();
                changed[index] ^= 1;
                Assert.ThrowsAny<CryptographicException>(() =>
                    (whole with { Box = "v2:" + Convert.ToBase64String(changed) }).Open(_recipient, Bound)
                );
            }
        );
    }

    [Fact]
    public void A_box_that_is_too_short_is_refused() =>
        Assert.ThrowsAny<CryptographicException>(() =>
            (
                SealedSecret.Seal("a:b:c", PublicKey(_recipient), Bound) with
                {
                    Box = "v2:" + Convert.ToBase64String(new byte[27]),
                }
            ).Open(_recipient, Bound)
        );

    [Fact]
    public void A_box_does_not_open_with_another_ephemeral_key()
    {
        var one = SealedSecret.Seal("a:b:c", PublicKey(_recipient), Bound);
        var two = SealedSecret.Seal("a:b:c", PublicKey(_recipient), Bound);

        Assert.ThrowsAny<CryptographicException>(() => (one with { EphemeralKey = two.EphemeralKey }).Open(_recipient, Bound));
    }

    [Fact]
    public void A_sealed_secret_opens_only_with_the_associated_data_it_was_sealed_with() =>
        Gen.Byte.Array.Sample(
            other =>
            {
                var box = SealedSecret.Seal("a:b:c", PublicKey(_recipient), Bound);
                try
                {
                    return box.Open(_recipient, other) == "a:b:c" && other.AsSpan().SequenceEqual(Bound);
                }
                catch (CryptographicException)
                {
                    return !other.AsSpan().SequenceEqual(Bound);
                }
            },
            iter: 50
        );

    [Fact]
    public void A_bound_secret_cannot_be_passed_off_as_one_without_associated_data()
    {
        var bound = SealedSecret.Seal("a:b:c", PublicKey(_recipient), []);
        var stripped = bound with { Box = bound.Box["v2:".Length..] };

        Assert.False(stripped.IsBound);
        Assert.ThrowsAny<CryptographicException>(() => stripped.OpenUnbound(_recipient));
        Assert.ThrowsAny<CryptographicException>(() => stripped.Open(_recipient, []));
    }

    [Fact]
    public void An_ephemeral_key_of_another_curve_is_refused()
    {
        using var other = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP384);
        var box = SealedSecret.Seal("a:b:c", PublicKey(_recipient), Bound);

        Assert.ThrowsAny<CryptographicException>(() => (box with { EphemeralKey = PublicKey(other) }).Open(_recipient, Bound));
    }

    [Fact]
    public void A_secret_that_version_0_1_sealed_still_opens()
    {
        using var recipient = ECDiffieHellman.Create();
        recipient.ImportPkcs8PrivateKey(Convert.FromBase64String(Version01.SealingKey), out _);

        Assert.False(Version01.Sealed.IsBound);
        Assert.Equal("consumer:token:secret", Version01.Sealed.OpenUnbound(recipient));
        Assert.ThrowsAny<CryptographicException>(() => Version01.Sealed.Open(recipient, []));
    }

    private static string PublicKey(ECDiffieHellman key) => Convert.ToBase64String(key.ExportSubjectPublicKeyInfo());
}
