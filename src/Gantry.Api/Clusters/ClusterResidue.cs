namespace Gantry.Api;

/// <summary>Records that a person has taken care of what a deletion left.</summary>
/// <param name="By">E-mail address of the person.</param>
/// <param name="Items">What was left.</param>
public sealed record ResidueDismissal(DateTimeOffset At, string By, IReadOnlyList<string> Items);

/// <param name="Items">What the deletion could not give back.</param>
/// <param name="Dismissed">Oldest first.</param>
public sealed record ResidueAnswer(IReadOnlyList<string> Items, IReadOnlyList<ResidueDismissal> Dismissed);
