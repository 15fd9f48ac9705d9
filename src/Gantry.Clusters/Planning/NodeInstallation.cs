using System.Globalization;
using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>
/// How the machine of a node was installed, and when its node was first Ready: short enough for the machine's mark in MAAS, where
/// it outlives the ledger.
/// </summary>
/// <param name="Template">The revision of the node documents.</param>
/// <param name="Settings"><see cref="NodeBuild.SettingsDigest"/>.</param>
/// <param name="JoinedAt">To the second.</param>
public sealed record NodeInstallation(
    KubernetesVersion KubernetesVersion,
    ImageName Image,
    string Template,
    string Settings,
    DateTimeOffset JoinedAt
)
{
    private const string TimeFormat = "yyyy-MM-ddTHH:mm:ssZ";

    /// <returns><c>null</c> before the machine's node has been Ready.</returns>
    public static NodeInstallation? Of(Member member) =>
        member is { Build: { } build, JoinedAt: { } joined }
            ? new NodeInstallation(
                build.KubernetesVersion,
                build.Image,
                build.Template,
                build.SettingsDigest,
                DateTimeOffset.FromUnixTimeSeconds(joined.ToUnixTimeSeconds())
            )
            : null;

    /// <returns><c>null</c> for a text that is not <see cref="ToString"/> of an installation.</returns>
    public static NodeInstallation? TryParse(string? text) =>
        text?.Split(' ') is [var version, var image, var template, var settings, var joined]
        && KubernetesVersion.TryParse(version, out var kubernetes)
        && ImageName.TryParse(image, out var name)
        && DateTimeOffset.TryParseExact(
            joined,
            TimeFormat,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal,
            out var at
        )
            ? new NodeInstallation(kubernetes, name, template, settings, at)
            : null;

    /// <summary>
    /// The build of this installation. Settings other than the desired ones are known to differ, and not how, unless it is by the tag
    /// of a roll of etcd.
    /// </summary>
    /// <param name="wanted">The installation that the cluster asks for.</param>
    /// <param name="etcdTags">Tags with which control planes may have been rolled.</param>
    public NodeBuild ToBuild(NodeBuild wanted, IEnumerable<string> etcdTags) =>
        (
            etcdTags.Select(wanted.WithEtcdRoll).Prepend(wanted).FirstOrDefault(possible => possible.SettingsDigest == Settings)
            ?? wanted.WithUnknownSettings()
        ) with
        {
            KubernetesVersion = KubernetesVersion,
            Image = Image,
            Template = Template,
        };

    public override string ToString() =>
        $"{KubernetesVersion} {Image} {Template} {Settings} "
        + JoinedAt.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);
}
