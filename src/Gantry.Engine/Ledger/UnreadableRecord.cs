using System.Text.RegularExpressions;
using Gantry.Clusters.Model;

namespace Gantry.Engine.Ledger;

/// <summary>
/// A cluster's record that is in the ledger and cannot be read: the file was damaged, or a later version wrote it. Nothing is
/// done for the cluster, the record stays as it is, and no other cluster takes the machines that it names.
/// </summary>
/// <param name="Phase">The phase that the record names; Pending when it names none.</param>
/// <param name="Machines">Every machine that the record names, so far as its text shows them.</param>
/// <param name="Why">What is wrong with the text, for the log.</param>
public sealed partial record UnreadableRecord(ClusterId Cluster, ClusterPhase Phase, ValueList<SystemId> Machines, string Why)
{
    internal static UnreadableRecord Of(string cluster, string text, string why) =>
        new(
            new ClusterId(cluster),
            Enum.TryParse<ClusterPhase>(PhaseText().Match(text).Groups["phase"].Value, out var phase)
                ? phase
                : ClusterPhase.Pending,
            [.. MachineText().Matches(text).Select(found => new SystemId(found.Groups["machine"].Value)).Distinct()],
            why
        );

    [GeneratedRegex("\"phase\"\\s*:\\s*\"(?<phase>[A-Za-z]+)\"", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex PhaseText();

    [GeneratedRegex("\"machine\"\\s*:\\s*\"(?<machine>[^\"]+)\"", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex MachineText();
}
