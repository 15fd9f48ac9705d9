using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Gantry.Clusters.Planning;

/// <summary>A Kubernetes release: <c>1.33.4</c>.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly partial record struct KubernetesVersion(int Minor, int Patch) : IComparable<KubernetesVersion>
{
    /// <param name="text">With or without a leading <c>v</c>.</param>
    public static KubernetesVersion? TryParse(string? text)
    {
        var match = Form().Match(text ?? "");
        return match.Success
            ? new KubernetesVersion(
                int.Parse(match.Groups["minor"].Value, CultureInfo.InvariantCulture),
                int.Parse(match.Groups["patch"].Value, CultureInfo.InvariantCulture))
            : null;
    }

    public int CompareTo(KubernetesVersion other) => (Minor, Patch).CompareTo((other.Minor, other.Patch));

    public static bool operator <(KubernetesVersion left, KubernetesVersion right) => left.CompareTo(right) < 0;

    public static bool operator >(KubernetesVersion left, KubernetesVersion right) => left.CompareTo(right) > 0;

    public static bool operator <=(KubernetesVersion left, KubernetesVersion right) => left.CompareTo(right) <= 0;

    public static bool operator >=(KubernetesVersion left, KubernetesVersion right) => left.CompareTo(right) >= 0;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"1.{Minor}.{Patch}");

    [GeneratedRegex(@"^v?1\.(?<minor>[0-9]{1,3})\.(?<patch>[0-9]{1,3})$", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
