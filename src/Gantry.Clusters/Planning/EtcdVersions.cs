using System.Globalization;
using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>
/// Which versions of etcd may meet while control planes are replaced. etcd calls a step to its next minor version safe only when every
/// member has a patch from which on it is; kubeadm's own patches install older ones. From etcd's upgrade guides of 3.6 and 3.7 and its
/// notice of members that come back.
/// </summary>
public static class EtcdVersions
{
    // 3.6.11-0 is what the table inside kubeadm 1.37 names for older versions of Kubernetes (kubernetes/kubernetes#138746).
    private static readonly EtcdStep[] Steps =
    [
        new(6, new Version(3, 5, 26), "3.5.26-0"),
        new(7, new Version(3, 6, 11), "3.6.11-0"),
    ];

    /// <summary>The tags that are safe to be met by the next minor version.</summary>
    internal static IEnumerable<string> RollTags => Steps.Select(step => step.Tag);

    /// <summary>Why no control plane of the desired state may join these members; <c>null</c> when one may.</summary>
    public static string? Check(ClusterSpec desired, EtcdFacts etcd)
    {
        var members = etcd.Members.Where(member => member.Version is not null).ToList();
        if (MinorOf(desired) is not { } minor || members.Exists(member => member.Version!.Minor == minor))
        {
            // Once a member has the new version, the way on is the only one.
            return null;
        }

        if (members.Find(member => member.Version!.Minor > minor) is { } newer)
        {
            return $"kubernetesVersion: {desired.KubernetesVersion} with etcd 3.{minor} cannot join {Named(newer)}; etcd does not go back, "
                + "leave the tag of its image out";
        }

        return StepTo(desired) is { } step && TooOld(step, etcd) is [_, ..] older
            ? $"kubernetesVersion: {desired.KubernetesVersion} brings etcd 3.{minor}, which joins members from {step.From} on, and "
                + $"{Named(older)}; write kubeadmconfig.etcd.imageTag {step.Tag} or later into the layer of the present version first, "
                + $"and every control plane is replaced with it{Otherwise(desired)}"
            : null;
    }

    /// <summary>The step of etcd that the desired state brings; <c>null</c> when it brings none that needs a patch before it.</summary>
    internal static EtcdStep? StepTo(ClusterSpec desired) =>
        MinorOf(desired) is { } minor ? Array.Find(Steps, step => step.Minor == minor) : null;

    /// <summary>The step of etcd to the minor version after this one; <c>null</c> when it needs no patch before it.</summary>
    internal static EtcdStep? StepFrom(Version version) => Array.Find(Steps, step => step.From.Minor == version.Minor);

    /// <summary>The members that the step may not meet; none once a member has the new version.</summary>
    internal static IReadOnlyList<EtcdMember> TooOld(EtcdStep step, EtcdFacts etcd) =>
        etcd.Members.Any(member => member.Version?.Minor >= step.Minor)
            ? []
            : [.. etcd.Members.Where(member => member.Version is { } version && version < step.From)];

    /// <summary>The members and their versions, as a clause.</summary>
    internal static string Named(IEnumerable<EtcdMember> members) =>
        string.Join(", ", members.Select(Named).Order(StringComparer.Ordinal));

    /// <summary>The version that the tag of an image names; <c>null</c> for another text.</summary>
    internal static Version? OfTag(string tag) =>
        Version.TryParse(tag.TrimStart('v').Split('-')[0], out var version) && version.Build >= 0 ? version : null;

    /// <summary>The version that joins with the desired state, for the dry run: of its patch only what a tag names is known.</summary>
    internal static Version? JoiningWith(ClusterSpec desired) =>
        (desired.Nodes.EtcdImageTag ?? desired.EtcdRoll?.Tag) is { } tag ? OfTag(tag)
        : MinorOf(desired) is { } minor ? new Version(3, minor, 0)
        : null;

    private static string Otherwise(ClusterSpec desired) =>
        (desired.Nodes.EtcdImageTag ?? desired.Nodes.EtcdUpgradeImageTag) is null
            ? ""
            : $"; without kubeadmconfig.etcd.{(desired.Nodes.EtcdImageTag is null ? "upgradeImageTag" : "imageTag")} here Gantry does so "
                + "before the upgrade";

    private static string Named(EtcdMember member) => $"{member.Name} runs etcd {member.Version}";

    // What kubeadm installs without a tag: DefaultEtcdVersion of cmd/kubeadm/app/constants.
    private static int? MinorOf(ClusterSpec desired) =>
        desired.Nodes.EtcdImageTag switch
        {
            null => desired.KubernetesVersion.Minor switch
            {
                >= 37 => 7,
                >= 34 => 6,
                _ => 5,
            },
            var tag when tag.TrimStart('v').Split('.') is ["3", var minor, _, ..] => int.TryParse(
                minor,
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var number
            )
                ? number
                : null,
            _ => null,
        };
}

/// <param name="Minor">The minor version of etcd 3 that comes.</param>
/// <param name="From">The oldest version of the one before that may meet it.</param>
/// <param name="Tag">The tag of a version that may meet it, which kubeadm's registry has.</param>
internal sealed record EtcdStep(int Minor, Version From, string Tag);
