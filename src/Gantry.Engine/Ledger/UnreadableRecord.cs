using System.Text.RegularExpressions;
using Gantry.Clusters.Model;

namespace Gantry.Engine.Ledger;

/// <summary>
/// A cluster's record in the ledger that cannot be read: the file is damaged, or a later version wrote it. The cluster is not
/// reconciled, the record stays unchanged, and no other cluster takes the machines that it names.
/// </summary>
/// <param name="Phase">The phase found in the text; Pending when there is none.</param>
/// <param name="Machines">The machines found in the text.</param>
/// <param name="Why">Why the text cannot be read, for the log.</param>
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
