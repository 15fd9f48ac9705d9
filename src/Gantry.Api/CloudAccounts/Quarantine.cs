namespace Gantry.Api;

/// <summary>A machine that failed and is not selected until a person clears it.</summary>
public sealed record QuarantinedMachine
{
    /// <summary>System id.</summary>
    public required string Machine { get; init; }

    public required string Hostname { get; init; }

    /// <summary>Uid of the cluster that the machine failed in; empty when it was in none.</summary>
    public required string Cluster { get; init; }

    /// <summary>Absent once the console no longer keeps the cluster.</summary>
    public string? ClusterName { get; init; }

    public required string Reason { get; init; }

    /// <summary>Status message and newest events of MAAS, newest first.</summary>
    public required IReadOnlyList<string> Evidence { get; init; }

    public DateTimeOffset At { get; init; }
}

/// <param name="Reason">Why, in a sentence; who asked for it when it is left out.</param>
public sealed record QuarantineInput(string? Reason);
