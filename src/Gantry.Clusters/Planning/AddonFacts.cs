using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>The objects of a cluster's add-ons.</summary>
/// <param name="Wanted">What the desired layers bring.</param>
/// <param name="Applied">What layers have brought and nobody has pruned since.</param>
/// <param name="Missing">What the cluster lacked at the last look.</param>
public sealed record AddonFacts(ValueList<AddonObject> Wanted, ValueList<AddonObject> Applied, ValueList<AddonObject> Missing)
{
    public static AddonFacts None { get; } = new([], [], []);

    /// <summary>What no layer brings any more.</summary>
    public IEnumerable<AddonObject> Leftovers => Applied.ExceptBy(Wanted.Select(one => one.Identity), one => one.Identity);

    /// <summary>Both, each object once.</summary>
    public static ValueList<AddonObject> Union(IEnumerable<AddonObject> one, IEnumerable<AddonObject> other) =>
        [.. one.UnionBy(other, entry => entry.Identity)];
}
