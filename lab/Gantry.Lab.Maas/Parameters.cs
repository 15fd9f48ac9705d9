using System.Globalization;

namespace Gantry.Lab.Maas;

/// <summary>Names and values in order; names may repeat.</summary>
public sealed class Parameters(IReadOnlyList<KeyValuePair<string, string>> fields)
{
    public static Parameters None { get; } = new([]);

    public IReadOnlyList<KeyValuePair<string, string>> Fields { get; } = fields;

    /// <summary>The last value of a name, as in Django.</summary>
    public string? this[string name] =>
        Fields.LastOrDefault(field => field.Key == name) is { Key: not null } found ? found.Value : null;

    public IReadOnlyList<string> All(string name) => [.. Fields.Where(field => field.Key == name).Select(field => field.Value)];

    public bool Has(string name) => Fields.Any(field => field.Key == name);

    /// <summary>A value that is there and not empty.</summary>
    public string? Filled(string name) => this[name] is { Length: > 0 } value ? value : null;

    public Parameters Without(string name) => new([.. Fields.Where(field => field.Key != name)]);

    /// <summary>A parameter without which the call means nothing.</summary>
    public string Mandatory(string name) => Filled(name) ?? throw RegionFault.Text(400, $"No provided {name}!");

    /// <summary>A field without which a form is refused.</summary>
    public string Required(string name) => Filled(name) ?? throw RegionFault.Field(name, "This field is required.");

    /// <summary>A whole number, which a form wants as such; null when it is not given.</summary>
    public int? Integer(string name) =>
        Filled(name) is not { } text ? null
        : int.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number
        : throw RegionFault.Field(name, "Enter a whole number.");

    /// <summary>A boolean as most handlers parse it: empty is false, an invalid value is refused.</summary>
    public bool Option(string name) =>
        this[name]?.ToLowerInvariant() switch
        {
            null or "" or "false" or "f" or "no" or "n" or "off" or "0" => false,
            "true" or "t" or "yes" or "y" or "on" or "1" => true,
            _ => throw RegionFault.Text(400, $"Invalid {name}: Value should be 'true' or 'false'"),
        };

    /// <summary>A form's checkbox: every value but empty, <c>0</c> and <c>false</c> is true.</summary>
    public bool Tick(string name) => this[name] is not (null or "" or "0" or "false" or "False");

    /// <summary>A form's checkbox that keeps what was when it is not sent.</summary>
    public bool Tick(string name, bool was) => Has(name) ? Tick(name) : was;

    /// <summary>Parses a number as Python's <c>float()</c> does.</summary>
    public static bool TryNumber(string text, out double number) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number);
}
