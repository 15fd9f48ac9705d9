using System.Security.Cryptography.X509Certificates;
using Gantry.Server.Security;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Server.Tests.Hosting;

public sealed class ConsoleCertificatesTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 11, 1, 8, 0, 0, TimeSpan.Zero);
    private readonly string _folder = Directory.CreateTempSubdirectory("gantry-certificates-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Certificates_that_were_made_while_the_clock_was_ahead_are_valid_once_it_is_right()
    {
        using var ahead = At(Now.AddHours(2), "console.example");
        using var right = At(Now, "console.example");
        using var renewed = At(Now, "console.example", "another.example");

        Assert.Equal(ahead.Thumbprint, right.Thumbprint);
        Assert.All([right, renewed], certificate => Assert.True(certificate.NotBefore.ToUniversalTime() <= Now.UtcDateTime));
        Assert.NotEqual(right.Thumbprint, renewed.Thumbprint);
    }

    [Theory]
    [InlineData("server.pem")]
    [InlineData("ca.pem")]
    public void A_start_that_ends_between_a_key_and_its_certificate_leaves_the_next_one_able_to_make_both(string certificate)
    {
        if (certificate is "server.pem")
        {
            using var before = At(Now, "console.example");
        }

        // What cannot be replaced ends the start after the key was written.
        var obstacle = Path.Combine(_folder, certificate + ".new", "in the way");
        Directory.CreateDirectory(obstacle);
        Assert.ThrowsAny<Exception>(() => At(Now, "console.example", "another.example"));
        Directory.Delete(Path.GetDirectoryName(obstacle)!, recursive: true);

        using var after = At(Now, "console.example", "another.example");

        Assert.True(after.HasPrivateKey);
        Assert.True(after.MatchesHostname("another.example"));
    }

    private X509Certificate2 At(DateTimeOffset now, params string[] names) =>
        ConsoleCertificates.ServerCertificate(_folder, names, new FakeTimeProvider(now));
}
