namespace Gantry.Lab.Machines.Packages;

/// <summary>A release of Ubuntu, and what its archive has.</summary>
/// <param name="Containerd">The version in the archive.</param>
internal sealed record UbuntuRelease(string Series, string Version, string Containerd)
{
    private static readonly UbuntuRelease[] All =
    [
        new("jammy", "22.04", "1.7.28-0ubuntu1~22.04.1"),
        new("noble", "24.04", "1.7.28-0ubuntu1~24.04.1"),
        new("resolute", "26.04", "2.2.1-0ubuntu1"),
    ];

    /// <summary>What the machines' programs need of the archive.</summary>
    public IReadOnlyDictionary<string, string> Packages { get; } =
        new Dictionary<string, string>
        {
            ["containerd"] = Containerd,
            ["runc"] = "1.3.3-0ubuntu1",
            ["conntrack"] = "1:1.4.8-1ubuntu1",
            ["ethtool"] = "1:6.7-1build1",
            ["iptables"] = "1.8.10-3ubuntu2",
            ["socat"] = "1.8.0.0-4build3",
        };

    /// <summary>The release of an image: <c>ubuntu/jammy</c>, <c>custom/ubuntu-22.04-hardened</c>; noble where the name says none.</summary>
    public static UbuntuRelease Of(string image) =>
        Array.Find(
            All,
            release =>
                image == $"ubuntu/{release.Series}"
                || image == release.Series
                || image.Contains($"ubuntu-{release.Version}", StringComparison.Ordinal)
        ) ?? All[1];
}
