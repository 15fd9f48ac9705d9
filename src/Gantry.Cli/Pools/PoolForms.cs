using System.Diagnostics.CodeAnalysis;
using Gantry.Api;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Model;
using Model = Gantry.Clusters.Model;

namespace Gantry.Cli.Pools;

/// <param name="Value"><c>null</c> removes the label.</param>
public sealed record LabelEdit(string Key, string? Value)
{
    public string Sentence => Value is null ? $"no label {Key}" : $"label {Key}={Value}";
}

/// <param name="Effect"><c>null</c> removes every taint of the key.</param>
/// <param name="Remove">Whether the taint is removed.</param>
public sealed record TaintEdit(string Key, string Value, TaintEffect? Effect, bool Remove)
{
    public string Sentence =>
        $"{(Remove ? "no " : "")}taint {Key}{(Value.Length > 0 ? "=" + Value : "")}{(Effect is { } effect ? ":" + effect : "")}";
}

/// <summary>The update strategy of a pool, in the API's form.</summary>
public sealed record RollingChoice(string Type, string? MaxSurge = null, string? MaxUnavailable = null)
{
    public static RollingChoice ExpandFirst { get; } = new(UpdateStrategies.RollingUpdateScaleOut);

    public static RollingChoice ContractFirst { get; } = new(UpdateStrategies.RollingUpdateScaleIn);

    public string Sentence =>
        Type switch
        {
            UpdateStrategies.RollingUpdateScaleOut => "rolling by expanding first",
            UpdateStrategies.RollingUpdateScaleIn => "rolling by contracting first",
            _ => $"rolling with surge {MaxSurge} and {MaxUnavailable} unavailable",
        };

    public static RollingChoice Of(string surge, string unavailable) => new(UpdateStrategies.OverrideScaling, surge, unavailable);
}

/// <summary>Fields of a pool that can be cleared.</summary>
public enum PoolField
{
    Labels,
    Taints,
    Zones,
    ResourcePool,
    Tags,
    NotTags,
    Architecture,
    DrainTimeout,
    Subnet,
}

/// <summary>The text forms of a pool's settings.</summary>
public static class PoolForms
{
    public static ValueForm<LabelEdit> Label { get; } =
        new("a label", "team=web, or team- to remove it", TryLabel) { HelpName = "KEY=VALUE" };

    public static ValueForm<TaintEdit> Taint { get; } =
        new("a taint", "gpu=yes:NoSchedule (or PreferNoSchedule, NoExecute), or gpu- or gpu:NoSchedule- to remove it", TryTaint)
        {
            HelpName = "KEY=VALUE:EFFECT",
        };

    public static ValueForm<RollingChoice> Rolling { get; } =
        new("a way to roll a pool", "expand-first, contract-first or surge=1,unavailable=0", TryRolling)
        {
            Choices = ["expand-first", "contract-first", "surge=1,unavailable=0"],
            HelpName = "HOW",
        };

    /// <summary>A number of machines, or a share of the pool.</summary>
    public static ValueForm<MachineAmount> Amount { get; } = ValueForms.Of<MachineAmount>("N");

    public static ValueForm<ErasePolicy> Erase { get; } =
        ValueForms.Words(
            "an erase policy",
            "POLICY",
            ("none", ErasePolicy.None),
            ("quick", ErasePolicy.Quick),
            ("secure", ErasePolicy.Secure),
            ("full", ErasePolicy.Full)
        );

    /// <summary>The network of a pool's nodes.</summary>
    public static ValueForm<NetworkSelector> Subnet { get; } = ValueForms.Of<NetworkSelector>("NETWORK");

    public static ValueForm<PoolField> Clear { get; } =
        ValueForms.Words(
            "a pool field that can be cleared",
            "PART",
            ("labels", PoolField.Labels),
            ("taints", PoolField.Taints),
            ("zones", PoolField.Zones),
            ("resource-pool", PoolField.ResourcePool),
            ("tags", PoolField.Tags),
            ("not-tags", PoolField.NotTags),
            ("arch", PoolField.Architecture),
            ("drain-timeout", PoolField.DrainTimeout),
            ("subnet", PoolField.Subnet)
        );

    private static bool TryLabel(string text, [MaybeNullWhen(false)] out LabelEdit label)
    {
        var at = text.IndexOfAny(['=', ':']);
        label = at switch
        {
            > 0 => new LabelEdit(text[..at], text[(at + 1)..]),
            < 0 when text.EndsWith('-') => new LabelEdit(text[..^1], null),
            _ => null,
        };
        return label is not null && LabelKey.TryParse(label.Key, out _) && LabelValue.TryParse(label.Value ?? "", out _);
    }

    // A colon replaces the equals sign in a pool given as one value, where the equals sign separates settings.
    private static bool TryTaint(string text, [MaybeNullWhen(false)] out TaintEdit taint)
    {
        var remove = text.EndsWith('-');
        var written = remove ? text[..^1] : text;
        var colons = written.Split(':');
        taint =
            Model.Taint.TryParse(colons.Length is 3 ? $"{colons[0]}={colons[1]}:{colons[2]}" : written, out var whole)
                ? new TaintEdit(whole.Key.Value, whole.Value.Value, whole.Effect, remove)
            : remove && LabelKey.TryParse(written, out var key) ? new TaintEdit(key.Value, "", null, Remove: true)
            : null;
        return taint is not null;
    }

    private static bool TryRolling(string text, [MaybeNullWhen(false)] out RollingChoice rolling)
    {
        rolling = text switch
        {
            "expand-first" => RollingChoice.ExpandFirst,
            "contract-first" => RollingChoice.ContractFirst,
            _ => null,
        };
        if (rolling is not null)
        {
            return true;
        }

        var (surge, unavailable) = (default(MachineAmount), default(MachineAmount));
        foreach (var part in text.Split(','))
        {
            switch (part.Split('='))
            {
                case ["surge", var amount] when MachineAmount.TryParse(amount, out var more):
                    surge = more;
                    break;
                case ["unavailable", var amount] when MachineAmount.TryParse(amount, out var fewer):
                    unavailable = fewer;
                    break;
                default:
                    return false;
            }
        }

        rolling = RollingChoice.Of($"{surge}", $"{unavailable}");
        return !surge.IsZero || !unavailable.IsZero;
    }
}
