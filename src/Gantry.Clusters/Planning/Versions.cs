using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>The order of an upgrade: kubeadm's configuration, control planes, kube-proxy and CoreDNS, then workers.</summary>
internal static class Versions
{
    /// <summary>Why this version cannot follow that one; <c>null</c> when it can.</summary>
    /// <param name="from">What runs now.</param>
    public static Refusal? Check(KubernetesVersion from, KubernetesVersion to)
    {
        if (to.Minor > from.Minor + 1)
        {
            return new Refusal(
                Reasons.VersionSkipped,
                $"kubernetesVersion: {from} cannot become {to} in one step; go to 1.{from.Minor + 1} first, Kubernetes is upgraded one minor version at a time");
        }

        return to < from
            ? new Refusal(
                Reasons.DowngradeRefused,
                $"kubernetesVersion: {from} cannot become {to}; Kubernetes does not go back, write {from} or a later version")
            : null;
    }

    /// <returns>Whether machines may be taken and replaced for the version that is asked for.</returns>
    public static bool Write(Draft draft)
    {
        if (!draft.Observed.Initialized || draft.Observed.Version is not { } version
            || KubernetesVersion.TryParse(draft.Desired.KubernetesVersion) is not { } wanted)
        {
            return true;
        }

        // Of mixed versions the newest says what would be a step back, and the oldest what would be a step too far: API
        // servers of one cluster may be one minor version apart.
        var running = Running(draft, version);
        var (oldest, newest) = (running.Min(), running.Max());
        if ((Check(newest, wanted) ?? (wanted.Minor > oldest.Minor + 1 ? Check(oldest, wanted) : null)) is { } refusal)
        {
            draft.Refuse(refusal.Reason, refusal.Message);
            return false;
        }

        if (draft.Observed.Members.FirstOrDefault(seen => IsOther(draft, seen.Member, wanted)) is { } other)
        {
            draft.Refuse(
                Reasons.OtherVersionInstalled,
                $"image: {other.Member.Build!.Image} was to bring Kubernetes {wanted} and brought {other.Member.Runs} to {other.Member.Hostname}; choose an image with {wanted}, or ask for {other.Member.Runs}");
            return false;
        }

        if (draft.Observed.KubeadmVersion != draft.Desired.KubernetesVersion)
        {
            Prepare(draft);
        }
        else if (version != draft.Desired.KubernetesVersion)
        {
            Finish(draft, version);
        }

        return true;
    }

    /// <summary>A worker must not be newer than any API server.</summary>
    public static bool WorkersMayJoin(Draft draft) =>
        !draft.Observed.Initialized || draft.Observed.Version is null || draft.Observed.Version == draft.Desired.KubernetesVersion;

    /// <summary>A new control plane reads kubeadm's configuration, so that must name its version first.</summary>
    public static bool ControlPlanesMayJoin(Draft draft) =>
        draft.Observed.KubeadmVersion is null || draft.Observed.KubeadmVersion == draft.Desired.KubernetesVersion;

    // Every machine that is installed like that would be like it.
    private static bool IsOther(Draft draft, Member member, KubernetesVersion wanted) =>
        member is { Stays: true, Runs: { } runs, Build: { } build } && build.KubernetesVersion == draft.Desired.KubernetesVersion
        && build.Image == draft.Desired.Image && KubernetesVersion.TryParse(runs) is { } has && has != wanted;

    private static IReadOnlyList<KubernetesVersion> Running(Draft draft, string version) =>
    [
        .. draft.ControlPlanes
            .Where(seen => seen.Member is { JoinedAt: not null } and ({ Stays: true } or { State: MachineState.Draining }))
            .Select(seen => KubernetesVersion.TryParse(seen.Member.Runs ?? seen.Member.Build?.KubernetesVersion))
            .Append(KubernetesVersion.TryParse(version))
            .OfType<KubernetesVersion>(),
    ];

    private static void Prepare(Draft draft)
    {
        if (!draft.Serves)
        {
            return;
        }

        if (draft.Observed.Image.IsAbsent)
        {
            // What cannot be installed is not prepared either.
            Growth.RefuseImage(draft);
            return;
        }

        if (draft.Observed.Etcd is Sighting<EtcdFacts>.Present { Value.IsWhole: true })
        {
            draft.Do(new Step.PrepareVersion(
                draft.Desired.KubernetesVersion, $"what joins next brings Kubernetes {draft.Desired.KubernetesVersion}; kubeadm's configuration has to say so first"));
        }
        else
        {
            draft.Wait(Reasons.EtcdUnhealthy, $"The upgrade to {draft.Desired.KubernetesVersion} begins when every member of etcd is healthy.");
        }
    }

    private static void Finish(Draft draft, string version)
    {
        var controlPlane = draft.Pools[0];
        if (draft.Serves && controlPlane.IsDone)
        {
            draft.Do(new Step.UpgradeAddons(
                draft.Desired.KubernetesVersion, $"every control plane runs {draft.Desired.KubernetesVersion}: kube-proxy and CoreDNS follow from {version}"));
        }
        else
        {
            draft.Wait(
                Reasons.Upgrading,
                $"{controlPlane.Wanted.Count(PoolState.IsReady)} of {Counted.Of(controlPlane.Pool.Size, "control plane runs", "control planes run")} Kubernetes {draft.Desired.KubernetesVersion}; workers follow.");
        }
    }
}
