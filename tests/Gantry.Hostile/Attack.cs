namespace Gantry.Hostile;

/// <summary>One thing that a hostile side tries.</summary>
/// <param name="Name">As SECURITY.md lists it.</param>
/// <param name="TryAsync">Tries it. Returns what got through, as a sentence; <c>null</c> when it was refused.</param>
public sealed record Attack<T>(string Name, Func<T, CancellationToken, Task<string?>> TryAsync)
{
    public override string ToString() => Name;
}
