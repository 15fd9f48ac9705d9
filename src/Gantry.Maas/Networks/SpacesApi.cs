using Gantry.Maas.Http;

namespace Gantry.Maas.Networks;

/// <summary><c>spaces/</c></summary>
public sealed class SpacesApi
{
    private readonly MaasHttp _http;

    internal SpacesApi(MaasHttp http) => _http = http;

    public Task<MaasList<Space>> ListAsync(CancellationToken cancellationToken) =>
        _http.GetAsync<MaasList<Space>>("spaces/", cancellationToken);
}
