using System.Text.RegularExpressions;

namespace Gantry.Lab.Tests.Region;

/// <summary>
/// What the recordings call otherwise than the lab: ids that MAAS drew, keys that were taken out. Learned where a response first shows
/// them, and one to one.
/// </summary>
internal sealed partial class Names
{
    private readonly Dictionary<(string Kind, string Recorded), string> _toLab = [];
    private readonly Dictionary<(string Kind, string Lab), string> _toRecorded = [];

    /// <summary>Whether a name of the lab may stand for a recorded one.</summary>
    public bool Same(string kind, string recorded, string lab)
    {
        if (_toLab.TryGetValue((kind, recorded), out var known))
        {
            return known == lab;
        }

        if (_toRecorded.ContainsKey((kind, lab)))
        {
            return false;
        }

        Learn(kind, recorded, lab);
        return true;
    }

    public void Learn(string kind, string recorded, string lab)
    {
        _toLab[(kind, recorded)] = lab;
        _toRecorded[(kind, lab)] = recorded;
    }

    /// <summary>A recorded text with the lab's names in it.</summary>
    public string ToLab(string text) => Word().Replace(text, word => _toLab.GetValueOrDefault(("word", word.Value), word.Value));

    [GeneratedRegex("<[A-Za-z_]+>|[a-z0-9]{6}|[0-9a-f]{64}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Word();
}
