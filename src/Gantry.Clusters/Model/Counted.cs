namespace Gantry.Clusters.Model;

/// <summary>Numbers with their noun.</summary>
public static class Counted
{
    /// <summary><c>1 cluster</c>, <c>2 clusters</c>, and <c>0 clusters</c>.</summary>
    public static string Of(int count, string noun) => Of(count, noun, $"{noun}s");

    /// <summary><c>1 machine waits</c>, <c>2 machines wait</c>.</summary>
    public static string Of(int count, string one, string many) => $"{count} {(count is 1 ? one : many)}";
}
