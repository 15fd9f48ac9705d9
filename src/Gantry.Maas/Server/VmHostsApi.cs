using Gantry.Maas.Http;

namespace Gantry.Maas.Server;

/// <param name="Type"><c>lxd</c> or <c>virsh</c>.</param>
public sealed record VmHost(int Id, string Name, string Type);

/// <summary><c>vm-hosts/</c>; removed after MAAS 3.8 (<see cref="MaasGoneException"/>).</summary>
public sealed class VmHostsApi
{
    private readonly MaasHttp _http;

    internal VmHostsApi(MaasHttp http) => _http = http;

    public Task<MaasList<VmHost>> ListAsync(CancellationToken cancellationToken) =>
        _http.GetAsync<MaasList<VmHost>>("vm-hosts/", cancellationToken);
}
