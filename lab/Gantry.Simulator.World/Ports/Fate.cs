namespace Gantry.Simulator.Ports;

/// <summary>What becomes of one call.</summary>
public enum Fate
{
    Arrives,

    /// <summary>It never arrives; the caller gives up after its time.</summary>
    Lost,

    /// <summary>It takes effect, and the answer is lost.</summary>
    AnswerLost,

    /// <summary>The caller gives up, and then it takes effect.</summary>
    Late,

    /// <summary>It arrives twice; the caller gets the second answer.</summary>
    Twice,

    /// <summary>The other side is overloaded and does nothing.</summary>
    Unavailable,

    /// <summary>The other side is busy with something else and refuses.</summary>
    Conflict,

    /// <summary>The process ends before the call leaves it.</summary>
    KilledBefore,

    /// <summary>The process ends when the call has taken effect.</summary>
    KilledAfter,

    /// <summary>There is no way to the other side.</summary>
    Partitioned,
}
