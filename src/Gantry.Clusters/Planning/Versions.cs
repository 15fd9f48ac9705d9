using Gantry.Clusters.Model;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Planning;

/// <summary>The order of an upgrade: kubeadm's configuration, control planes, kube-proxy and CoreDNS, then workers.</summary>
internal static class Versions
{
    /// <summary>Why this version cannot follow that one; <c>null</c> when it can.</summary>
    /// <param name="from">What runs now.</param>
    public static Blocker? Check(KubernetesVersion from, KubernetesVersion to)
    {
        if (to.Minor > from.Minor + 1)
        {
            return new Blocker(
                Reasons.VersionSkipped,
                $"kubernetesVersion: {from} cannot become {to} in one step; go to 1.{from.Minor + 1} first, Kubernetes is upgraded one minor version at a time");
        }

        return to < from
            ? new Blocker(
                Reasons.DowngradeRefused,
                $"kubernetesVersion: {from} cannot become {to}; Kubernetes does not go back, write {from} or a later version")
            : null;
    }

    /// <returns>Whether machines may be taken and replaced for the version that is asked for.</returns>
    public static bool Write(PlanBuilder builder)
    {
        if (!builder.Observed.Initialized || builder.Observed.Version is not { } version
            || KubernetesVersion.TryParse(builder.Desired.KubernetesVersion) is not { } wanted)
        {
            return true;
        }

        // Of mixed versions the newest says what would be a step back, and the oldest what would be a step too far: API
        // servers of one cluster may be one minor version apart.
        var running = Running(builder, version);
        var (oldest, newest) = (running.Min(), running.Max());
        if ((Check(newest, wanted) ?? (wanted.Minor > oldest.Minor + 1 ? Check(oldest, wanted) : null)) is { } refusal)
        {
            builder.Refuse(refusal.Reason, refusal.Message);
            return false;
        }

        if (builder.Observed.Members.FirstOrDefault(seen => IsOther(builder, seen.Member, wanted)) is { } other)
        {
            builder.Refuse(
                Reasons.OtherVersionInstalled,
                $"image: {other.Member.Build!.Image} was to bring Kubernetes {wanted} and brought {other.Member.Runs} to {other.Member.Hostname}; choose an image with {wanted}, or ask for {other.Member.Runs}");
            return false;
        }

        if (builder.Observed.KubeadmVersion != builder.Desired.KubernetesVersion)
        {
            Prepare(builder);
        }
        else if (version != builder.Desired.KubernetesVersion)
        {
            Finish(builder, version);
        }

        return true;
    }

    /// <summary>A worker must not be newer than any API server.</summary>
    public static bool WorkersMayJoin(PlanBuilder builder) =>
        !builder.Observed.Initialized || builder.Observed.Version is null || builder.Observed.Version == builder.Desired.KubernetesVersion;

    /// <summary>A new control plane reads kubeadm's configuration, so that must name its version first.</summary>
    public static bool ControlPlanesMayJoin(PlanBuilder builder) =>
        builder.Observed.KubeadmVersion is null || builder.Observed.KubeadmVersion == builder.Desired.KubernetesVersion;

    // Every machine that is installed like that would be like it.
    private static bool IsOther(PlanBuilder builder, Member member, KubernetesVersion wanted) =>
        member is { Stays: true, Runs: { } runs, Build: { } build } && build.KubernetesVersion == builder.Desired.KubernetesVersion
        && build.Image == builder.Desired.Image && KubernetesVersion.TryParse(runs) is { } has && has != wanted;

    private static IReadOnlyList<KubernetesVersion> Running(PlanBuilder builder, string version) =>
    [
        .. builder.ControlPlanes
            .Where(seen => seen.Member is { JoinedAt: not null } and ({ Stays: true } or { State: MachineState.Draining }))
            .Select(seen => KubernetesVersion.TryParse(seen.Member.Runs ?? seen.Member.Build?.KubernetesVersion))
            .Append(KubernetesVersion.TryParse(version))
            .OfType<KubernetesVersion>(),
    ];

    private static void Prepare(PlanBuilder builder)
    {
        if (!builder.Serves)
        {
            return;
        }

        if (builder.Observed.Image.IsAbsent)
        {
            // What cannot be installed is not prepared either.
            ScaleUp.RefuseImage(builder);
            return;
        }

        if (builder.Observed.Etcd is Observation<EtcdFacts>.Present { Value.IsWhole: true })
        {
            builder.Do(new Step.PrepareVersion(
                builder.Desired.KubernetesVersion, $"what joins next brings Kubernetes {builder.Desired.KubernetesVersion}; kubeadm's configuration has to say so first"));
        }
        else
        {
            builder.Wait(Reasons.EtcdUnhealthy, $"The upgrade to {builder.Desired.KubernetesVersion} begins when every member of etcd is healthy.");
        }
    }

    private static void Finish(PlanBuilder builder, string version)
    {
        var controlPlane = builder.Pools[0];
        if (builder.Serves && controlPlane.IsDone)
        {
            builder.Do(new Step.UpgradeAddons(
                builder.Desired.KubernetesVersion, $"every control plane runs {builder.Desired.KubernetesVersion}: kube-proxy and CoreDNS follow from {version}"));
        }
        else
        {
            builder.Wait(
                Reasons.Upgrading,
                $"{controlPlane.Wanted.Count(PoolState.IsReady)} of {Counted.Of(controlPlane.Pool.Size, "control plane runs", "control planes run")} Kubernetes {builder.Desired.KubernetesVersion}; workers follow.");
        }
    }
}
