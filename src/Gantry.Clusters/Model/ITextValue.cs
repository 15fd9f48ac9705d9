using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gantry.Clusters.Model;

/// <summary>
/// A value with a text form. Its type holds the one rule for the text: command line, server, gateway and engine all parse
/// it here, so every existing value is valid.
/// </summary>
public interface ITextValue<TSelf>
    where TSelf : ITextValue<TSelf>
{
    /// <summary>The type's name with its article: <c>a Kubernetes version</c>.</summary>
    static abstract string Is { get; }

    /// <summary>The expected form: <c>three numbers, for example 1.34.1</c>.</summary>
    static abstract string Write { get; }

    static abstract bool TryParse([NotNullWhen(true)] string? text, [MaybeNullWhen(false)] out TSelf value);

    /// <summary>
    /// Reads a stored value from JSON. A type that holds only its text takes any text: values stored by an earlier version
    /// stay readable under a stricter rule, and must meet the rule when they are next written.
    /// </summary>
    static virtual bool TryReadStored([NotNullWhen(true)] string? text, [MaybeNullWhen(false)] out TSelf value) =>
        TSelf.TryParse(text, out value);
}

public static class TextValue
{
    /// <exception cref="FormatException">The text breaks the rule; the message names it and the expected form.</exception>
    public static T Parse<T>(string? text)
        where T : ITextValue<T> => T.TryParse(text, out var value) ? value : throw new FormatException(Problem<T>($"'{text}'"));

    /// <param name="shown">The text as the message shows it, quoted.</param>
    public static string Problem<T>(string shown)
        where T : ITextValue<T> => $"{shown} is not {T.Is}; write {T.Write}";
}

/// <summary>Converts a value to and from its text in JSON.</summary>
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
