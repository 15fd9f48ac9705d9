namespace Gantry.Console.Api;

/// <summary>Numbers with their noun.</summary>
public static class Counted
{
    /// <summary><c>1 cluster</c>, <c>2 clusters</c>.</summary>
    public static string Of(int count, string noun) => count is 1 ? $"1 {noun}" : $"{count} {noun}s";
}
