namespace Gantry.Engine;

/// <summary>The outcome of a step of a plan, or of an operation on a machine.</summary>
public abstract record StepOutcome
{
    private StepOutcome() { }

    public static StepOutcome Finished { get; } = new Done();

    /// <summary>The step is finished, and its executor has recorded a more precise event.</summary>
    public static StepOutcome FinishedAndRecorded { get; } = new Done(Recorded: true);

    public sealed record Done(bool Recorded = false) : StepOutcome;

    /// <summary>The step is not finished and is tried again at the next reconcile.</summary>
    public sealed record Waiting(string Reason, string Message) : StepOutcome;

    /// <summary>The step cannot be carried out until something outside Gantry changes.</summary>
    public sealed record Refused(string Reason, string Message) : StepOutcome;
}
