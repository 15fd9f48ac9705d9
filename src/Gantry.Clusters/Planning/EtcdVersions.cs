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
    // The minor version, the oldest version of the one before that may meet it, and a tag that kubeadm's registry has.
    private static readonly (int Minor, Version From, string Tag)[] Steps =
    [
        (6, new Version(3, 5, 26), "3.5.26-0"),
        (7, new Version(3, 6, 11), "3.6.14-0"),
    ];

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

        return
            Steps.FirstOrDefault(step => step.Minor == minor) is { From: { } from, Tag: var tag }
            && members.Where(member => member.Version! < from).ToList() is [_, ..] older
            ? $"kubernetesVersion: {desired.KubernetesVersion} brings etcd 3.{minor}, which joins members from {from} on, and "
                + $"{string.Join(", ", older.Select(Named).Order(StringComparer.Ordinal))}; write kubeadmconfig.etcd.imageTag {tag} or "
                + "later into the layer of the present version first, and every control plane is replaced with it"
            : null;
    }

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
