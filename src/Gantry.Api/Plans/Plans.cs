namespace Gantry.Api;

/// <summary>A plan: the steps that would be done, in order, with reasons. Planning changes nothing.</summary>
/// <param name="Hash">Covers the desired state and everything that the plan rests on; apply the plan under this hash.</param>
/// <param name="Pending">What the plan waits for; sentences.</param>
/// <param name="Blockers">Why the desired state cannot be reached now, and what would help.</param>
/// <param name="Machines">The change of each machine in the plan.</param>
public sealed record PlanAnswer(
    string Hash,
    IReadOnlyList<PlanStepView> Steps,
    IReadOnlyList<string> Pending,
    IReadOnlyList<BlockerView> Blockers,
    IReadOnlyList<MachineChangeView>? Machines = null
)
{
    /// <summary>Median duration of similar changes; absent while nothing is known.</summary>
    public double? ExpectedSeconds { get; init; }

    /// <summary>95th percentile of the duration of similar changes.</summary>
    public double? SlowSeconds { get; init; }

    /// <summary>
    /// What gets worse by the change, such as the spread of a pool over zones, and what operators changed in MAAS before it; absent
    /// when there is nothing.
    /// </summary>
    public IReadOnlyList<string>? Warnings { get; init; }
}

/// <summary>A step of a plan.</summary>
public sealed record PlanStepView
{
    /// <summary><c>+</c> add, <c>-</c> remove, <c>~</c> change in place.</summary>
    [OneOf(typeof(StepSymbols))]
    public required string Symbol { get; init; }

    /// <summary>A step of the engine, for example <c>Deploy</c>.</summary>
    public required string Action { get; init; }

    /// <summary>System id.</summary>
    public string? Machine { get; init; }

    public string? Hostname { get; init; }

    public string? Pool { get; init; }

    public string? Zone { get; init; }

    /// <summary>A sentence.</summary>
    public required string Reason { get; init; }

    /// <summary>Whether the step takes away something that may be in use.</summary>
    public bool Disruptive { get; init; }

    /// <summary>Median duration of this step and what follows from it on similar machines.</summary>
    public double? ExpectedSeconds { get; init; }

    /// <summary>95th percentile of that duration.</summary>
    public double? SlowSeconds { get; init; }
}

/// <summary>The change of one machine.</summary>
public sealed record MachineChangeView
{
    /// <summary><c>+</c> add, <c>-</c> remove, <c>~</c> change in place, <c>-/+</c> replace by another machine.</summary>
    [OneOf(typeof(MachineSymbols))]
    public required string Symbol { get; init; }

    public required string Hostname { get; init; }

    /// <summary>Host name of the machine that takes its place.</summary>
    public string? ReplacedBy { get; init; }

    public required string Pool { get; init; }

    public required string Zone { get; init; }

    public bool Disruptive { get; init; }

    /// <summary>A sentence.</summary>
    public required string Reason { get; init; }
}

/// <summary>Why a desired state cannot be reached now, and what would make it reachable.</summary>
/// <param name="Reason">CamelCase and stable, for example <c>TooFewMachines</c>.</param>
/// <param name="Message">A sentence.</param>
public sealed record BlockerView(string Reason, string Message);

/// <summary>Kinds of step.</summary>
public static class StepSymbols
{
    public const string Add = "+";
    public const string Remove = "-";
    public const string Change = "~";
}

/// <summary>Kinds of change of a machine.</summary>
public static class MachineSymbols
{
    public const string Add = "+";
    public const string Remove = "-";
    public const string Change = "~";
    public const string Replace = "-/+";
}
