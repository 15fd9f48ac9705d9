using Gantry.Maas.Http;

namespace Gantry.Maas.Networks;

/// <summary><c>ipaddresses/</c>: addresses that users have reserved.</summary>
public sealed class IpAddressesApi
{
    private readonly MaasHttp _http;

    internal IpAddressesApi(MaasHttp http) => _http = http;

    /// <summary>Lists the addresses that the caller has reserved.</summary>
    public Task<MaasList<IpAddress>> ListAsync(CancellationToken cancellationToken) =>
        ListAsync(ip: null, all: false, cancellationToken);

    /// <param name="ip">Only this address.</param>
    /// <param name="all">Whether to list the addresses of all users and machines; administrators only.</param>
    public async Task<MaasList<IpAddress>> ListAsync(string? ip, bool all, CancellationToken cancellationToken) =>
        (
            await _http.GetAsync<MaasList<IpAddress>>(
                "ipaddresses/",
                new MaasForm().Add("ip", ip).Add("all", all ? true : null),
                cancellationToken
            )
        ).LeaveOut(address => address.LacksText, "$.ip");

    /// <summary>
    /// Reserves one address. Not idempotent: a repeated call fails because the address is in use
    /// (<see cref="MaasNotFoundException"/>).
    /// </summary>
    public Task<IpAddress> ReserveAsync(string ip, string? hostname, CancellationToken cancellationToken) =>
        _http.PostAsync<IpAddress>(
            "ipaddresses/",
            "reserve",
            new MaasForm().Add("ip", ip).Add("hostname", hostname),
            cancellationToken
        );

    /// <summary>Reserves a free address of a subnet (CIDR, id or <c>name:…</c>) that MAAS chooses.</summary>
    public Task<IpAddress> ReserveInAsync(string subnet, string? hostname, CancellationToken cancellationToken) =>
        _http.PostAsync<IpAddress>(
            "ipaddresses/",
            "reserve",
            new MaasForm().Add("subnet", subnet).Add("hostname", hostname),
            cancellationToken
        );

    /// <param name="force">Release an address that another user reserved; administrators only.</param>
    public Task ReleaseAsync(string ip, bool force, CancellationToken cancellationToken) =>
        _http.PostAsync(
            "ipaddresses/",
            "release",
            new MaasForm().Add("ip", ip).Add("force", force ? true : null),
            cancellationToken
        );
}
