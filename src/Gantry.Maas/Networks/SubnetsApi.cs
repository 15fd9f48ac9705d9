using Gantry.Maas.Http;

namespace Gantry.Maas.Networks;

/// <summary><c>subnets/</c></summary>
public sealed class SubnetsApi
{
    private readonly MaasHttp _http;

    internal SubnetsApi(MaasHttp http) => _http = http;

    public Task<MaasList<Subnet>> ListAsync(CancellationToken cancellationToken) =>
        _http.GetAsync<MaasList<Subnet>>("subnets/", cancellationToken);

    public Task<Subnet> GetAsync(int id, CancellationToken cancellationToken) =>
        _http.GetAsync<Subnet>(Path(id), cancellationToken);

    public Task<SubnetStatistics> GetStatisticsAsync(int id, CancellationToken cancellationToken) =>
        _http.GetAsync<SubnetStatistics>(Path(id), new MaasForm().Add("op", "statistics"), cancellationToken);

    /// <summary>Lists reserved ranges with their purposes.</summary>
    public Task<MaasList<AddressRange>> ListReservedRangesAsync(int id, CancellationToken cancellationToken) =>
        _http.GetAsync<MaasList<AddressRange>>(Path(id), new MaasForm().Add("op", "reserved_ip_ranges"), cancellationToken);

    /// <summary>Lists free ranges.</summary>
    public Task<MaasList<AddressRange>> ListUnreservedRangesAsync(int id, CancellationToken cancellationToken) =>
        _http.GetAsync<MaasList<AddressRange>>(Path(id), new MaasForm().Add("op", "unreserved_ip_ranges"), cancellationToken);

    public Task<MaasList<IpAddress>> ListAddressesAsync(int id, CancellationToken cancellationToken) =>
        _http.GetAsync<MaasList<IpAddress>>(Path(id), new MaasForm().Add("op", "ip_addresses"), cancellationToken);

    private static string Path(int id) => $"subnets/{id}/";
}
