using System.Diagnostics.CodeAnalysis;

namespace Gantry.Clusters.Model;

public enum TaintEffect
{
    NoSchedule,
    PreferNoSchedule,
    NoExecute,
}

/// <summary>
/// Keeps pods without a matching toleration off the nodes of a pool. Written in the form of <c>kubectl taint</c>:
/// <c>gpu=yes:NoSchedule</c>.
/// </summary>
public sealed record Taint(LabelKey Key, LabelValue Value, TaintEffect Effect) : ITextValue<Taint>
{
    public static string Is => "a taint";

    public static string Write => "gpu=yes:NoSchedule (or PreferNoSchedule, NoExecute)";

    /// <exception cref="FormatException">The text is not a taint; the message names it and the expected form.</exception>
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

    /// <summary>Accepts exactly the name of an effect, and no number.</summary>
    public static bool TryParseEffect(string? text, out TaintEffect effect) =>
        Enum.TryParse(text, out effect) && Enum.IsDefined(effect) && effect.ToString() == text;

    public override string ToString() => Value.Value.Length is 0 ? $"{Key}:{Effect}" : $"{Key}={Value}:{Effect}";
}
