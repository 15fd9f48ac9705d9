using Gantry.Clusters.Model;

namespace Gantry.Server.Clusters;

/// <summary>Gateways' reports in the form of the public API.</summary>
internal static class ReportedViews
{
    public static ReportedStatus Status(ClusterStatus status) =>
        new()
        {
            Id = status.Id.Value,
            ObservedGeneration = status.ObservedGeneration,
            Phase = status.Phase.ToString(),
            Health = status.Health.ToString(),
            Message = status.Message,
            Progress = status.Progress,
            Conditions = [.. status.Conditions.Select(Condition)],
            Machines = [.. status.Machines.Select(Machine)],
            Endpoint = status.Endpoint is { } endpoint ? new ApiEndpointView(endpoint.Host, endpoint.Port) : null,
            KubernetesVersion = status.KubernetesVersion?.ToString(),
            Residue = status.Residue,
            Repave = status.Repave is { } repave ? Repave(repave) : null,
            Drift =
            [
                .. status.Drift.Select(note => new ReportedDrift(note.Machine.Value, note.Hostname, note.What, note.Effect)),
            ],
            Backends = status.Backends is { } known
                ? new ReportedBackends(known.Belong, known.Reached, known.Add, known.Remove)
                : null,
            ReportedAt = status.ReportedAt,
        };

    /// <summary>The kind of a stored event in the public API's form; earlier versions stored Seen and Done.</summary>
    public static string EventKind(string kind) =>
        kind switch
        {
            "Planned" => EventKinds.Planned,
            "Done" or "Completed" => EventKinds.Completed,
            "Result" => EventKinds.Result,
            _ => EventKinds.Observed,
        };

    private static ReportedCondition Condition(ClusterCondition condition) =>
        new(condition.Type, condition.Status.ToString(), condition.Reason, condition.Message, condition.LastTransition);

    private static ReportedRepave Repave(RepaveNeed need) =>
        new(
            need.Hash,
            [.. need.Reasons.Select(one => new ReportedRepaveReason(one.Code, one.Message, one.From, one.To))],
            need.Machines
        );

    private static ReportedMachine Machine(MachineStatus machine) =>
        new()
        {
            SystemId = machine.SystemId.Value,
            Hostname = machine.Hostname,
            Pool = machine.Pool.Value,
            Role = machine.Role.ToString(),
            Zone = machine.Zone,
            ResourcePool = machine.ResourcePool,
            State = machine.State,
            Stage = machine.Stage,
            StateSince = machine.StateSince,
            Addresses = machine.Addresses,
            NodeReady = machine.NodeReady,
            Problems = machine.Problems,
            KubernetesVersion = machine.KubernetesVersion,
            CpuCount = machine.CpuCount,
            MemoryMiB = machine.MemoryMiB,
            Tags = machine.Tags,
            PowerState = machine.PowerState,
            ReleaseBlocked = machine.ReleaseBlocked,
            DrainCut = machine.DrainCut,
            StaleReasons = machine.StaleReasons,
            CertificatesUntil = machine.CertificatesUntil,
        };
}
