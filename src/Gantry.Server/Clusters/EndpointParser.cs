using System.Globalization;
using Gantry.Clusters.Model;
using Gantry.Server.Api;

namespace Gantry.Server.Clusters;

/// <summary>
/// Chooses the API server endpoint of a request: its own field, else the Kubernetes pack's, else a DNS record in the MAAS
/// domain, as clients of the public API expect, else a virtual IP. The pack precedes the domain because those clients
/// cannot omit the domain.
/// </summary>
public static class EndpointParser
{
    private const string Forms = "write vip, vip:ADDRESS, dns:DOMAIN, or HOST:PORT";

    /// <param name="ofPack">The endpoint setting of the Kubernetes pack.</param>
    /// <param name="subnet">The subnet of a virtual IP; null takes that of the first control plane.</param>
    /// <returns>A virtual IP when <paramref name="check"/> got a problem.</returns>
    public static EndpointChoice Read(Check check, string field, MaasClusterConfig? config, string? ofPack, string? subnet)
    {
        if (!string.IsNullOrWhiteSpace(config?.Endpoint))
        {
            return Explicit(check, $"{field}.endpoint", config.Endpoint.Trim(), subnet);
        }

        if (!string.IsNullOrWhiteSpace(ofPack))
        {
            return Explicit(check, "spec.profiles.endpoint", ofPack.Trim(), subnet);
        }

        return string.IsNullOrWhiteSpace(config?.Domain)
            ? new EndpointChoice.VirtualIp(subnet)
            : InDomain(check, $"{field}.domain", config.Domain.Trim());
    }

    private static EndpointChoice Explicit(Check check, string field, string text, string? subnet)
    {
        switch (text.Split(':', 2))
        {
            case ["vip"]:
                return new EndpointChoice.VirtualIp(subnet);
            case ["vip", var address]:
                return new EndpointChoice.VirtualIp(subnet, check.Value<IpAddress>(field, address));
            case ["dns", var domain]:
                return InDomain(check, field, domain);
        }

        var at = text.LastIndexOf(':');
        if (
            at > 0
            && int.TryParse(text.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && port is > 0 and < 65536
        )
        {
            var host = text[..at].Trim('[', ']');
            return check.Value<HostAddress>(field, host) is { } given
                ? new EndpointChoice.Given(given, port)
                : new EndpointChoice.VirtualIp();
        }

        check.Problem(field, $"'{ApiError.Shown(text)}' is not an endpoint; {Forms}");
        return new EndpointChoice.VirtualIp();
    }

    private static EndpointChoice InDomain(Check check, string field, string text) =>
        check.Value<DnsName>(field, text) is { } domain ? new EndpointChoice.MaasDns(domain) : new EndpointChoice.VirtualIp();
}
