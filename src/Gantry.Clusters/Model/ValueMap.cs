using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gantry.Clusters.Model;

/// <summary>
/// An immutable dictionary that equals another one with equal entries in any order. It is enumerated in insertion order; a
/// plain object in JSON.
/// </summary>
[CollectionBuilder(typeof(ValueMap), nameof(ValueMap.Create))]
[JsonConverter(typeof(ValueMapConverter))]
public sealed class ValueMap<TKey, TValue> : IReadOnlyDictionary<TKey, TValue>, IEquatable<ValueMap<TKey, TValue>>
    where TKey : notnull
{
    private readonly Dictionary<TKey, TValue> _entries;

    internal ValueMap(Dictionary<TKey, TValue> entries) => _entries = entries;

    public static ValueMap<TKey, TValue> Empty { get; } = new([]);

    public int Count => _entries.Count;

    public IEnumerable<TKey> Keys => _entries.Keys;

    public IEnumerable<TValue> Values => _entries.Values;

    public TValue this[TKey key] => _entries[key];

    public bool ContainsKey(TKey key) => _entries.ContainsKey(key);

    public bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value) => _entries.TryGetValue(key, out value);

    /// <summary>A copy with this entry, which replaces an entry with the same key.</summary>
    public ValueMap<TKey, TValue> With(TKey key, TValue value) => new(new Dictionary<TKey, TValue>(_entries) { [key] = value });

    public Dictionary<TKey, TValue>.Enumerator GetEnumerator() => _entries.GetEnumerator();

    IEnumerator<KeyValuePair<TKey, TValue>> IEnumerable<KeyValuePair<TKey, TValue>>.GetEnumerator() => _entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _entries.GetEnumerator();

    public bool Equals(ValueMap<TKey, TValue>? other)
    {
        if (ReferenceEquals(this, other))
        {
            return true;
        }

        if (other is null || Count != other.Count)
        {
            return false;
        }

        foreach (var (key, value) in _entries)
        {
            if (!other.TryGetValue(key, out var there) || !EqualityComparer<TValue>.Default.Equals(value, there))
            {
                return false;
            }
        }

        return true;
    }

    public static bool operator ==(ValueMap<TKey, TValue>? left, ValueMap<TKey, TValue>? right) =>
        left is null ? right is null : left.Equals(right);

    public static bool operator !=(ValueMap<TKey, TValue>? left, ValueMap<TKey, TValue>? right) => !(left == right);

    public override bool Equals(object? obj) => Equals(obj as ValueMap<TKey, TValue>);

    public override int GetHashCode()
    {
        // The hash must not depend on the order.
        var code = Count;
        foreach (var (key, value) in _entries)
        {
            code ^= HashCode.Combine(key, value);
        }

        return code;
    }

    /// <summary>The number and types of the entries.</summary>
    public override string ToString() => $"{Count} {typeof(TKey).Name} to {typeof(TValue).Name}";

    internal Dictionary<TKey, TValue> AsDictionary() => _entries;
}

public static class ValueMap
{
    /// <summary>The later of two entries with the same key wins.</summary>
    public static ValueMap<TKey, TValue> Create<TKey, TValue>(ReadOnlySpan<KeyValuePair<TKey, TValue>> entries)
        where TKey : notnull
    {
        if (entries.IsEmpty)
        {
            return ValueMap<TKey, TValue>.Empty;
        }

        var made = new Dictionary<TKey, TValue>(entries.Length);
        foreach (var (key, value) in entries)
        {
            made[key] = value;
        }

        return new(made);
    }
}

/// <summary>Writes a <see cref="ValueMap{TKey, TValue}"/> as an object of its entries.</summary>
public sealed class ValueMapConverter : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) =>
        typeToConvert.IsGenericType && typeToConvert.GetGenericTypeDefinition() == typeof(ValueMap<,>);

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(Converter<,>).MakeGenericType(typeToConvert.GenericTypeArguments))!;

    private sealed class Converter<TKey, TValue> : JsonConverter<ValueMap<TKey, TValue>>
        where TKey : notnull
    {
        public override ValueMap<TKey, TValue>? Read(
            ref Utf8JsonReader reader,
            Type typeToConvert,
            JsonSerializerOptions options
        ) =>
            JsonSerializer.Deserialize<Dictionary<TKey, TValue>>(ref reader, options) is { } entries
                ? new ValueMap<TKey, TValue>(entries)
                : null;

        public override void Write(Utf8JsonWriter writer, ValueMap<TKey, TValue> value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, value.AsDictionary(), options);
    }
}
