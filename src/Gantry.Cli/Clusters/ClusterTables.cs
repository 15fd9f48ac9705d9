using System.Text;
using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Clusters;

/// <summary>Clusters as text.</summary>
public static class ClusterTables
{
    private const string GatewayWorking = "GatewayWorking";

    public static Table List(IReadOnlyList<ClusterSummary> clusters, DateTimeOffset now)
    {
        var table = new Table("NAME", "STATE", "HEALTH", "VERSION", "NODES", "ACCOUNT", "AGE", "UID");
        foreach (var cluster in clusters)
        {
            table.Row(
                cluster.Metadata.Name,
                State(cluster.Status),
                cluster.Status.Health.State,
                cluster.Status.KubernetesVersion,
                Nodes(cluster.SpecSummary?.CloudConfig?.MachinePools ?? []),
                cluster.SpecSummary?.CloudAccountMeta?.Name,
                Age(cluster.Metadata.CreationTimestamp, now),
                cluster.Metadata.Uid
            );
        }

        return table;
    }

    /// <param name="wanted">What is wanted of the cluster, where it was read.</param>
    public static string Describe(ClusterProgress cluster, DateTimeOffset now, ClusterDocumentSpec? wanted = null)
    {
        if (cluster.Status is not { } status)
        {
            return $"{cluster.Name} ({cluster.Uid}): Pending: waiting for the gateway\n"
                + (wanted is null ? "" : $"\n{DesiredText.Of(wanted, status: null)}");
        }

        var text = new StringBuilder();
        text.Append($"Name:        {cluster.Name}\n");
        text.Append($"Uid:         {cluster.Uid}\n");
        var rolls = Rolls.Of(cluster);
        var progress = rolls.Count > 0 ? $"rolling {Rolls.Percent(rolls)}%" : $"{status.Progress}%";
        text.Append($"State:       {status.Phase}, {status.Health}, {progress}\n");
        text.Append($"Message:     {(status.Message.Length > 0 ? status.Message : "-")}\n");
        if (
            status.Health is HealthStates.Unknown
            && status.Conditions.Any(one => one is { Type: GatewayWorking, Status: "False" })
        )
        {
            text.Append(
                $"Seen:        {Durations.Short(now - status.ReportedAt)} ago; what follows is as the gateway saw it then\n"
            );
        }

        text.Append($"Kubernetes:  {status.KubernetesVersion?.ToString() ?? "-"}\n");
        text.Append($"Endpoint:    {(status.Endpoint is { } endpoint ? $"https://{endpoint.Host}:{endpoint.Port}" : "-")}\n");
        if (cluster.AutoRepair is false)
        {
            text.Append($"Auto-repair: off{(cluster.AutoRepairFrom is "project" ? " (from the project)" : "")}\n");
        }

        text.Append(wanted is null ? "" : DesiredText.Of(wanted, status)).Append('\n');

        var conditions = new Table("CONDITION", "STATUS", "REASON", "SINCE", "MESSAGE");
        foreach (var condition in status.Conditions)
        {
            conditions.Row(
                condition.Type,
                condition.Status.ToString(),
                condition.Reason,
                Durations.Short(now - condition.LastTransition),
                condition.Message
            );
        }

        text.Append(conditions.Render()).Append('\n');

        var machines = new Table("MACHINE", "POOL", "ROLE", "ZONE", "STATE", "STAGE", "ADDRESS");
        foreach (var machine in status.Machines)
        {
            machines.Row(
                machine.Hostname,
                machine.Pool,
                machine.Role.ToString(),
                machine.Zone,
                machine.State,
                machine.Stage,
                machine.Addresses.Count > 0 ? machine.Addresses[0] : null
            );
        }

        text.Append(machines.Render());
        foreach (var stale in status.Machines.Where(machine => machine.StaleReasons.Count > 0))
        {
            text.Append($"outdated: {stale.Hostname}: {string.Join("; ", stale.StaleReasons)}\n");
        }

        foreach (var left in status.Machines.Where(machine => machine.ReleaseBlocked is not null))
        {
            text.Append(
                $"not released: {left.Hostname}: {left.ReleaseBlocked} `gantry cluster abandon-machine {cluster.Name} {left.Hostname}` "
                    + "lets go of it\n"
            );
        }

        foreach (var cut in status.Machines.Where(machine => machine.DrainCut is not null))
        {
            text.Append($"drain ended at its limit: {cut.Hostname}: {cut.DrainCut}\n");
        }

        if (status.Repave is { } repave)
        {
            text.Append(
                $"approval needed: {Counted.Of(repave.Machines.Count, "replacement")}; "
                    + $"`gantry cluster repave status {cluster.Name}` shows the reasons\n"
            );
        }

        if (status is { Backends: { Belong.Count: > 0 } or { Remove.Count: > 0 } })
        {
            var backends = status.Backends;
            text.Append($"behind {status.Endpoint?.Host}:{status.Endpoint?.Port} belong {string.Join(", ", backends.Belong)}");
            text.Append(backends.Add.Count > 0 ? $"; never met there: {string.Join(", ", backends.Add)}" : "");
            text.Append(backends.Remove.Count > 0 ? $"; to take away: {string.Join(", ", backends.Remove)}" : "");
            text.Append('\n');
        }

        foreach (var drift in status.Drift)
        {
            text.Append($"changed in MAAS: {drift.Hostname}: {drift.What}; {drift.Effect}\n");
        }

        foreach (var left in status.Residue)
        {
            text.Append($"not released yet: {left}\n");
        }

        if (status is { Phase: ClusterPhases.Deleted, Residue.Count: > 0 })
        {
            text.Append($"`gantry cluster residue {cluster.Name}` shows how to dismiss it\n");
        }

        return text.ToString();
    }

    private static string Nodes(IReadOnlyList<PoolMeta> pools) =>
        $"{pools.Sum(pool => pool.Healthy)}/{pools.Sum(pool => pool.Size)}";

    private static string State(SummaryStatus status) =>
        status.Residue is > 0 and var left ? $"{status.State}, left {Counted.Of(left, "thing")}" : status.State;

    public static string? Age(DateTimeOffset? since, DateTimeOffset now) => since is { } at ? Durations.Short(now - at) : null;
}
