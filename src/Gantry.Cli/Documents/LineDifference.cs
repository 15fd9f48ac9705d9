namespace Gantry.Cli.Documents;

/// <summary>The lines in which two texts differ, by their longest common subsequence. Pure.</summary>
public static class LineDifference
{
    /// <returns>Lines that go begin with <c>-</c>, lines that come with <c>+</c>.</returns>
    public static IReadOnlyList<string> Between(string before, string after)
    {
        var (was, becomes) = (Lines(before), Lines(after));
        var common = new int[was.Length + 1, becomes.Length + 1];
        for (var i = was.Length - 1; i >= 0; i--)
        {
            for (var j = becomes.Length - 1; j >= 0; j--)
            {
                common[i, j] = was[i] == becomes[j] ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);
            }
        }

        var lines = new List<string>();
        var (a, b) = (0, 0);
        while (a < was.Length || b < becomes.Length)
        {
            if (a < was.Length && b < becomes.Length && was[a] == becomes[b])
            {
                (a, b) = (a + 1, b + 1);
            }
            else if (b == becomes.Length || (a < was.Length && common[a + 1, b] >= common[a, b + 1]))
            {
                lines.Add($"- {was[a++]}");
            }
            else
            {
                lines.Add($"+ {becomes[b++]}");
            }
        }

        return lines;
    }

    private static string[] Lines(string text) => text.Length is 0 ? [] : text.TrimEnd('\n').Split('\n');
}
