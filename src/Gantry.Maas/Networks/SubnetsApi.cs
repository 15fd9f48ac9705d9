using Gantry.Maas.Http;

namespace Gantry.Maas.Networks;

/// <summary><c>subnets/</c></summary>
public sealed class SubnetsApi
{
    private readonly MaasHttp _http;

    internal SubnetsApi(MaasHttp http) => _http = http;

    public Task<IReadOnlyList<Subnet>> ListAsync(CancellationToken cancellationToken) =>
        _http.GetAsync<IReadOnlyList<Subnet>>("subnets/", cancellationToken);

    public Task<Subnet> GetAsync(int id, CancellationToken cancellationToken) =>
        _http.GetAsync<Subnet>(Path(id), cancellationToken);

    public Task<SubnetStatistics> GetStatisticsAsync(int id, CancellationToken cancellationToken) =>
        _http.GetAsync<SubnetStatistics>(Path(id), new MaasForm().Add("op", "statistics"), cancellationToken);

    /// <summary>Lists reserved ranges with their purposes.</summary>
    public Task<IReadOnlyList<AddressRange>> ListReservedRangesAsync(int id, CancellationToken cancellationToken) =>
        _http.GetAsync<IReadOnlyList<AddressRange>>(Path(id), new MaasForm().Add("op", "reserved_ip_ranges"), cancellationToken);

    /// <summary>Lists free ranges.</summary>
    public Task<IReadOnlyList<AddressRange>> ListUnreservedRangesAsync(int id, CancellationToken cancellationToken) =>
        _http.GetAsync<IReadOnlyList<AddressRange>>(
            Path(id),
            new MaasForm().Add("op", "unreserved_ip_ranges"),
            cancellationToken
        );

    public Task<IReadOnlyList<IpAddress>> ListAddressesAsync(int id, CancellationToken cancellationToken) =>
        _http.GetAsync<IReadOnlyList<IpAddress>>(Path(id), new MaasForm().Add("op", "ip_addresses"), cancellationToken);

    private static string Path(int id) => $"subnets/{id}/";
}
