using Gantry.Maas.Http;

namespace Gantry.Maas.Dns;

/// <param name="Authoritative">Whether MAAS is the authoritative name server of the domain.</param>
public sealed record Domain(
    int Id,
    string Name,
    bool Authoritative = true,
    int? Ttl = null,
    bool IsDefault = false,
    int ResourceRecordCount = 0
);

/// <summary><c>domains/</c>. Changes need an administrator.</summary>
public sealed class DomainsApi
{
    private readonly MaasHttp _http;

    internal DomainsApi(MaasHttp http) => _http = http;

    public Task<MaasList<Domain>> ListAsync(CancellationToken cancellationToken) =>
        _http.GetAsync<MaasList<Domain>>("domains/", cancellationToken);

    public Task<Domain> GetAsync(int id, CancellationToken cancellationToken) =>
        _http.GetAsync<Domain>(Path(id), cancellationToken);

    public Task<Domain> CreateAsync(string name, bool? authoritative, int? ttl, CancellationToken cancellationToken) =>
        _http.PostAsync<Domain>(
            "domains/",
            null,
            new MaasForm().Add("name", name).Add("authoritative", authoritative).Add("ttl", ttl),
            cancellationToken
        );

    public Task<Domain> SetDefaultAsync(int id, CancellationToken cancellationToken) =>
        _http.PostAsync<Domain>(Path(id), "set_default", new MaasForm(), cancellationToken);

    public Task DeleteAsync(int id, CancellationToken cancellationToken) => _http.DeleteAsync(Path(id), cancellationToken);

    private static string Path(int id) => $"domains/{id}/";
}
