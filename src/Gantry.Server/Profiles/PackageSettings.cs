using Gantry.Clusters.Model;
using Gantry.Server.Api;

namespace Gantry.Server.Profiles;

/// <summary>Parses <c>packages</c> of the layer of the operating system.</summary>
internal static class PackageSettings
{
    private const string KeyBegins = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
    private const string KeyEnds = "-----END PGP PUBLIC KEY BLOCK-----";

    /// <returns>Null when the section says nothing.</returns>
    public static PackageSources? Read(PackSettings packages)
    {
        var read = new PackageSources
        {
            Repository = packages.Text<HttpUrl>("repository"),
            Key = packages.Text("key")?.Trim() is { Length: > 0 } key ? key + "\n" : null,
            Proxy = packages.Text<HttpUrl>("proxy"),
            AptMirror = packages.Text<HttpUrl>("aptMirror"),
            CaPem = packages.Text("caPem"),
        };
        packages.RefuseTheRest();
        if (read.Key is { } armored && !IsKey(armored))
        {
            packages.Problem("key", $"holds no ASCII-armored OpenPGP public key; write {KeyBegins} and what follows it");
        }

        if (read.CaPem is { } pem && !LayerParser.IsCertificates(pem))
        {
            packages.Problem("caPem", "holds no certificate in PEM form");
        }

        // A key that comes over the same open line proves nothing.
        if (read is { Repository: { } repository, Key: null } && IsOpen(repository))
        {
            packages.Problem("key", $"is missing: {ApiError.Shown(repository)} is not https, so its key has to stand here");
        }

        return read == new PackageSources() ? null : read;
    }

    private static bool IsKey(string text) =>
        text.StartsWith(KeyBegins, StringComparison.Ordinal) && text.TrimEnd().EndsWith(KeyEnds, StringComparison.Ordinal);

    private static bool IsOpen(string url) => url.StartsWith("http://", StringComparison.OrdinalIgnoreCase);
}
