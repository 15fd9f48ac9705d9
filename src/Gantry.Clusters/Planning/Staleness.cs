using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <param name="Code">CamelCase and stable.</param>
/// <param name="Asked">An operator asked for the change; other reasons need an operator's approval.</param>
public sealed record StaleReason(string Code, string Message, bool Asked, string? From = null, string? To = null);

/// <summary>Why a machine of a cluster has to be reinstalled.</summary>
public static class Staleness
{
    /// <summary>All reasons, approved yet or not.</summary>
    /// <param name="pool">The machine's pool.</param>
    /// <param name="wanted">The desired installation of the pool's machines.</param>
    public static IReadOnlyList<StaleReason> Of(
        MemberObservation seen,
        MachinePool pool,
        NodeBuild wanted,
        ClusterSpec desired,
        Limits limits,
        DateTimeOffset now
    )
    {
        var member = seen.Member;
        var reasons = new List<StaleReason>();
        if (desired.Replace.Contains(member.Machine))
        {
            reasons.Add(new StaleReason("Replace", "a person wants another machine in its place", Asked: true));
        }

        if (
            member.PlacedFor is { } placed
            && seen.Maas.ValueOrDefault?.Hardware is { } hardware
            && Placement.Mismatch(pool.Placement, hardware) is { } mismatch
            && placed != NodeBuild.DigestOf(pool.Placement)
        )
        {
            reasons.Add(new StaleReason("Placement", $"{Constraint.AsSentence(mismatch)}", Asked: true));
        }

        if (member.Build is { } build)
        {
            Compare(reasons, build, member.Runs ?? build.KubernetesVersion, wanted);
            CompareEtcd(reasons, member, wanted, desired.EtcdRoll);
        }

        if (member is { Role: PoolRole.ControlPlane, JoinedAt: { } joined })
        {
            Certificates(reasons, joined, desired, limits, now);
        }

        return reasons;
    }

    /// <summary>Whether the reason may be acted on: an operator asked for it or approved it.</summary>
    public static bool IsActionable(StaleReason reason, string? approved) =>
        reason.Asked || (approved is not null && approved.Split('+').Contains(Name(reason)));

    /// <summary>
    /// The hash that an operator approves. It covers the reasons and not the machines, so that the approval holds while
    /// machines are replaced one by one.
    /// </summary>
    public static string HashOf(IEnumerable<StaleReason> reasons) =>
        string.Join('+', reasons.Select(Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    private static string Name(StaleReason reason) => Digest.Of([reason.Code, reason.To ?? ""]);

    /// <param name="runs">The observed version. A machine already installed for the desired version is not reinstalled for
    /// it: the result would be the same.</param>
    private static void Compare(List<StaleReason> reasons, NodeBuild has, KubernetesVersion runs, NodeBuild wanted)
    {
        if (has.KubernetesVersion != wanted.KubernetesVersion && runs != wanted.KubernetesVersion)
        {
            reasons.Add(
                new StaleReason(
                    "KubernetesVersion",
                    $"Kubernetes {runs} → {wanted.KubernetesVersion}",
                    Asked: true,
                    $"{runs}",
                    $"{wanted.KubernetesVersion}"
                )
            );
        }

        if (has.Image != wanted.Image)
        {
            reasons.Add(
                new StaleReason("Image", $"image {has.Image} → {wanted.Image}", Asked: true, has.Image.Value, wanted.Image.Value)
            );
        }

        foreach (var name in has.Settings.Keys.Union(wanted.Settings.Keys).Order(StringComparer.Ordinal))
        {
            var (before, after) = (has.Settings.GetValueOrDefault(name), wanted.Settings.GetValueOrDefault(name));
            if (before != after && name is not KubeadmSettings.EtcdRollImage)
            {
                var how = (before, after) switch
                {
                    (NodeBuild.Unknown, _) => "not known",
                    (null, _) => "set",
                    (_, null) => "taken away",
                    _ => "changed",
                };
                reasons.Add(new StaleReason("NodeSettings", $"{name} {how}", Asked: true, before, after));
            }
        }

        if (has.Template != wanted.Template)
        {
            reasons.Add(
                new StaleReason(
                    "NodeTemplateChanged",
                    $"nodes are set up as form {wanted.Template} now, not {has.Template}",
                    Asked: false,
                    has.Template,
                    wanted.Template
                )
            );
        }
    }

    // A member of etcd with the patch of a roll does no harm after it, and is not replaced to get an older one.
    private static void CompareEtcd(List<StaleReason> reasons, Member member, NodeBuild wanted, EtcdRoll? roll)
    {
        var before = member.Build!.Settings.GetValueOrDefault(KubeadmSettings.EtcdRollImage);
        var after = wanted.Settings.GetValueOrDefault(KubeadmSettings.EtcdRollImage);
        if (before != after && !(after is null && member.JoinedAt is not null))
        {
            reasons.Add(
                new StaleReason(
                    "EtcdImage",
                    roll is null ? "etcd as kubeadm brings it" : $"etcd {roll.Tag} before Kubernetes {roll.Upgrade}",
                    Asked: true,
                    before,
                    after
                )
            );
        }
    }

    // Certificate renewal needs an operator's approval until waiting longer would endanger the cluster.
    private static void Certificates(
        List<StaleReason> reasons,
        DateTimeOffset joined,
        ClusterSpec desired,
        Limits limits,
        DateTimeOffset now
    )
    {
        var until = joined + limits.CertificateLife;
        if (desired.RenewCertificatesOlderThan is { } renew && joined < renew)
        {
            reasons.Add(new StaleReason("RenewCertificates", "new certificates were asked for", Asked: true));
        }
        else if (until - now < limits.AnnounceCertificates)
        {
            reasons.Add(
                new StaleReason(
                    "CertificatesEnd",
                    $"its certificates end on {until:yyyy-MM-dd}",
                    Asked: until - now < limits.RenewCertificates,
                    $"{until:yyyy-MM-dd}",
                    $"{until:yyyy-MM}"
                )
            );
        }
    }
}
