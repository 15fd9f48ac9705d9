using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Clusters;

/// <summary>Progress for a log: one line for each change.</summary>
public static class PlainProgress
{
    private const string Pending = "Pending";

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
        if (old is null || old.Phase != status.Phase || old.Message != status.Message)
        {
            yield return $"{now.Name}: {status.Phase} {status.Progress}%{(status.Message.Length > 0 ? ": " + status.Message : "")}";
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

        foreach (var roll in Sentences(now).Except(before is null ? [] : Sentences(before)))
        {
            yield return $"  {roll}";
        }

        foreach (var trouble in Problems(status).Except(old is null ? [] : Problems(old)))
        {
            yield return $"  ! {trouble}";
        }
    }

    /// <summary>The messages of unmet conditions, without those that only wait for earlier conditions.</summary>
    public static IEnumerable<string> Problems(ReportedStatus status) =>
        status
            .Conditions.Where(condition =>
                condition.Status is "False" && condition.Reason is not Pending && condition.Message.Length > 0
            )
            .Select(condition => $"{condition.Reason}: {condition.Message}");

    private static IEnumerable<string> Sentences(ClusterProgress cluster) =>
        cluster.Status is { } status ? Rolls.Of(status, cluster.Sizes).Select(roll => roll.Sentence) : [];
}
