using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gantry.Clusters.Model;

/// <summary>The known version in a cluster's kubeadm configuration; the next control plane must have it to join.</summary>
[JsonConverter(typeof(Converter))]
public abstract record KubeadmVersionState
{
    private KubeadmVersionState() { }

    /// <summary>The configuration names this version.</summary>
    public sealed record Known(KubernetesVersion Version) : KubeadmVersionState;

    /// <summary>
    /// A call that changes the version has not been answered: the configuration names the old version or the new one.
    /// </summary>
    /// <param name="To">The new version; <c>null</c> in an older ledger.</param>
    public sealed record Changing(KubernetesVersion? To) : KubeadmVersionState;

    /// <summary>Whether the configuration certainly names this version.</summary>
    public bool Is(KubernetesVersion version) => this is Known known && known.Version == version;

    // A version is written as a plain string, and a change as {"changingTo": "1.34.1"}. Older ledgers have "unsure" for a change.
    private sealed class Converter : JsonConverter<KubeadmVersionState>
    {
        private const string Property = "changingTo";
        private const string OlderChange = "unsure";

        public override KubeadmVersionState? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var written = JsonElement.ParseValue(ref reader);
            return written.ValueKind switch
            {
                JsonValueKind.String when written.ValueEquals(OlderChange) => new Changing(To: null),
                JsonValueKind.String => new Known(written.Deserialize<KubernetesVersion>(options)),
                JsonValueKind.Object when written.TryGetProperty(Property, out var to) => new Changing(
                    to.Deserialize<KubernetesVersion?>(options)
                ),
                _ => throw new JsonException(
                    "kubeadm's version is a Kubernetes version, or an object that names the one it changes to."
                ),
            };
        }

        public override void Write(Utf8JsonWriter writer, KubeadmVersionState value, JsonSerializerOptions options)
        {
            switch (value)
            {
                case Known known:
                    JsonSerializer.Serialize(writer, known.Version, options);
                    break;
                case Changing changing:
                    writer.WriteStartObject();
                    writer.WritePropertyName(Property);
                    JsonSerializer.Serialize(writer, changing.To, options);
                    writer.WriteEndObject();
                    break;
            }
        }
    }
}
