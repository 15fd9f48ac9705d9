namespace Gantry.Lab.Maas.Rows;

/// <summary>A device: something with addresses that MAAS does not manage.</summary>
public sealed record DeviceRow(int Id, string SystemId, string Hostname, int DomainId, string Owner)
{
    public string Description { get; init; } = "";

    public int ZoneId { get; init; } = 1;

    public string? Parent { get; init; }

    public IReadOnlyList<NicRow> Nics { get; init; } = [];

    public IReadOnlyList<string> Tags { get; init; } = [];

    public IReadOnlyDictionary<string, string> OwnerData { get; init; } =
        new SortedDictionary<string, string>(StringComparer.Ordinal);
}
