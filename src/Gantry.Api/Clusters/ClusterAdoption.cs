namespace Gantry.Api;

/// <param name="Items">Host names of the machines that the gateway takes into its ledger; none when it knows all of them.</param>
public sealed record AdoptionAnswer(IReadOnlyList<string> Items);
