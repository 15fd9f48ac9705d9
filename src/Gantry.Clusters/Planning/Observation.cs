namespace Gantry.Clusters.Planning;

/// <summary>
/// What an observation says of one thing: it is there, it is not there, or nobody could tell. Only the first two may
/// lead to a disruptive step.
/// </summary>
public abstract record Observation<T>
{
    private Observation() { }

    public sealed record Present(T Value) : Observation<T>;

    public sealed record Absent : Observation<T>;

    /// <param name="Reason">Half a sentence: why the observation failed.</param>
    public sealed record Unknown(string Reason) : Observation<T>;

    /// <summary>The value when there is one.</summary>
    public T? ValueOrDefault => this is Present present ? present.Value : default;

    public bool IsPresent => this is Present;

    public bool IsAbsent => this is Absent;
}
