namespace Gantry.Simulator.Scenarios;

/// <summary>Fault families.</summary>
[Flags]
public enum FaultFamilies
{
    None = 0,

    /// <summary>The gateway's process is killed between any two calls, before or after a call takes effect.</summary>
    Kill = 1,

    /// <summary>A call, or its answer, is lost.</summary>
    Lost = 2,

    /// <summary>A call takes effect after its caller has timed out.</summary>
    Late = 4,

    /// <summary>A call is delivered twice.</summary>
    Twice = 8,

    /// <summary>503, 409 and timeouts, alone and in storms.</summary>
    Errors = 16,

    /// <summary>Machines fail at every stage of their life.</summary>
    Machines = 32,

    /// <summary>A BMC does not report the power state.</summary>
    Power = 64,

    /// <summary>The gateway cannot reach MAAS, a cluster or the console.</summary>
    Partitions = 128,

    /// <summary>The gateway's clock jumps.</summary>
    Clock = 256,

    /// <summary>Operators change MAAS directly.</summary>
    Outside = 512,

    /// <summary>The console is restored to a backup.</summary>
    Restore = 1024,

    /// <summary>An etcd member has a full or slow disk while its node stays Ready.</summary>
    Etcd = 2048,

    /// <summary>The cloud account has the key of another MAAS user for a while.</summary>
    Key = 4096,

    /// <summary>The gateway's ledger is lost, or put back to a backup.</summary>
    Ledger = 8192,

    /// <summary>A second gateway runs on a copy of the data folder.</summary>
    Copy = 16384,

    /// <summary>Endpoints are given, and their operators set the addresses behind them by hand: late, too few, or none.</summary>
    Balancer = 32768,

    /// <summary>MAAS takes up a call, or a question, after two minutes.</summary>
    Hang = 65536,

    /// <summary>Every family, each seed some of them.</summary>
    All = 131071,
}

/// <summary>The size of a simulated run and its faults.</summary>
public sealed record Settings
{
    public int Clusters { get; init; } = 5;

    public int Machines { get; init; } = 60;

    public double Hours { get; init; } = 24;

    public FaultFamilies Faults { get; init; } = FaultFamilies.All;
}
