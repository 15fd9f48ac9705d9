using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gantry.Clusters.Model;

/// <summary>
/// A value that people and other systems write as text. Its type holds the one rule for the text: command line, server,
/// gateway and engine read it here, and a value that exists is valid.
/// </summary>
public interface ITextValue<TSelf>
    where TSelf : ITextValue<TSelf>
{
    /// <summary>What it is, with its article: <c>a Kubernetes version</c>.</summary>
    static abstract string Is { get; }

    /// <summary>What to write: <c>three numbers, for example 1.34.1</c>.</summary>
    static abstract string Write { get; }

    static abstract bool TryParse([NotNullWhen(true)] string? text, [MaybeNullWhen(false)] out TSelf value);

    /// <summary>
    /// Reads a value from JSON, where it was written as a value before. A type that holds nothing but its text takes any text: what
    /// an earlier version accepted and stored stays readable under a stricter rule, and meets the rule when somebody writes it
    /// again.
    /// </summary>
    static virtual bool TryReadStored([NotNullWhen(true)] string? text, [MaybeNullWhen(false)] out TSelf value) =>
        TSelf.TryParse(text, out value);
}

public static class TextValue
{
    /// <exception cref="FormatException">Names the text, and what to write instead.</exception>
    public static T Parse<T>(string? text)
        where T : ITextValue<T> => T.TryParse(text, out var value) ? value : throw new FormatException(Problem<T>($"'{text}'"));

    /// <param name="shown">The text as the reader should see it, quoted.</param>
    public static string Problem<T>(string shown)
        where T : ITextValue<T> => $"{shown} is not {T.Is}; write {T.Write}";
}

/// <summary>Writes a value as the text it is written as.</summary>
public sealed class TextValueConverter<T> : JsonConverter<T>
    where T : ITextValue<T>
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Parse(ref reader);

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());

    public override T ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Parse(ref reader);

    public override void WriteAsPropertyName(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WritePropertyName(value.ToString()!);

    private static T Parse(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName))
        {
            throw new JsonException($"{T.Is} is written as a string.");
        }

        var text = reader.GetString();
        return T.TryReadStored(text, out var value) ? value : throw new JsonException(TextValue.Problem<T>($"'{text}'"));
    }
}
