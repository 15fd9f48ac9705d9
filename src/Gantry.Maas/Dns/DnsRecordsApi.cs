using Gantry.Maas.Http;

namespace Gantry.Maas.Dns;

/// <summary><c>dnsresourcerecords/</c>: DNS records other than addresses. Changes need an administrator.</summary>
public sealed class DnsRecordsApi
{
    private readonly MaasHttp _http;

    internal DnsRecordsApi(MaasHttp http) => _http = http;

    public Task<MaasList<DnsRecord>> ListAsync(string? fqdn, CancellationToken cancellationToken) =>
        _http.GetAsync<MaasList<DnsRecord>>("dnsresourcerecords/", new MaasForm().Add("fqdn", fqdn), cancellationToken);

    public Task<DnsRecord> CreateAsync(
        string fqdn,
        string rrtype,
        string rrdata,
        int? ttl,
        CancellationToken cancellationToken
    ) =>
        _http.PostAsync<DnsRecord>(
            "dnsresourcerecords/",
            null,
            new MaasForm().Add("fqdn", fqdn).Add("rrtype", rrtype).Add("rrdata", rrdata).Add("ttl", ttl),
            cancellationToken
        );

    /// <summary>Deletes a record. MAAS also deletes its DNS resource if no other record and no address is left.</summary>
    public Task DeleteAsync(int id, CancellationToken cancellationToken) =>
        _http.DeleteAsync($"dnsresourcerecords/{id}/", cancellationToken);
}
