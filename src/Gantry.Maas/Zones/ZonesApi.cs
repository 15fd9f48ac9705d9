using Gantry.Maas.Http;

namespace Gantry.Maas.Zones;

public sealed record Zone(int Id, string Name, string Description = "");

/// <summary><c>zones/</c>: addressed by name. Changes need an administrator.</summary>
public sealed class ZonesApi
{
    private readonly MaasHttp _http;

    internal ZonesApi(MaasHttp http) => _http = http;

    public Task<MaasList<Zone>> ListAsync(CancellationToken cancellationToken) =>
        _http.GetAsync<MaasList<Zone>>("zones/", cancellationToken);

    public Task<Zone> GetAsync(string name, CancellationToken cancellationToken) =>
        _http.GetAsync<Zone>(Path(name), cancellationToken);

    public Task<Zone> CreateAsync(string name, string? description, CancellationToken cancellationToken) =>
        _http.PostAsync<Zone>(
            "zones/",
            null,
            new MaasForm().Add("name", name).Add("description", description),
            cancellationToken
        );

    public Task<Zone> UpdateAsync(string name, string? newName, string? description, CancellationToken cancellationToken) =>
        _http.PutAsync<Zone>(Path(name), new MaasForm().Add("name", newName).Add("description", description), cancellationToken);

    /// <summary>Deletes a zone. Safe to repeat; MAAS refuses the default zone.</summary>
    public Task DeleteAsync(string name, CancellationToken cancellationToken) => _http.DeleteAsync(Path(name), cancellationToken);

    private static string Path(string name) => $"zones/{Uri.EscapeDataString(name)}/";
}
