using System.Diagnostics.CodeAnalysis;

namespace Gantry.Clusters.Model;

public enum TaintEffect
{
    NoSchedule,
    PreferNoSchedule,
    NoExecute,
}

/// <summary>
/// Keeps pods that do not tolerate it away from the nodes of a pool. Written as <c>kubectl taint</c> takes it:
/// <c>gpu=yes:NoSchedule</c>.
/// </summary>
public sealed record Taint(LabelKey Key, LabelValue Value, TaintEffect Effect) : ITextValue<Taint>
{
    public static string Is => "a taint";

    public static string Write => "gpu=yes:NoSchedule (or PreferNoSchedule, NoExecute)";

    /// <exception cref="FormatException">Names the text, and what to write instead.</exception>
    public static Taint Parse(string? text) => TextValue.Parse<Taint>(text);

    public static bool TryParse([NotNullWhen(true)] string? text, [MaybeNullWhen(false)] out Taint value)
    {
        value = null;
        var colon = (text ?? "").LastIndexOf(':');
        if (colon < 0 || !TryParseEffect(text![(colon + 1)..], out var effect))
        {
            return false;
        }

        var equals = text.IndexOf('=', StringComparison.Ordinal) is var at and >= 0 && at < colon ? at : colon;
        value =
            LabelKey.TryParse(text[..equals], out var key)
            && LabelValue.TryParse(text[Math.Min(equals + 1, colon)..colon], out var content)
                ? new Taint(key, content, effect)
                : null;
        return value is not null;
    }

    /// <summary>Exactly the name of an effect: a number is none.</summary>
    public static bool TryParseEffect(string? text, out TaintEffect effect) =>
        Enum.TryParse(text, out effect) && Enum.IsDefined(effect) && effect.ToString() == text;

    public override string ToString() => Value.Value.Length is 0 ? $"{Key}:{Effect}" : $"{Key}={Value}:{Effect}";
}
