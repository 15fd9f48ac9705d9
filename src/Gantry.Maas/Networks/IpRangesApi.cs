using Gantry.Maas.Http;

namespace Gantry.Maas.Networks;

/// <summary><c>ipranges/</c>: ranges for DHCP, and ranges that MAAS does not allocate from.</summary>
public sealed class IpRangesApi
{
    private readonly MaasHttp _http;

    internal IpRangesApi(MaasHttp http) => _http = http;

    public Task<MaasList<IpRange>> ListAsync(CancellationToken cancellationToken) =>
        _http.GetAsync<MaasList<IpRange>>("ipranges/", cancellationToken);

    public Task<IpRange> GetAsync(int id, CancellationToken cancellationToken) =>
        _http.GetAsync<IpRange>($"ipranges/{id}/", cancellationToken);

    /// <param name="type"><c>reserved</c>, or <c>dynamic</c> for administrators.</param>
    public Task<IpRange> CreateAsync(
        string type,
        string startIp,
        string endIp,
        string? comment,
        CancellationToken cancellationToken
    ) =>
        _http.PostAsync<IpRange>(
            "ipranges/",
            null,
            new MaasForm().Add("type", type).Add("start_ip", startIp).Add("end_ip", endIp).Add("comment", comment),
            cancellationToken
        );

    public Task DeleteAsync(int id, CancellationToken cancellationToken) =>
        _http.DeleteAsync($"ipranges/{id}/", cancellationToken);
}
