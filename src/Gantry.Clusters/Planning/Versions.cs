using Gantry.Clusters.Model;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Planning;

/// <summary>The order of an upgrade: kubeadm's configuration, control planes, kube-proxy and CoreDNS, then workers.</summary>
internal static class Versions
{
    /// <summary>Why the cluster cannot be upgraded to this version; <c>null</c> when it can.</summary>
    private static Blocker? Check(IReadOnlyList<KubernetesVersion> running, KubernetesVersion to) =>
        to.StepFrom(running) switch
        {
            VersionStep.SkipsMinor => new Blocker(
                Reasons.VersionSkipped,
                $"kubernetesVersion: {running.Min()} cannot become {to} in one step; go to 1.{running.Min().Minor + 1} "
                    + "first, Kubernetes is upgraded one minor version at a time"
            ),
            VersionStep.GoesBack => new Blocker(
                Reasons.DowngradeRefused,
                $"kubernetesVersion: {running.Max()} cannot become {to}; Kubernetes does not go back, write "
                    + $"{running.Max()} or a later version"
            ),
            _ => null,
        };

    /// <returns>Whether machines may be taken and replaced for the desired version.</returns>
    public static bool Write(PlanBuilder builder)
    {
        if (!builder.Observed.Initialized || builder.Observed.Version is not { } version)
        {
            return true;
        }

        var wanted = builder.Desired.KubernetesVersion;
        if (Check(Running(builder, version), wanted) is { } refusal)
        {
            builder.Refuse(refusal.Reason, refusal.Message);
            return false;
        }

        if (builder.Observed.Etcd.ValueOrDefault is { } etcd && EtcdVersions.Check(builder.Desired, etcd) is { } unsafeStep)
        {
            builder.Refuse(Reasons.EtcdTooOld, unsafeStep);
            return false;
        }

        if ((version != wanted || builder.Desired.EtcdRoll is not null) && !KnowsArguments(builder))
        {
            return false;
        }

        if (builder.Observed.Members.FirstOrDefault(seen => IsOther(builder, seen.Member, wanted)) is { } other)
        {
            builder.Refuse(
                Reasons.OtherVersionInstalled,
                $"image: {other.Member.Build!.Image} was to bring Kubernetes {wanted} and brought {other.Member.Runs} to "
                    + $"{other.Member.Hostname}; choose an image with {wanted}, or ask for {other.Member.Runs}"
            );
            return false;
        }

        if (builder.Desired.EtcdRoll is { } roll && builder.Observed.Etcd.ValueOrDefault is { } members)
        {
            builder.Wait(
                Reasons.Upgrading,
                $"{EtcdRolls.Why(roll)}: the control planes get etcd {roll.Tag} on Kubernetes {wanted} first"
                    + $"{EtcdRolls.Left(roll, members)}."
            );
        }

        if (builder.Observed.KubeadmVersion?.Is(wanted) is not true || !HasSettings(builder))
        {
            Prepare(builder);
        }
        else if (version != wanted)
        {
            Finish(builder, version);
        }

        return true;
    }

    /// <summary>Refuses a version that does not know every argument that the cluster asks for.</summary>
    public static bool KnowsArguments(PlanBuilder builder)
    {
        var problems = UnknownArguments.Check(builder.Desired).ToList();
        foreach (var problem in problems)
        {
            builder.Refuse(Reasons.SpecInvalid, problem);
        }

        return problems.Count is 0;
    }

    /// <summary>A worker must not be newer than any API server, and none is installed shortly before its upgrade.</summary>
    public static bool WorkersMayJoin(PlanBuilder builder) =>
        !builder.Observed.Initialized
        || builder.Observed.Version is null
        || (builder.Observed.Version == builder.Desired.KubernetesVersion && builder.Desired.EtcdRoll is null);

    /// <summary>A new control plane reads kubeadm's configuration, which must name its version and settings first.</summary>
    public static bool ControlPlanesMayJoin(PlanBuilder builder) =>
        builder.Observed.KubeadmVersion is not { } kubeadm
        || (kubeadm.Is(builder.Desired.KubernetesVersion) && (!builder.Observed.Initialized || HasSettings(builder)));

