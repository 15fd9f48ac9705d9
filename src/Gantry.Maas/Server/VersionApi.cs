using Gantry.Maas.Http;

namespace Gantry.Maas.Server;

/// <summary>The version of a region.</summary>
/// <param name="Version"><c>3.7.3</c>, <c>3.8.0b6</c>, <c>3.7.0~rc1</c>.</param>
public sealed record MaasVersion(string Version, string Subversion = "", IReadOnlyList<string>? Capabilities = null)
{
    private static readonly Version Oldest = new(3, 3);

    // The newest known patch of each line, and what its users should know of the patches before it. From the release notes of MAAS
    // 3.6.5 and 3.7.3, August 2026.
    private static readonly (Version Line, int Patch, string Fault)[] Patches =
    [
        (new(3, 6), 5, "a machine may stay Deploying for ever after its deployment has timed out (LP 2147037)"),
        (
            new(3, 7),
            3,
            "a machine may stay Deploying for ever after its deployment has timed out (LP 2147037), and a deployment that is "
                + "under way cannot be called off (LP 2148683)"
        ),
    ];

    /// <summary>Major and minor version; 0.0 when the text has none.</summary>
    public Version Line =>
        Version.Split('.') is [var first, var second, ..]
        && int.TryParse(first, out var major)
        && int.TryParse(Digits(second), out var minor)
            ? new Version(major, minor)
            : new Version(0, 0);

    /// <summary>The patch release; 0 when the text has none, or names a release before the first one.</summary>
    public int Patch => Version.Split('.') is [_, _, var third, ..] && int.TryParse(Digits(third), out var patch) ? patch : 0;

    /// <summary>Why this version is not supported, as a sentence; <c>null</c> when it is.</summary>
    public string? Refusal =>
        Line.Major > 0 && Line < Oldest ? $"MAAS {Version} is too old: this needs MAAS {Oldest} or later. Upgrade MAAS." : null;

    /// <summary>What a later patch of this version mends, as a sentence; <c>null</c> when that is not known to matter.</summary>
    public string? Warning =>
        Patches.FirstOrDefault(known => known.Line == Line && Patch < known.Patch) is { Fault: { } fault } newer
            ? $"MAAS {Version} has faults that {newer.Line}.{newer.Patch} mends: {fault}. Upgrade MAAS."
            : null;

    private static string Digits(string text) => new([.. text.TakeWhile(char.IsAsciiDigit)]);
}

/// <summary><c>version/</c></summary>
public sealed class VersionApi
{
    private readonly MaasHttp _http;

    internal VersionApi(MaasHttp http) => _http = http;

    /// <summary>Reads the version. MAAS answers without checking the key.</summary>
    /// <exception cref="MaasNotFoundException">Nothing of MAAS is at this path.</exception>
    public async Task<MaasVersion> GetAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _http.GetAsync<MaasVersion>("version/", cancellationToken);
        }
        catch (MaasNotFoundException missing)
        {
            throw new MaasNotFoundException(
                $"No API of MAAS is at {_http.Root.AbsoluteUri.TrimEnd('/')}: the path of a region is /MAAS, as in "
                    + $"{_http.Root.GetLeftPart(UriPartial.Authority)}/MAAS.",
                missing.Status ?? 404
            );
        }
    }
}
