using System.Runtime.CompilerServices;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Tests.Planning;

public sealed class MachineStatesDocumentTests
{
    [Fact]
    public void The_document_shows_the_table_that_the_code_uses() =>
        Assert.Equal(
            MachineLife.Transitions.Select(transition => $"| `{transition.From}` | `{transition.To}` | {transition.Cause} |"),
            Lines()
                .Where(line =>
                    line.StartsWith("| `", StringComparison.Ordinal) && line.Split('|')[2].Contains('`', StringComparison.Ordinal)
                )
        );

    [Fact]
    public void The_document_describes_every_state() =>
        Assert.Equal(
            Enum.GetNames<MachineState>(),
            Lines()
                .SkipWhile(line => line != "## States")
                .TakeWhile(line => line != "## Transitions")
                .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
                .Select(line => line.Split('`')[1])
        );

    [Fact]
    public void Only_the_state_Released_has_no_successor() =>
        Assert.Equal(
            [MachineState.Released],
            Enum.GetValues<MachineState>().Where(state => MachineLife.Transitions.All(transition => transition.From != state))
        );

    private static string[] Lines([CallerFilePath] string here = "") =>
        File.ReadAllLines(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "docs", "machine-states.md"));
}