    // The settings of the API server, controller manager, scheduler and etcd: a joining machine reads them from kubeadm's
    // configuration and not from its own document.
    private static bool HasSettings(PlanBuilder builder) =>
        builder.Observed.ControlPlaneSettings == NodeBuild.ControlPlaneSettingsOf(builder.Desired);

    // Another machine with the same installation would have the same wrong version. An installation that is not known says nothing.
    private static bool IsOther(PlanBuilder builder, Member member, KubernetesVersion wanted) =>
        member is { Stays: true, Runs: { } runs, Build: { IsUnknown: false } build }
        && build.KubernetesVersion == wanted
        && build.Image == builder.Desired.Image
        && runs != wanted;

    private static IReadOnlyList<KubernetesVersion> Running(PlanBuilder builder, KubernetesVersion version) =>
        [
            .. builder
                .ControlPlanes.Where(seen =>
                    seen.Member is { JoinedAt: not null } and ({ Stays: true } or { State: MachineState.Draining })
                )
                .Select(seen => seen.Member.Runs ?? seen.Member.Build?.KubernetesVersion)
                .OfType<KubernetesVersion>()
                .Append(version),
        ];

    private static void Prepare(PlanBuilder builder)
    {
        if (!builder.Serves || builder.Observed.AwaitsImages)
        {
            return;
        }

        if (builder.Observed.Image.IsAbsent)
        {
            // An upgrade is not prepared for an image that cannot be installed.
            ScaleUp.RefuseImage(builder);
            return;
        }

        // What joins after the preparation brings the new version: without a machine for it nothing could join at all.
        var controlPlane = builder.Pools[0];
        if (controlPlane.Unwanted.Count > 0 && !builder.Successors.TryReserveNext(controlPlane))
        {
            builder.Successors.Refuse(controlPlane, Replacement.InOrder(builder, controlPlane).First());
            return;
        }

        if (builder.Observed.Etcd is Observation<EtcdFacts>.Present { Value.IsWhole: true })
        {
            builder.Do(new Step.PrepareJoin(builder.Desired.KubernetesVersion, WhyPrepared(builder)));
        }
        else
        {
            var sick = EtcdHealth.WhyNotWhole(builder.Observed.Etcd);
            builder.Wait(
                Reasons.EtcdUnhealthy,
                builder.Observed.KubeadmVersion?.Is(builder.Goal) is true
                    ? $"The control plane gets its new settings when every member of etcd is healthy: {sick}."
                    : $"The upgrade to {builder.Goal} begins when every member of etcd is healthy: {sick}."
            );
        }
    }

    private static string WhyPrepared(PlanBuilder builder) =>
        builder.Desired.EtcdRoll is { } roll
            ? $"{EtcdRolls.Why(roll)}; kubeadm's configuration names etcd {roll.Tag} for the control planes that join before it"
        : builder.Observed.KubeadmVersion?.Is(builder.Desired.KubernetesVersion) is true
            ? "what joins next starts the control plane with changed settings; kubeadm's configuration has to name them first"
        : $"what joins next brings Kubernetes {builder.Desired.KubernetesVersion}; kubeadm's configuration has to say so first";

    private static void Finish(PlanBuilder builder, KubernetesVersion version)
    {
        var controlPlane = builder.Pools[0];
        if (builder.Serves && controlPlane.IsDone)
        {
            builder.Do(
                new Step.UpgradeAddons(
                    builder.Desired.KubernetesVersion,
                    $"every control plane runs {builder.Desired.KubernetesVersion}: kube-proxy and CoreDNS follow from {version}"
                )
            );
        }
        else
        {
            builder.Wait(
                Reasons.Upgrading,
                $"{controlPlane.Wanted.Count(PoolState.IsReady)} of "
                    + $"{Counted.Of(controlPlane.Pool.Size, "control plane runs", "control planes run")} Kubernetes "
                    + $"{builder.Desired.KubernetesVersion}; workers follow."
            );
        }
    }
}
