using System.Globalization;

namespace Gantry.Maas.Http;

/// <summary>Fields of a request, in order. A name may repeat; a <c>null</c> value is not sent.</summary>
internal sealed class MaasForm
{
    private readonly List<KeyValuePair<string, string>> _fields = [];

    public IReadOnlyList<KeyValuePair<string, string>> Fields => _fields;

    public MaasForm Add(string name, string? value)
    {
        if (value is not null)
        {
            _fields.Add(KeyValuePair.Create(name, value));
        }

        return this;
    }

    public MaasForm Add(string name, int? value) => Add(name, value?.ToString(CultureInfo.InvariantCulture));

    public MaasForm Add(string name, long? value) => Add(name, value?.ToString(CultureInfo.InvariantCulture));

    public MaasForm Add(string name, double? value) => Add(name, value?.ToString(CultureInfo.InvariantCulture));

    public MaasForm Add(string name, bool? value) =>
        Add(
            name,
            value switch
            {
                true => "true",
                false => "false",
                _ => null,
            }
        );

    /// <summary>Adds one field for each value.</summary>
    public MaasForm AddAll(string name, IEnumerable<string>? values)
    {
        foreach (var value in values ?? [])
        {
            Add(name, value);
        }

        return this;
    }

    public string ToQuery() =>
        string.Join('&', _fields.Select(field => $"{Uri.EscapeDataString(field.Key)}={Uri.EscapeDataString(field.Value)}"));
}
