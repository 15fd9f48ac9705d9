using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>
/// A repository did not give the machines of a cluster their packages. No machine is to blame, so none is quarantined, and none is
/// installed like that for a while. It is forgotten when a machine has become a node.
/// </summary>
/// <param name="At">When the last machine gave up.</param>
/// <param name="Tries">How often machines were installed for it; those of one moment count once.</param>
/// <param name="Hostname">The last machine.</param>
/// <param name="Text">What MAAS was told by it.</param>
/// <param name="Build">How the machines were installed.</param>
/// <param name="Machines">All machines that gave up: others are preferred, in case it is the way of one of them.</param>
public sealed record PackageFailure(
    DateTimeOffset At,
    int Tries,
    string Hostname,
    string Text,
    NodeBuild Build,
    ValueList<SystemId> Machines
)
{
    /// <summary>Why such a machine is not put in quarantine.</summary>
    public const string Excuse = "its packages could not be installed";

    /// <summary>When the next machine is installed.</summary>
    public DateTimeOffset Until(Limits limits)
    {
        var pause = limits.FirstPackagesPause * Math.Pow(2, Math.Min(Tries, 20) - 1);
        return At + (pause < limits.LongestPackagesPause ? pause : limits.LongestPackagesPause);
    }

    /// <summary>
    /// Whether nothing is installed like that now. A failure in the future means that the clock was set back; it is ignored.
    /// </summary>
    public bool Pauses(Limits limits, DateTimeOffset now) => At <= now && now < Until(limits);

    /// <summary>The same with a further machine that gave up.</summary>
    public static PackageFailure After(PackageFailure? before, Member member, string text, Limits limits, DateTimeOffset now)
    {
        var same = before is not null && member.Build is { } build && before.Build.InstallsAs(build) ? before : null;
        var tries =
            same is null ? 1
            : same.Pauses(limits, now) ? same.Tries
            : same.Tries + 1;
        return new PackageFailure(
            now,
            tries,
            member.Hostname,
            text,
            member.Build!,
            [.. (same?.Machines ?? []).Where(known => known != member.Machine), member.Machine]
        );
    }
}
