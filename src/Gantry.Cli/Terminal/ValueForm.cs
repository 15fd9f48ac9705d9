using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics.CodeAnalysis;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Terminal;

/// <summary>The text form of one kind of value on the command line, with its parser and its error message.</summary>
/// <param name="Is">The name with its article: <c>a duration</c>.</param>
/// <param name="Write">The expected form: <c>90s, 15m or 1h30m</c>.</param>
public sealed record ValueForm<T>(string Is, string Write, ValueForm<T>.Reader TryRead)
{
    public delegate bool Reader(string text, [MaybeNullWhen(false)] out T value);

    /// <summary>The values that completion offers; empty when they are unlimited.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>The placeholder for the value in help texts.</summary>
    public string? HelpName { get; init; }

    public string Problem(string text) => $"`{text}` is not {Is}; write {Write}";

    /// <summary>An option that may be given once.</summary>
    /// <param name="otherwise">The default value.</param>
    public Option<T> Option(string name, string description, T otherwise) =>
        Completed(
            new Option<T>(name)
            {
                Description = description,
                DefaultValueFactory = _ => otherwise,
                CustomParser = result => Read(result, name, result.Tokens[0].Value, out var value) ? value : otherwise,
            }
        );

    /// <summary>An option that may be given several times.</summary>
    public Option<T[]> Several(string name, string description) =>
        Completed(
            new Option<T[]>(name)
            {
                Description = description,
                CustomParser = result =>
                {
                    var values = new List<T>();
                    foreach (var token in result.Tokens)
                    {
                        if (Read(result, name, token.Value, out var value))
                        {
                            values.Add(value);
                        }
                    }

                    return [.. values];
                },
            }
        );

    internal bool Read(ArgumentResult result, string name, string text, [MaybeNullWhen(false)] out T value)
    {
        if (TryRead(text, out value))
        {
            return true;
        }

        result.AddError($"{name}: {Problem(text)}");
        return false;
    }

    internal TOption Completed<TOption>(TOption option)
        where TOption : Option
    {
        option.HelpName = HelpName;
        if (Choices.Count > 0)
        {
            // Completion of an enum would offer its C# names.
            option.CompletionSources.Clear();
            option.CompletionSources.Add([.. Choices]);
        }

        return option;
    }
}

public static class ValueForms
{
    /// <summary>The form of a type with its own rule.</summary>
    public static ValueForm<T> Of<T>(string helpName)
        where T : ITextValue<T> => new(T.Is, T.Write, T.TryParse) { HelpName = helpName };

    /// <summary>An option that is <c>null</c> when it is not given.</summary>
    public static Option<T?> Optional<T>(this ValueForm<T> form, string name, string description)
        where T : struct =>
        form.Completed(
            new Option<T?>(name)
            {
                Description = description,
                CustomParser = result => form.Read(result, name, result.Tokens[0].Value, out var value) ? value : null,
            }
        );

    /// <summary>An option that is <c>null</c> when it is not given.</summary>
    public static Option<T?> OptionalText<T>(this ValueForm<T> form, string name, string description)
        where T : class =>
        form.Completed(
            new Option<T?>(name)
            {
                Description = description,
                CustomParser = result => form.Read(result, name, result.Tokens[0].Value, out var value) ? value : null,
            }
        );

    /// <summary>One of a closed set of words.</summary>
    public static ValueForm<T> Words<T>(string what, string helpName, params (string Word, T Value)[] words) =>
        new(
            what,
            Enumerate([.. words.Select(word => word.Word)]),
            (string text, [MaybeNullWhen(false)] out T value) =>
            {
                var index = Array.FindIndex(words, word => word.Word == text);
                value = index < 0 ? default : words[index].Value;
                return index >= 0;
            }
        )
        {
            Choices = [.. words.Select(word => word.Word)],
            HelpName = helpName,
        };

    private static string Enumerate(string[] words) =>
        words.Length < 2 ? words[0] : $"{string.Join(", ", words[..^1])} or {words[^1]}";
}
