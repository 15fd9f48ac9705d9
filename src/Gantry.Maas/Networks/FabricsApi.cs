using Gantry.Maas.Http;

namespace Gantry.Maas.Networks;

/// <summary><c>fabrics/</c> and the VLANs in them.</summary>
public sealed class FabricsApi
{
    private readonly MaasHttp _http;

    internal FabricsApi(MaasHttp http) => _http = http;

    public Task<MaasList<Fabric>> ListAsync(CancellationToken cancellationToken) =>
        _http.GetAsync<MaasList<Fabric>>("fabrics/", cancellationToken);

    public Task<Fabric> GetAsync(int id, CancellationToken cancellationToken) =>
        _http.GetAsync<Fabric>($"fabrics/{id}/", cancellationToken);

    public Task<MaasList<Vlan>> ListVlansAsync(int fabric, CancellationToken cancellationToken) =>
        _http.GetAsync<MaasList<Vlan>>($"fabrics/{fabric}/vlans/", cancellationToken);

    public Task<Vlan> GetVlanAsync(int fabric, int vid, CancellationToken cancellationToken) =>
        _http.GetAsync<Vlan>($"fabrics/{fabric}/vlans/{vid}/", cancellationToken);
}
