using k8s.Models;

namespace Gantry.Engine.Workloads;

/// <summary>Evaluates label selectors as the API server does.</summary>
internal static class LabelSelectors
{
    /// <summary>Whether the selector matches the labels. A missing selector matches nothing, an empty one everything.</summary>
    public static bool Matches(V1LabelSelector? selector, IDictionary<string, string>? labels)
    {
        if (selector is null)
        {
            return false;
        }

        var there = labels ?? new Dictionary<string, string>();
        return (selector.MatchLabels ?? new Dictionary<string, string>()).All(label =>
                there.TryGetValue(label.Key, out var value) && value == label.Value
            ) && (selector.MatchExpressions ?? []).All(term => Holds(term, there));
    }

    private static bool Holds(V1LabelSelectorRequirement term, IDictionary<string, string> labels)
    {
        var has = labels.TryGetValue(term.Key, out var value);
        return term.OperatorProperty switch
        {
            "In" => has && term.Values?.Contains(value!) is true,
            "NotIn" => !has || term.Values?.Contains(value!) is not true,
            "Exists" => has,
            "DoesNotExist" => !has,
            _ => false,
        };
    }
}
