using Gantry.Hostile;

namespace Gantry.Architecture.Tests;

/// <summary>SECURITY.md lists what the hostile console and the hostile gateway try, by the same names and in the same order.</summary>
public sealed class ThreatModelTests
{
    public static TheoryData<string, IReadOnlyList<string>> Sides { get; } =
        new()
        {
            { "a hostile console tries", [.. ConsoleAttacks.All.Select(attack => attack.Name)] },
            { "a hostile gateway tries", [.. GatewayAttacks.All.Select(attack => attack.Name)] },
        };

    [Theory]
    [MemberData(nameof(Sides))]
    public void Each_attack_has_a_row_in_the_threat_model_and_each_row_an_attack(string title, IReadOnlyList<string> attacks)
    {
        var rows = RowsUnder(title);

        Assert.Equal(attacks, rows.Select(row => row[0]));
        Assert.All(rows, row => Assert.False(string.IsNullOrWhiteSpace(row[1]), $"'{row[0]}' names nothing that refuses it"));
        Assert.Equal(attacks.Count, attacks.Distinct(StringComparer.OrdinalIgnoreCase).Count());
    }

    /// <summary>The two cells of each row of the table whose first column has the title.</summary>
    private static List<string[]> RowsUnder(string title) =>
        [
            .. File.ReadAllLines(Path.Combine(Repository.Root, "SECURITY.md"))
                .SkipWhile(line => !line.StartsWith($"| {title} |", StringComparison.Ordinal))
                .Skip(2)
                .TakeWhile(line => line.StartsWith('|'))
                .Select(line => line.Trim('|').Split('|', 2, StringSplitOptions.TrimEntries)),
        ];
}
