using Gantry.Clusters.Model;
using Gantry.Simulator.World;

namespace Gantry.Simulator.Invariants;

/// <summary>No log, event, error or API answer contains a secret.</summary>
internal sealed class I7NoSecretIsPublished(Simulation run) : Invariant(run)
{
    private const int TokenId = 6;
    private const int TokenSecret = 16;

    private readonly HashSet<string> _clean = new(StringComparer.Ordinal);

    public override void Published(ClusterStatus status)
    {
        Text(status.Message);
        foreach (var condition in status.Conditions)
        {
            Text(condition.Message);
        }

        foreach (var machine in status.Machines)
        {
            Text(machine.Stage);
        }

        foreach (var left in status.Residue)
        {
            Text(left);
        }
    }

    public override void Text(string text)
    {
        // Texts repeat often, so a checked text is skipped.
        if (text.Length is 0 || _clean.Contains(text))
        {
            return;
        }

        if (text.Contains(Documents.Mark, StringComparison.Ordinal) || HoldsToken(text))
        {
            Broken($"a secret is told: {text}");
        }

        if (_clean.Count < 100_000)
        {
            _clean.Add(text);
        }
    }

    /// <summary>Whether the text contains a string in the format of a bootstrap token.</summary>
    private static bool HoldsToken(string text)
    {
        for (var dot = text.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = text.IndexOf('.', dot + 1))
        {
            if (
                dot >= TokenId
                && text.Length - dot > TokenSecret
                && IsToken(text.AsSpan(dot - TokenId, TokenId))
                && IsToken(text.AsSpan(dot + 1, TokenSecret))
            )
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsToken(ReadOnlySpan<char> part)
    {
        foreach (var letter in part)
        {
            if (!char.IsAsciiLetterLower(letter) && !char.IsAsciiDigit(letter))
            {
                return false;
            }
        }

        return true;
    }
}
