using System.Text.Json.Serialization;
using Gantry.Maas.Http;
using Gantry.Maas.Networks;

namespace Gantry.Maas.Dns;

/// <summary>A DNS name and its addresses.</summary>
public sealed record DnsResource
{
    /// <summary>-1 for rows that MAAS generates from its machines.</summary>
    [JsonRequired]
    public int Id { get; init; }

    public required string Fqdn { get; init; }

    /// <summary>Seconds; <c>null</c> when none is set.</summary>
    public int? AddressTtl { get; init; }

    /// <summary><c>null</c> in generated rows.</summary>
    [JsonRequired]
    public IReadOnlyList<IpAddress>? IpAddresses { get; init; }

    public IReadOnlyList<DnsRecord>? ResourceRecords { get; init; }
}

/// <param name="Rrtype"><c>CNAME</c>, <c>MX</c>, <c>NS</c>, <c>SRV</c>, <c>SSHFP</c>, <c>TXT</c>.</param>
/// <param name="Id">-1 for records that MAAS generates.</param>
public sealed record DnsRecord(string Rrtype, string Rrdata, int Id = -1, string? Fqdn = null, int? Ttl = null);

/// <summary><c>dnsresources/</c>. Changes need an administrator.</summary>
public sealed class DnsResourcesApi
{
    private readonly MaasHttp _http;

    internal DnsResourcesApi(MaasHttp http) => _http = http;

    /// <param name="fqdn">
    /// <c>null</c> lists every DNS resource that was created explicitly. An unknown domain fails with
    /// <see cref="MaasNotFoundException"/>.
    /// </param>
    public async Task<MaasList<DnsResource>> ListAsync(string? fqdn, CancellationToken cancellationToken) =>
        (
            await _http.GetAsync<MaasList<DnsResource>>("dnsresources/", new MaasForm().Add("fqdn", fqdn), cancellationToken)
        ).LeaveOut(
            resource => resource.Id >= 0 && resource.IpAddresses?.Any(address => address.LacksText) is not false,
            "$.ip_addresses"
        );

    public Task<DnsResource> GetAsync(int id, CancellationToken cancellationToken) =>
        _http.GetAsync<DnsResource>(Path(id), cancellationToken);

    /// <param name="addresses">
    /// MAAS reserves an unknown address for the caller. That reservation outlives the DNS resource.
    /// </param>
    public Task<DnsResource> CreateAsync(
        string fqdn,
        IEnumerable<string> addresses,
        int? addressTtl,
        CancellationToken cancellationToken
    ) =>
        _http.PostAsync<DnsResource>(
            "dnsresources/",
            null,
            new MaasForm().Add("fqdn", fqdn).Add("ip_addresses", string.Join(' ', addresses)).Add("address_ttl", addressTtl),
            cancellationToken
        );

    /// <summary>Replaces all addresses of a DNS resource; an empty set clears them.</summary>
    public Task<DnsResource> SetAddressesAsync(int id, IEnumerable<string> addresses, CancellationToken cancellationToken) =>
        _http.PutAsync<DnsResource>(Path(id), new MaasForm().Add("ip_addresses", string.Join(' ', addresses)), cancellationToken);

    public Task DeleteAsync(int id, CancellationToken cancellationToken) => _http.DeleteAsync(Path(id), cancellationToken);

    private static string Path(int id) => $"dnsresources/{id}/";
}
