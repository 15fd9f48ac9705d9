using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>One value for everything that is applied to a cluster, in order; another value means: apply again.</summary>
public static class AddonDigest
{
    private static readonly string[] Order = ["network", "storage"];

    /// <summary>Network first, then storage, then the rest; within a layer as the spec lists them.</summary>
    public static IReadOnlyList<AddonLayer> InOrder(IReadOnlyList<AddonLayer> addons) =>
        [.. addons.OrderBy(addon => Rank(addon.Layer))];

    private static readonly ConditionalWeakTable<IReadOnlyList<AddonLayer>, string> Made = new();

    public static string Of(ClusterSpec cluster) => Made.GetValue(cluster.Addons, Make);

    private static string Make(IReadOnlyList<AddonLayer> addons)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var addon in InOrder(addons))
        {
            foreach (var part in new[] { addon.Name, addon.Version, addon.Layer, addon.Manifest })
            {
                hash.AppendData(Encoding.UTF8.GetBytes(part));
                hash.AppendData([0]);
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }

    private static int Rank(string layer)
    {
        // Palette calls the network layer "cni" and the storage layer "csi".
        var known = layer.ToLowerInvariant() switch
        {
            "cni" => "network",
            "csi" => "storage",
            var other => other,
        };
        var rank = Array.IndexOf(Order, known);
        return rank < 0 ? Order.Length : rank;
    }
}
