using Gantry.Clusters.Model;
using Microsoft.Extensions.Logging;

namespace Gantry.Engine;

/// <summary>
/// Log messages of the engine, with event ids 1000 to 1999. Types that hold a secret print a mask, so exceptions are logged
/// whole.
/// </summary>
internal static partial class EngineLog
{
    [LoggerMessage(
        1001,
        LogLevel.Information,
        "The engine starts with ledger {Ledger}: {Clusters} clusters, {Quarantined} machines in quarantine"
    )]
    public static partial void Started(this ILogger log, string ledger, int clusters, int quarantined);

    [LoggerMessage(1002, LogLevel.Information, "The engine stops")]
    public static partial void Ended(this ILogger log);

    [LoggerMessage(
        1003,
        LogLevel.Error,
        "The record of cluster {Uid} cannot be read ({Why}); the cluster is not reconciled, and its {Machines} machines are not "
            + "given to other clusters"
    )]
    public static partial void RecordUnreadable(this ILogger log, ClusterId uid, string why, int machines);

    [LoggerMessage(1004, LogLevel.Warning, "The durations in the ledger cannot be read; they are measured again")]
    public static partial void TimingsUnreadable(this ILogger log, Exception failure);

    [LoggerMessage(1010, LogLevel.Debug, "Cluster {Cluster} ({Uid}): reconcile of generation {Generation} starts")]
    public static partial void ReconcileBegins(this ILogger log, DnsLabel cluster, ClusterId uid, long generation);

    [LoggerMessage(
        1011,
        LogLevel.Debug,
        "Cluster {Cluster} ({Uid}): reconcile ends as {Outcome} after {Milliseconds} ms, {Done} of {Steps} steps "
            + "done, next reconcile in {RequeueAfter}"
    )]
    public static partial void ReconcileEnds(
        this ILogger log,
        DnsLabel cluster,
        ClusterId uid,
        string outcome,
        double milliseconds,
        int done,
        int steps,
        TimeSpan? requeueAfter
    );

    [LoggerMessage(1012, LogLevel.Warning, "Cluster {Cluster} ({Uid}): MAAS call failed with {Failure}")]
    public static partial void RegionFailed(
        this ILogger log,
        Exception exception,
        DnsLabel cluster,
        ClusterId uid,
        string failure
    );

    [LoggerMessage(1013, LogLevel.Warning, "Cluster {Cluster} ({Uid}): call to the cluster's API failed")]
    public static partial void WorkloadFailed(this ILogger log, Exception exception, DnsLabel cluster, ClusterId uid);

    [LoggerMessage(1014, LogLevel.Error, "Cluster {Cluster} ({Uid}): reconcile failed; it is retried")]
    public static partial void ReconcileFailed(this ILogger log, Exception exception, DnsLabel cluster, ClusterId uid);

    [LoggerMessage(1015, LogLevel.Error, "Cluster {Uid}: the result of a reconcile was lost")]
    public static partial void ResultLost(this ILogger log, Exception exception, ClusterId uid);

    [LoggerMessage(1020, LogLevel.Debug, "Cluster {Cluster} ({Uid}): step {Step} of {Machine} ends as {Outcome}: {Reason}")]
    public static partial void StepExecuted(
        this ILogger log,
        DnsLabel cluster,
        ClusterId uid,
        string step,
        SystemId? machine,
        string outcome,
        string reason
    );

    [LoggerMessage(1021, LogLevel.Information, "Cluster {Cluster} ({Uid}): {Reason}{Machine}: {Message}")]
    public static partial void Recorded(
        this ILogger log,
        DnsLabel cluster,
        ClusterId uid,
        string reason,
        string machine,
        string message
    );

    [LoggerMessage(1022, LogLevel.Warning, "Cluster {Cluster} ({Uid}): {Reason}{Machine}: {Message}")]
    public static partial void RecordedWarning(
        this ILogger log,
        DnsLabel cluster,
        ClusterId uid,
        string reason,
        string machine,
        string message
    );

    [LoggerMessage(
        1030,
        LogLevel.Information,
        "Cluster {Cluster}: placement chooses {Hostname} ({Machine}) for pool {Pool}, intent {Intent}"
    )]
    public static partial void MachineChosen(
        this ILogger log,
        DnsLabel cluster,
        string hostname,
        SystemId machine,
        DnsLabel pool,
        string? intent
    );

    [LoggerMessage(1032, LogLevel.Warning, "Cluster {Cluster}: MAAS shows {Hostname} as taken by another allocation, {Intent}")]
    public static partial void TakenElsewhere(this ILogger log, DnsLabel cluster, string hostname, string intent);

    [LoggerMessage(
        1033,
        LogLevel.Warning,
        "Cluster {Cluster}: {Hostname} was given back and taken again by somebody else with the account's user"
    )]
    public static partial void TakenByHand(this ILogger log, DnsLabel cluster, string hostname);
}
