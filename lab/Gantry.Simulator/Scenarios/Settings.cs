namespace Gantry.Simulator.Scenarios;

/// <summary>What may go wrong, family by family.</summary>
[Flags]
public enum FaultFamilies
{
    None = 0,

    /// <summary>The gateway's process ends between any two calls, before or after a call takes effect.</summary>
    Kill = 1,

    /// <summary>A call, or its answer, is lost.</summary>
    Lost = 2,

    /// <summary>A call takes effect after its caller has given up.</summary>
    Late = 4,

    /// <summary>A call is delivered twice.</summary>
    Twice = 8,

    /// <summary>503, 409 and time-outs, alone and in storms.</summary>
    Errors = 16,

    /// <summary>Machines fail at every stage of their life.</summary>
    Machines = 32,

    /// <summary>A BMC does not say whether the power is on.</summary>
    Power = 64,

    /// <summary>No way between the gateway and MAAS, a cluster or the console.</summary>
    Partitions = 128,

    /// <summary>The gateway's clock jumps.</summary>
    Clock = 256,

    /// <summary>People change MAAS behind our back.</summary>
    Outside = 512,

    /// <summary>The console is put back to a backup.</summary>
    Restore = 1024,

    /// <summary>A member of etcd has a full or slow disk while its node stays Ready.</summary>
    Etcd = 2048,

    All = 4095,
}

/// <summary>How large a simulated run is and what may happen in it.</summary>
public sealed record Settings
{
    public int Clusters { get; init; } = 5;

    public int Machines { get; init; } = 60;

    public double Hours { get; init; } = 24;

    public FaultFamilies Faults { get; init; } = FaultFamilies.All;
}
