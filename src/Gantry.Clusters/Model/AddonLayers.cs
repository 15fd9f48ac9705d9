using System.Collections;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gantry.Clusters.Model;

/// <param name="Manifest">Kubernetes objects as a YAML stream.</param>
public sealed record AddonLayer(string Name, string Version, string Layer, string Manifest);

/// <summary>The add-ons of a cluster as its profiles list them. Written to JSON as a plain array.</summary>
[CollectionBuilder(typeof(AddonLayers), nameof(Create))]
[JsonConverter(typeof(Converter))]
public sealed class AddonLayers : IReadOnlyList<AddonLayer>, IEquatable<AddonLayers>
{
    private static readonly string[] LayersInOrder = ["network", "storage"];

    // Manifests are large and a cluster is planned every few seconds, so the digest is computed once.
    private readonly Lazy<string> _digest;
    private readonly ValueList<AddonLayer> _layers;

    private AddonLayers(ValueList<AddonLayer> layers)
    {
        _layers = layers;
        _digest = new Lazy<string>(MakeDigest);
    }

    /// <summary>Identifies all manifests and their order; when it changes, the manifests are applied again.</summary>
    public string Digest => _digest.Value;

    public int Count => _layers.Count;

    public AddonLayer this[int index] => _layers[index];

    public static AddonLayers Create(ReadOnlySpan<AddonLayer> layers) => new(ValueList.Create(layers));

    /// <summary>Network first, then storage, then the rest; within a layer as the cluster lists them.</summary>
    public IReadOnlyList<AddonLayer> InOrder() => [.. _layers.OrderBy(addon => Rank(addon.Layer))];

    public IEnumerator<AddonLayer> GetEnumerator() => ((IEnumerable<AddonLayer>)_layers).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public bool Equals(AddonLayers? other) => other is not null && _layers.Equals(other._layers);

    public static bool operator ==(AddonLayers? left, AddonLayers? right) => left is null ? right is null : left.Equals(right);

    public static bool operator !=(AddonLayers? left, AddonLayers? right) => !(left == right);

    public override bool Equals(object? obj) => Equals(obj as AddonLayers);

    public override int GetHashCode() => _layers.GetHashCode();

    public override string ToString() => _layers.ToString();

    private string MakeDigest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var addon in InOrder())
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
        var rank = Array.IndexOf(LayersInOrder, known);
        return rank < 0 ? LayersInOrder.Length : rank;
    }

    private sealed class Converter : JsonConverter<AddonLayers>
    {
        public override AddonLayers? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            JsonSerializer.Deserialize<ValueList<AddonLayer>>(ref reader, options) is { } layers ? new AddonLayers(layers) : null;

        public override void Write(Utf8JsonWriter writer, AddonLayers value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, value._layers, options);
    }
}
