using System.Globalization;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas;

/// <summary>A decoded request, independent of its encoding.</summary>
public sealed record RegionRequest
{
    public required string Method { get; init; }

    /// <summary>The path below <c>api/2.0/</c>, decoded, without query.</summary>
    public required string Path { get; init; }

    /// <summary>The operation from the query, else the form, else the path's suffix.</summary>
    public string? Operation { get; init; }

    public Parameters Query { get; init; } = Parameters.None;

    public Parameters Form { get; init; } = Parameters.None;

    /// <summary>Uploaded file parts and raw bodies.</summary>
    public byte[] Content { get; init; } = [];

    /// <summary>The key's user; <c>null</c> for anonymous endpoints.</summary>
    public UserRow? User { get; init; }

    public UserRow Caller => User ?? throw new RegionFault(RegionAnswer.Text(401, "Forbidden") with { Challenge = true });

    /// <summary>The query of a read, or the form of a change.</summary>
    public Parameters Values => Method is "GET" or "DELETE" ? Query : Form;

    public void RequireAdmin()
    {
        if (!Caller.IsAdmin)
        {
            throw RegionFault.AdminsOnly();
        }
    }

    /// <summary>For objects whose 403 has an empty body.</summary>
    public void RequireAdminSilently()
    {
        if (!Caller.IsAdmin)
        {
            throw RegionFault.Forbidden();
        }
    }
}

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

    public Parameters Without(string name) => new([.. Fields.Where(field => field.Key != name)]);

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

    /// <summary>Parses a number as Python's <c>float()</c> does.</summary>
    public static bool TryNumber(string text, out double number) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number);
}
