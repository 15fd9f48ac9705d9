namespace Gantry.Clusters.Planning;

/// <summary>
/// The result of observing one thing: present, absent or unknown. Only the first two may lead to a disruptive step.
/// </summary>
public abstract record Observation<T>
{
    private Observation() { }

    public sealed record Present(T Value) : Observation<T>;

    public sealed record Absent : Observation<T>;

    /// <param name="Reason">Why the observation failed, as a clause without a full stop.</param>
    public sealed record Unknown(string Reason) : Observation<T>;

    /// <summary>The value when there is one.</summary>
    public T? ValueOrDefault => this is Present present ? present.Value : default;

    public bool IsPresent => this is Present;

    public bool IsAbsent => this is Absent;
}
