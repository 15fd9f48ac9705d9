using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>
/// When the control planes get another patch of etcd before an upgrade. It follows from what the members of etcd tell, so that it
/// ends by itself once all of them may meet the version that the upgrade brings, and begins again where one may not.
/// </summary>
public static class EtcdRolls
{
    /// <inheritdoc cref="Of(ClusterSpec, EtcdRoll?, KubernetesVersion?, IEnumerable{Member}, Observation{EtcdFacts})"/>
    public static EtcdRoll? Of(ClusterSpec desired, ClusterObservation observed) =>
        Of(
            desired,
            observed.EtcdRoll,
            observed.Initialized ? observed.Version : null,
            observed.Members.Select(seen => seen.Member),
            observed.Etcd
        );

    /// <summary>
    /// The roll that comes before the upgrade; <c>null</c> when none is needed, when a person has chosen etcd's version, and when none
    /// would help: the upgrade is refused then.
    /// </summary>
    /// <param name="desired">With the image that its machines are installed with.</param>
    /// <param name="made">The roll that has begun, which lasts while etcd cannot be seen.</param>
    /// <param name="reached">The version that the whole control plane has reached; <c>null</c> before there is one.</param>
    public static EtcdRoll? Of(
        ClusterSpec desired,
        EtcdRoll? made,
        KubernetesVersion? reached,
        IEnumerable<Member> members,
        Observation<EtcdFacts> etcd
    )
    {
        if (
            desired is not { Deletion: null, Nodes.EtcdImageTag: null }
            || reached is not { } version
            || EtcdVersions.StepTo(desired) is not { } step
            || TagFor(desired, step) is not { } tag
        )
        {
            return null;
        }

        var kept = made?.IsFor(desired) is true && made.Tag == tag ? made : null;
        if (etcd is not Observation<EtcdFacts>.Present { Value: var seen })
        {
            return kept;
        }

        if (EtcdVersions.TooOld(step, seen) is not [_, ..] old)
        {
            // A member that has just joined may not have told its version yet.
            return seen.Members.Any(member => member.Version is null) ? kept : null;
        }

        var controlPlanes = members
            .Where(member => member is { Role: PoolRole.ControlPlane, JoinedAt: not null, State: not MachineState.Releasing })
            .ToList();
        var running = controlPlanes.Select(VersionOf).OfType<KubernetesVersion>().Append(version).ToList();
        var stays = running.Max();
        var image = controlPlanes.Find(member => VersionOf(member) == stays && member.Build is not null)?.Build!.Image;
        var roll =
            image is null || MayLackPackages(desired, image)
                ? null
                : new EtcdRoll(desired.KubernetesVersion, stays, ImageFor(desired, image), tag);
        return
            roll is not null
            && desired.KubernetesVersion.StepFrom(running) is VersionStep.Allowed
            && !UnknownArguments.Check(desired).Any()
            && old.All(member =>
                member.Version!.Minor == step.From.Minor
                && controlPlanes.Find(machine => machine.NodeName == member.Name) is { } machine
                && machine.Build?.Has(roll) is not true
            )
            ? roll
            : null;
    }

    /// <summary>The installation that the machine should have: one whose etcd may meet the upgrade already needs no roll.</summary>
    internal static NodeBuild Build(MemberObservation seen, NodeBuild wanted, ClusterSpec desired, ClusterObservation observed) =>
        desired.EtcdRoll is { } roll
        && observed.Etcd.ValueOrDefault?.Find(seen.Member.NodeName)?.Version is { } version
        && StepOf(roll) is { } step
        && version >= step.From
        && seen.Member.Build?.Has(roll) is not true
            ? wanted.WithoutEtcdRoll()
            : wanted;

    /// <summary>The tags with which control planes of the cluster may have been rolled, as far as anybody knows.</summary>
    public static IEnumerable<string> TagsOf(ClusterSpec desired) =>
        EtcdVersions.RollTags.Concat(desired.Nodes.EtcdUpgradeImageTag is { } named and not EtcdRoll.Off ? [named] : []);

    /// <summary>Why the roll comes first, as a sentence without its end.</summary>
    public static string Why(EtcdRoll roll) =>
        $"Kubernetes {roll.Upgrade} brings etcd 3.{StepOf(roll)?.Minor}, which joins members from {StepOf(roll)?.From} on";

    /// <summary>The members that may not meet the upgrade yet, as the end of a sentence.</summary>
    public static string Left(EtcdRoll roll, EtcdFacts etcd) =>
        StepOf(roll) is { } step && EtcdVersions.TooOld(step, etcd) is [_, ..] old ? $"; {EtcdVersions.Named(old)}" : "";

    /// <summary>What a person has to know who keeps images in a registry of their own.</summary>
    public static IEnumerable<string> Notes(EtcdRoll? roll)
    {
        if (roll is not null)
        {
            yield return $"{Why(roll)}: every control plane is replaced twice, first on Kubernetes {roll.Stays} with the image "
                + $"registry.k8s.io/etcd:{roll.Tag}, which a mirror of that registry must have. kubeadmconfig.etcd.upgradeImageTag "
                + $"names another tag, or {EtcdRoll.Off}.";
        }
    }

    private static EtcdStep? StepOf(EtcdRoll roll) =>
        EtcdVersions.OfTag(roll.Tag) is { } version ? EtcdVersions.StepFrom(version) : null;

    private static KubernetesVersion? VersionOf(Member member) => member.Runs ?? member.Build?.KubernetesVersion;

    // A tag that a person names for the roll has to help as well.
    private static string? TagFor(ClusterSpec desired, EtcdStep step) =>
        desired.Nodes.EtcdUpgradeImageTag is not { } named ? step.Tag
        : EtcdVersions.OfTag(named) is { } version && version.Minor == step.From.Minor && version >= step.From ? named
        : null;

    // Machines of an image that MAAS imports most likely installed packages. Towards a prepared image nothing tells from where.
    private static bool MayLackPackages(ClusterSpec desired, ImageName installed) =>
        desired.StockImage is null && installed.IsImported && !desired.Image.IsImported;

    // On a stock image any version is installed from packages; one of another release of the system would lack their settings.
    private static ImageName ImageFor(ClusterSpec desired, ImageName installed) =>
        desired.StockImage is { } stock && installed.IsImported ? stock : installed;
}
