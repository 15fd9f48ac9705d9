namespace Gantry.Simulator.Ports;

/// <summary>The fate of one call.</summary>
public enum Fate
{
    Arrives,

    /// <summary>The call never arrives; the caller times out.</summary>
    Lost,

    /// <summary>The call takes effect, and its answer is lost.</summary>
    AnswerLost,

    /// <summary>The caller times out, and the call takes effect afterwards.</summary>
    Late,

    /// <summary>The peer takes the call up after two minutes, and answers then.</summary>
    Held,

    /// <summary>The call arrives twice; the caller gets the second answer.</summary>
    Twice,

    /// <summary>The peer is overloaded and does nothing.</summary>
    Unavailable,

    /// <summary>The peer refuses because of a conflicting operation.</summary>
    Conflict,

    /// <summary>The process is killed before it sends the call.</summary>
    KilledBefore,

    /// <summary>The process is killed after the call has taken effect.</summary>
    KilledAfter,

    /// <summary>The peer is unreachable.</summary>
    Partitioned,
}
