using Gantry.Maas.Http;

namespace Gantry.Maas.Users;

public sealed record SshKey(int Id, string Key, string? Keysource = null);

/// <summary>
/// <c>account/prefs/sshkeys/</c>: the caller's SSH keys. MAAS installs the owner's keys on each machine that it deploys.
/// </summary>
public sealed class SshKeysApi
{
    private readonly MaasHttp _http;

    internal SshKeysApi(MaasHttp http) => _http = http;

    public Task<MaasList<SshKey>> ListAsync(CancellationToken cancellationToken) =>
        _http.GetAsync<MaasList<SshKey>>("account/prefs/sshkeys/", cancellationToken);

    public Task<SshKey> AddAsync(string key, CancellationToken cancellationToken) =>
        _http.PostAsync<SshKey>("account/prefs/sshkeys/", null, new MaasForm().Add("key", key), cancellationToken);

    public Task DeleteAsync(int id, CancellationToken cancellationToken) =>
        _http.DeleteAsync($"account/prefs/sshkeys/{id}/", cancellationToken);
}
