using Gantry.Maas.Http;

namespace Gantry.Maas.Machines;

/// <summary>
/// <c>nodes/{system_id}/interfaces/</c>. Changes need an administrator and a machine that is New, Ready, Failed testing,
/// Allocated or Broken.
/// </summary>
public sealed class InterfacesApi
{
    private readonly MaasHttp _http;

    internal InterfacesApi(MaasHttp http) => _http = http;

    public Task<MaasList<Interface>> ListAsync(string systemId, CancellationToken cancellationToken) =>
        _http.GetAsync<MaasList<Interface>>(Path(systemId), cancellationToken);

    public Task<Interface> GetAsync(string systemId, int id, CancellationToken cancellationToken) =>
        _http.GetAsync<Interface>($"{Path(systemId)}{id}/", cancellationToken);

    /// <param name="mode"><c>AUTO</c>, <c>DHCP</c>, <c>STATIC</c> or <c>LINK_UP</c>.</param>
    /// <param name="ipAddress">Address of a <c>STATIC</c> link; <c>null</c> lets MAAS choose one.</param>
    public Task<Interface> LinkSubnetAsync(
        string systemId,
        int id,
        string mode,
        int subnet,
        string? ipAddress,
        CancellationToken cancellationToken
    ) =>
        _http.PostAsync<Interface>(
            $"{Path(systemId)}{id}/",
            "link_subnet",
            new MaasForm().Add("mode", mode).Add("subnet", subnet).Add("ip_address", ipAddress),
            cancellationToken
        );

    public Task<Interface> UnlinkSubnetAsync(string systemId, int id, int link, CancellationToken cancellationToken) =>
        _http.PostAsync<Interface>($"{Path(systemId)}{id}/", "unlink_subnet", new MaasForm().Add("id", link), cancellationToken);

    /// <summary>
    /// Creates a bridge over one interface. A bridge of an allocated machine is removed when the machine is released.
    /// </summary>
    public Task<Interface> CreateBridgeAsync(string systemId, string name, int parent, CancellationToken cancellationToken) =>
        _http.PostAsync<Interface>(
            Path(systemId),
            "create_bridge",
            new MaasForm().Add("name", name).Add("parent", parent),
            cancellationToken
        );

    public Task DeleteAsync(string systemId, int id, CancellationToken cancellationToken) =>
        _http.DeleteAsync($"{Path(systemId)}{id}/", cancellationToken);

    private static string Path(string systemId) => $"nodes/{Uri.EscapeDataString(systemId)}/interfaces/";
}
