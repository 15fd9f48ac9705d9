using System.Text.Json;
using Gantry.Maas.Http;

namespace Gantry.Maas.Server;

/// <summary><c>maas/</c>: the region's settings.</summary>
public sealed class ConfigApi
{
    private readonly MaasHttp _http;

    internal ConfigApi(MaasHttp http) => _http = http;

    /// <returns>A string, a number, a boolean or null.</returns>
    /// <exception cref="MaasInvalidException">There is no such setting.</exception>
    public Task<JsonElement> GetAsync(string name, CancellationToken cancellationToken) =>
        _http.GetAsync<JsonElement>("maas/", new MaasForm().Add("op", "get_config").Add("name", name), cancellationToken);

    /// <summary>Administrators only.</summary>
    public Task SetAsync(string name, string value, CancellationToken cancellationToken) =>
        _http.PostAsync("maas/", "set_config", new MaasForm().Add("name", name).Add("value", value), cancellationToken);
}
