using System.Collections.Concurrent;
using Gantry.Clusters.Model;
using Microsoft.Extensions.Logging;

namespace Gantry.Gateway.Limits;

/// <summary>Recent refusals by the gateway's limits, for the status of the clusters.</summary>
public sealed class LimitNotes(TimeProvider time, ILogger log)
{
    internal const string ConditionType = "WithinGatewayLimits";
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(65);

    private readonly ConcurrentDictionary<SystemId, Note> _refused = new();
    private readonly ConcurrentDictionary<AccountId, Note> _hidden = new();

    public void Refused(SystemId machine, string message)
    {
        GatewayMetrics.Refused();
        if (_refused.GetValueOrDefault(machine)?.Message != message)
        {
            log.LimitRefuses(machine.Value, message);
        }

        _refused.AddOrUpdate(
            machine,
            _ => new Note(message, time.GetUtcNow(), time.GetUtcNow()),
            (_, known) => new Note(message, known.Since, time.GetUtcNow())
        );
    }

    public void Allowed(SystemId machine) => _refused.TryRemove(machine, out _);

    /// <param name="count">Free machines of the account that are hidden.</param>
    /// <param name="example">Why one of them is hidden.</param>
    public void Hides(AccountId account, int count, string? example)
    {
        if (count is 0 || example is null)
        {
            _hidden.TryRemove(account, out _);
            return;
        }

        var message = $"{count} free machines are not offered to clusters; for example {example}.";
        _hidden.AddOrUpdate(
            account,
            _ => new Note(message, time.GetUtcNow(), time.GetUtcNow()),
            (_, known) => new Note(message, known.Since, time.GetUtcNow())
        );
    }

    /// <summary>The status with a condition for what the limits prevent; unchanged when they prevent nothing.</summary>
    public ClusterStatus AddTo(ClusterStatus status, AccountId? account)
    {
        var oldest = time.GetUtcNow() - Kept;
        var note = status
            .Machines.Select(machine => _refused.GetValueOrDefault(machine.SystemId))
            .FirstOrDefault(note => note?.Last > oldest);
        if (note is null && account is { } of && LacksMachines(status))
        {
            note = _hidden.GetValueOrDefault(of);
        }

        return note is null
            ? status
            : status with
            {
                Conditions =
                [
                    .. status.Conditions,
                    new ClusterCondition(ConditionType, ConditionStatus.False, "GatewayLimits", note.Message, note.Since),
                ],
            };
    }

    private static bool LacksMachines(ClusterStatus status) =>
        status.Conditions.Any(condition => condition is { Type: "MachinesAvailable", Status: ConditionStatus.False });

    private sealed record Note(string Message, DateTimeOffset Since, DateTimeOffset Last);
}
