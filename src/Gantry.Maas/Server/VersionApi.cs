using Gantry.Maas.Http;

namespace Gantry.Maas.Server;

/// <summary>The version of a region.</summary>
/// <param name="Version"><c>3.7.3</c>, <c>3.8.0b6</c>, <c>3.7.0~rc1</c>.</param>
public sealed record MaasVersion(string Version, string Subversion = "", IReadOnlyList<string>? Capabilities = null)
{
    /// <summary>Major and minor version; 0.0 when the text has none.</summary>
    public Version Line
    {
        get
        {
            var parts = Version.Split('.');
            return parts.Length >= 2 && int.TryParse(parts[0], out var major) && int.TryParse(Digits(parts[1]), out var minor)
                ? new Version(major, minor)
                : new Version(0, 0);
        }
    }

    private static string Digits(string text) => new([.. text.TakeWhile(char.IsAsciiDigit)]);
}

/// <summary><c>version/</c></summary>
public sealed class VersionApi
{
    private readonly MaasHttp _http;

    internal VersionApi(MaasHttp http) => _http = http;

    /// <summary>Reads the version. MAAS answers without checking the key.</summary>
    public Task<MaasVersion> GetAsync(CancellationToken cancellationToken) =>
        _http.GetAsync<MaasVersion>("version/", cancellationToken);
}
