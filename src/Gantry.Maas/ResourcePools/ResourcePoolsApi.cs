using Gantry.Maas.Http;

namespace Gantry.Maas.ResourcePools;

public sealed record ResourcePool(int Id, string Name, string Description = "");

/// <summary><c>resourcepools/</c> and, for one of them, <c>resourcepool/{id}/</c>. Changes need an administrator.</summary>
public sealed class ResourcePoolsApi
{
    private readonly MaasHttp _http;

    internal ResourcePoolsApi(MaasHttp http) => _http = http;

    public Task<MaasList<ResourcePool>> ListAsync(CancellationToken cancellationToken) =>
        _http.GetAsync<MaasList<ResourcePool>>("resourcepools/", cancellationToken);

    public Task<ResourcePool> GetAsync(int id, CancellationToken cancellationToken) =>
        _http.GetAsync<ResourcePool>(Path(id), cancellationToken);

    public Task<ResourcePool> CreateAsync(string name, string? description, CancellationToken cancellationToken) =>
        _http.PostAsync<ResourcePool>(
            "resourcepools/",
            null,
            new MaasForm().Add("name", name).Add("description", description),
            cancellationToken
        );

    public Task<ResourcePool> UpdateAsync(int id, string? name, string? description, CancellationToken cancellationToken) =>
        _http.PutAsync<ResourcePool>(
            Path(id),
            new MaasForm().Add("name", name).Add("description", description),
            cancellationToken
        );

    /// <summary>Deletes a resource pool. MAAS refuses a pool with machines and the default pool.</summary>
    public Task DeleteAsync(int id, CancellationToken cancellationToken) => _http.DeleteAsync(Path(id), cancellationToken);

    private static string Path(int id) => $"resourcepool/{id}/";
}
