using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Gantry.Lab.Kubernetes;

/// <summary>A Kubernetes version; <c>ToString</c> includes the <c>v</c>.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly partial record struct KubeVersion(int Major, int Minor, int Patch)
{
    public static KubeVersion? TryParse(string? text)
    {
        var match = Form().Match(text ?? "");
        return match.Success ? new KubeVersion(Part(match, "major"), Part(match, "minor"), Part(match, "patch")) : null;
    }

    /// <summary>
    /// The Kubernetes version in an image's name: <c>custom/ubuntu-24.04-k8s-1.33.4</c>. Null for an image without Kubernetes.
    /// </summary>
    public static KubeVersion? OfImage(string image)
    {
        var at = image.IndexOf("k8s-", StringComparison.Ordinal);
        return at < 0 ? null : TryParse(image[(at + 4)..]);
    }

    public bool IsAtLeast(int minor) => Major > 1 || Minor >= minor;

    public override string ToString() => $"v{Major}.{Minor}.{Patch}";

    private static int Part(Match match, string name) => int.Parse(match.Groups[name].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^v?(?<major>\d{1,3})\.(?<minor>\d{1,3})\.(?<patch>\d{1,4})(?=$|[-+])")]
    private static partial Regex Form();
}
