using Gantry.Clusters.Model;

namespace Gantry.Server.Api;

/// <summary>Collects the problems of a request, so that one response lists all of them.</summary>
public sealed class Check
{
    private readonly List<FieldError> _problems = [];

    public bool Failed => _problems.Count > 0;

    public IReadOnlyList<FieldError> Problems => _problems;

    public void Problem(string field, string message) => _problems.Add(new FieldError(field, message));

    public void That(bool holds, string field, string message)
    {
        if (!holds)
        {
            Problem(field, message);
        }
    }

    /// <summary>Parses a value of its own type; an invalid text becomes a problem of the field.</summary>
    /// <returns>The default of the type when there is a problem.</returns>
    public T? Value<T>(string field, string? text)
        where T : ITextValue<T>
    {
        if (!T.TryParse(text, out var value))
        {
            Problem(field, TextValue.Problem<T>($"'{ApiError.Shown(text ?? "")}'"));
        }

        return value;
    }

    /// <summary>A text that must be one of the constants of a class, or empty.</summary>
    public void OneOf(string field, string? text, Type words)
    {
        if (!string.IsNullOrEmpty(text) && Vocabulary.Of(words) is var values && !values.Contains(text))
        {
            Problem(field, Wording.NoneOf(text, values));
        }
    }

    /// <summary>A name of an object: 1 to 128 visible characters.</summary>
    public string Name(string? name, string field = "metadata.name")
    {
        if (string.IsNullOrWhiteSpace(name))
        {
            Problem(field, "is missing; give the object a name");
            return "";
        }

        That(
            name.Length <= 128 && !name.Any(char.IsControl),
            field,
            $"'{ApiError.Shown(name)}' cannot be a name; use 1 to 128 characters without line breaks"
        );
        return name;
    }

    /// <summary>A name that becomes part of host names.</summary>
    /// <returns><c>null</c> when there is a problem.</returns>
    public DnsLabel? DnsLabel(string? name, string field = "metadata.name")
    {
        if (string.IsNullOrWhiteSpace(name))
        {
            Problem(field, "is missing; give the object a name");
            return null;
        }

        return Value<DnsLabel>(field, name);
    }

    public void ThrowIfFailed()
    {
        if (Failed)
        {
            throw ApiError.Invalid(_problems);
        }
    }
}
