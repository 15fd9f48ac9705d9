using System.Text.Json.Nodes;

namespace Gantry.Scenarios.Killing;

/// <summary>The lab's own history of its machines, which no part of Gantry writes.</summary>
internal sealed class LabRecord
{
    private readonly IReadOnlyList<(string What, string Machine)> _entries;

    private LabRecord(IReadOnlyList<(string, string)> entries) => _entries = entries;

    public int Length => _entries.Count;

    public static async Task<LabRecord> ReadAsync(RunningGantry gantry) =>
        new([
            .. (await gantry.LabAsync("record")).AsArray().Select(entry => ((string)entry!["what"]!, (string)entry["systemId"]!)),
        ]);

    /// <summary>Number of entries of a kind after the first <paramref name="before"/> ones.</summary>
    public int Count(string what, int before) => _entries.Skip(before).Count(entry => entry.What == what);

    /// <summary>
    /// Asserts that each machine was released between two allocations, and deployed once in each.
    /// </summary>
    /// <returns>The machines that are held at the end.</returns>
    public IReadOnlyCollection<string> AssertNothingTwice()
    {
        var held = new Dictionary<string, bool>(StringComparer.Ordinal);
        foreach (var (what, machine) in _entries)
        {
            switch (what)
            {
                case "allocated":
                    Assert.False(held.ContainsKey(machine), $"{machine} was taken twice: {Of(machine)}");
                    held[machine] = false;
                    break;
                case "deploying":
                    Assert.False(held.GetValueOrDefault(machine), $"{machine} was deployed twice: {Of(machine)}");
                    held[machine] = true;
                    break;
                case "released":
                    held.Remove(machine);
                    break;
            }
        }

        return held.Keys;
    }

    private string Of(string machine) =>
        string.Join(", ", _entries.Where(entry => entry.Machine == machine).Select(entry => entry.What));
}
