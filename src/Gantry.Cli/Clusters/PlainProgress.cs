using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Planning;

namespace Gantry.Cli.Clusters;

/// <summary>Progress for a log: one line for each change, and each fact on one line.</summary>
public static class PlainProgress
{
    private const string Pending = "Pending";

    /// <summary>Reasons of conditions that the line of a machine, or the count of a roll, says as well.</summary>
    private static readonly string[] Work =
    [
        Reasons.Deploying,
        Reasons.Initializing,
        Reasons.Joining,
        Reasons.NodeNotReady,
        Reasons.Releasing,
        Reasons.Rolling,
        Reasons.Upgrading,
    ];

    public static IEnumerable<string> Changes(ClusterProgress? before, ClusterProgress now)
    {
        if (now.Status is not { } status)
        {
            if (before is null)
            {
                yield return $"{now.Name}: Pending: waiting for the gateway";
            }

            yield break;
        }

        var old = before?.Status;
        var headline = Headline(now with { TimeLeft = null });
        if (old is null || Headline(before! with { TimeLeft = null }) != headline)
        {
            yield return $"{now.Name}: {Headline(now)}";
        }

        var known = (old?.Machines ?? []).ToDictionary(machine => machine.SystemId);
        foreach (var machine in status.Machines)
        {
            if (!known.TryGetValue(machine.SystemId, out var then) || then.State != machine.State || then.Stage != machine.Stage)
            {
                yield return $"  {machine.Hostname} ({machine.Pool}): "
                    + $"{machine.State}{(machine.Stage.Length > 0 && machine.Stage != machine.State ? ": " + machine.Stage : "")}";
            }
        }

        foreach (var gone in known.Values.Where(then => status.Machines.All(machine => machine.SystemId != then.SystemId)))
        {
            yield return $"  {gone.Hostname} ({gone.Pool}): gone";
        }

        foreach (var trouble in Problems(status).Except(old is null ? [] : Problems(old)))
        {
            yield return $"  ! {trouble}";
        }
    }

    /// <summary>Phase, progress and message: <c>Running, rolling 16% (worker-pool 1 of 6 up to date), about 25 min left</c>.</summary>
    public static string Headline(ClusterProgress cluster)
    {
        var status = cluster.Status!;
        var note = Note(status) is { Length: > 0 } message ? $": {message}" : "";
        return Rolls.Of(cluster) is { Count: > 0 } rolls
            ? $"{Rolling(status, rolls)} ({string.Join(", ", rolls.Select(roll => roll.Count))} up to date)"
                + $"{Left(cluster)}{note}"
            : $"{status.Phase} {status.Progress}%{note}";
    }

    /// <summary>The progress of a roll in place of the cluster's, which is complete: <c>Running, rolling 16%</c>.</summary>
    public static string Rolling(ReportedStatus status, IReadOnlyList<Roll> rolls) =>
        $"{status.Phase}, rolling {Rolls.Percent(rolls)}%";

    public static string Left(ClusterProgress cluster) =>
        cluster.TimeLeft is { } left ? $", about {Durations.Rough(left.TotalSeconds)} left" : "";

    /// <summary>The message, unless a condition says the same.</summary>
    public static string Note(ReportedStatus status) =>
        status.Conditions.Any(condition => condition.Status is not "True" && condition.Message == status.Message)
            ? ""
            : status.Message;

    /// <summary>The messages of unmet conditions, without those that wait for earlier ones or for work on machines.</summary>
    public static IEnumerable<string> Problems(ReportedStatus status) =>
        status
            .Conditions.Where(condition =>
                condition.Status is "False"
                && condition.Reason is not Pending
                && !Work.Contains(condition.Reason)
                && condition.Message.Length > 0
            )
            .Select(condition => $"{condition.Reason}: {condition.Message}");
}
