namespace Gantry.Engine;

/// <summary>What became of a step or of an act on a machine.</summary>
public abstract record StepOutcome
{
    private StepOutcome() { }

    public static StepOutcome Finished { get; } = new Done();

    /// <summary>Finished, and an event was recorded that says more than the step.</summary>
    public static StepOutcome FinishedAndRecorded { get; } = new Done(Recorded: true);

    public sealed record Done(bool Recorded = false) : StepOutcome;

    /// <summary>Carried out as far as it goes; look again later.</summary>
    public sealed record Waiting(string Reason, string Message) : StepOutcome;

    /// <summary>It cannot be done now for a reason that is not ours to remove.</summary>
    public sealed record Refused(string Reason, string Message) : StepOutcome;
}
