using Gantry.Maas.Http;

namespace Gantry.Maas.Networks;

/// <summary><c>ipaddresses/</c>: addresses that users have reserved.</summary>
public sealed class IpAddressesApi
{
    private readonly MaasHttp _http;

    internal IpAddressesApi(MaasHttp http) => _http = http;

    /// <summary>The caller's own.</summary>
    public Task<IReadOnlyList<IpAddress>> ListAsync(CancellationToken cancellationToken) =>
        _http.GetAsync<IReadOnlyList<IpAddress>>("ipaddresses/", cancellationToken);

    /// <param name="ip">Only this address.</param>
    /// <param name="all">Those of all users, and those of machines; administrators only.</param>
    public Task<IReadOnlyList<IpAddress>> ListAsync(string? ip, bool all, CancellationToken cancellationToken) =>
        _http.GetAsync<IReadOnlyList<IpAddress>>(
            "ipaddresses/",
            new MaasForm().Add("ip", ip).Add("all", all ? true : null),
            cancellationToken
        );

    /// <summary>
    /// Reserves one address. Not to be repeated blindly: the second time it is in use (<see cref="MaasNotFoundException"/>).
    /// </summary>
    public Task<IpAddress> ReserveAsync(string ip, string? hostname, CancellationToken cancellationToken) =>
        _http.PostAsync<IpAddress>(
            "ipaddresses/",
            "reserve",
            new MaasForm().Add("ip", ip).Add("hostname", hostname),
            cancellationToken
        );

    /// <summary>Lets MAAS choose a free address of a subnet (CIDR, id or <c>name:…</c>).</summary>
    public Task<IpAddress> ReserveInAsync(string subnet, string? hostname, CancellationToken cancellationToken) =>
        _http.PostAsync<IpAddress>(
            "ipaddresses/",
            "reserve",
            new MaasForm().Add("subnet", subnet).Add("hostname", hostname),
            cancellationToken
        );

    /// <param name="force">Also when another user reserved it; administrators only.</param>
    public Task ReleaseAsync(string ip, bool force, CancellationToken cancellationToken) =>
        _http.PostAsync(
            "ipaddresses/",
            "release",
            new MaasForm().Add("ip", ip).Add("force", force ? true : null),
            cancellationToken
        );
}
