namespace Gantry.Kubeadm;

/// <summary>
/// The CoreDNS that kubeadm of each minor version installs: <c>CoreDNSVersion</c> in
/// <c>cmd/kubeadm/app/constants/constants.go</c> of <c>kubernetes/kubernetes</c>, newest patch of each release branch.
/// </summary>
internal static class CoreDnsVersions
{
    private static readonly Dictionary<int, string> Table = new()
    {
        [28] = "v1.10.1",
        [29] = "v1.11.1",
        [30] = "v1.11.3",
        [31] = "v1.11.3",
        [32] = "v1.11.3",
        [33] = "v1.12.0",
        [34] = "v1.12.1",
        [35] = "v1.13.1",
        [36] = "v1.14.2",
        [37] = "v1.14.6",
    };

    /// <summary>The tag for a minor version; <c>null</c> when the table lacks it, and CoreDNS then stays unchanged.</summary>
    public static string? Of(int minor) => Table.GetValueOrDefault(minor);

    /// <summary>
    /// Whether a tag is older than another. A tag that is not a version belongs to a custom image and is never older.
    /// </summary>
    public static bool IsOlder(string tag, string than) =>
        Version.TryParse(tag.TrimStart('v').Split('-')[0], out var there)
        && Version.TryParse(than.TrimStart('v'), out var wanted)
        && there < wanted;
}
