using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Gantry.Clusters.Model;

/// <summary>A release of Kubernetes, <c>1.33.4</c>. The major version is always 1.</summary>
[StructLayout(LayoutKind.Auto)]
[JsonConverter(typeof(TextValueConverter<KubernetesVersion>))]
public readonly partial record struct KubernetesVersion : IComparable<KubernetesVersion>, ITextValue<KubernetesVersion>
{
    private KubernetesVersion(int minor, int patch)
    {
        Minor = minor;
        Patch = patch;
    }

    public static string Is => "a Kubernetes version";

    public static string Write => "three numbers, for example 1.34.1";

    /// <summary>The oldest release that can be installed: kubeadm of older ones reads another form of configuration.</summary>
    public static KubernetesVersion Oldest { get; } = new(22, 0);

    /// <summary>Whether clusters of this version can be made; nodes may report older ones.</summary>
    public bool IsInstallable => this >= Oldest;

    /// <summary>The refusal of a version that cannot be installed.</summary>
    public string NotInstallable => $"'{this}' cannot be installed; write {Oldest} or a later version";

    public int Minor { get; }

    public int Patch { get; }

    /// <exception cref="FormatException">The text is not a version; the message names it and the expected form.</exception>
    public static KubernetesVersion Parse(string? text) => TextValue.Parse<KubernetesVersion>(text);

    /// <param name="text">With or without a leading <c>v</c>, as kubelets and <c>kubectl version</c> write it.</param>
    public static bool TryParse(string? text, out KubernetesVersion value)
    {
        var match = Form().Match(text ?? "");
        value = match.Success ? new KubernetesVersion(Number(match.Groups["minor"]), Number(match.Groups["patch"])) : default;
        return match.Success;
    }

    /// <summary>
    /// The version that a kubelet or a status reports; <c>null</c> when it is not a release, such as a vendor's build.
    /// </summary>
    public static KubernetesVersion? Reported(string? text) => TryParse(text, out var version) ? version : null;

    /// <summary>
    /// Whether control planes may be upgraded to this version. Kubernetes is upgraded one minor version at a time and not
    /// downgraded. While control planes have several versions, the newest one decides what is a downgrade and the oldest
    /// one what skips a minor version: API servers of one cluster may be one minor version apart.
    /// </summary>
    /// <param name="running">Versions of the control planes; not empty.</param>
    public VersionStep StepFrom(IReadOnlyCollection<KubernetesVersion> running) =>
        this switch
        {
            _ when this < running.Max() => VersionStep.GoesBack,
            _ when Minor > running.Min().Minor + 1 => VersionStep.SkipsMinor,
            _ => VersionStep.Allowed,
        };

    public int CompareTo(KubernetesVersion other) => (Minor, Patch).CompareTo((other.Minor, other.Patch));

    public static bool operator <(KubernetesVersion left, KubernetesVersion right) => left.CompareTo(right) < 0;

    public static bool operator >(KubernetesVersion left, KubernetesVersion right) => left.CompareTo(right) > 0;

    public static bool operator <=(KubernetesVersion left, KubernetesVersion right) => left.CompareTo(right) <= 0;

    public static bool operator >=(KubernetesVersion left, KubernetesVersion right) => left.CompareTo(right) >= 0;

    /// <summary>Without a leading <c>v</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"1.{Minor}.{Patch}");

    private static int Number(Group digits) => int.Parse(digits.ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^v?1\.(?<minor>[0-9]{1,3})\.(?<patch>[0-9]{1,3})\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}

/// <summary>Whether an upgrade from the running versions is permitted.</summary>
public enum VersionStep
{
    Allowed,

    /// <summary>A control plane runs a later version.</summary>
    GoesBack,

    /// <summary>A control plane is more than one minor version behind.</summary>
    SkipsMinor,
}
