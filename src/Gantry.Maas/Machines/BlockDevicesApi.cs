using Gantry.Maas.Http;

namespace Gantry.Maas.Machines;

/// <summary><c>nodes/{system_id}/blockdevices/</c></summary>
public sealed class BlockDevicesApi
{
    private readonly MaasHttp _http;

    internal BlockDevicesApi(MaasHttp http) => _http = http;

    public Task<MaasList<BlockDevice>> ListAsync(string systemId, CancellationToken cancellationToken) =>
        _http.GetAsync<MaasList<BlockDevice>>(Path(systemId), cancellationToken);

    public Task<BlockDevice> GetAsync(string systemId, int id, CancellationToken cancellationToken) =>
        _http.GetAsync<BlockDevice>($"{Path(systemId)}{id}/", cancellationToken);

    public Task<BlockDevice> AddTagAsync(string systemId, int id, string tag, CancellationToken cancellationToken) =>
        _http.PostAsync<BlockDevice>($"{Path(systemId)}{id}/", "add_tag", new MaasForm().Add("tag", tag), cancellationToken);

    public Task<BlockDevice> RemoveTagAsync(string systemId, int id, string tag, CancellationToken cancellationToken) =>
        _http.PostAsync<BlockDevice>($"{Path(systemId)}{id}/", "remove_tag", new MaasForm().Add("tag", tag), cancellationToken);

    private static string Path(string systemId) => $"nodes/{Uri.EscapeDataString(systemId)}/blockdevices/";
}
