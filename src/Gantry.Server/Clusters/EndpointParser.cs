using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Gantry.Clusters.Model;
using Gantry.Server.Api;

namespace Gantry.Server.Clusters;

/// <summary>
/// Which way to the API server a request means: its own field, else the Kubernetes pack's, else a DNS record in the MAAS
/// domain, as clients of the public API expect, else a virtual IP. The pack comes before the domain because those clients
/// cannot leave the domain out.
/// </summary>
public static partial class EndpointParser
{
    private const string Forms = "write vip, vip:ADDRESS, dns:DOMAIN, or HOST:PORT";

    /// <param name="ofPack">What the Kubernetes pack says.</param>
    /// <param name="subnet">Where a virtual IP should lie; null leaves it to the first control plane.</param>
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
                check.That(IPAddress.TryParse(address, out _), field, $"'{ApiError.Shown(address)}' is not an IP address; {Forms}");
                return new EndpointChoice.VirtualIp(subnet, address);
            case ["dns", var domain]:
                return InDomain(check, field, domain);
        }

        var at = text.LastIndexOf(':');
        if (at > 0 && int.TryParse(text.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65536)
        {
            var host = text[..at].Trim('[', ']');
            check.That(IPAddress.TryParse(host, out _) || HostName().IsMatch(host), field, $"'{ApiError.Shown(host)}' is not a host; {Forms}");
            return new EndpointChoice.Given(host, port);
        }

        check.Problem(field, $"'{ApiError.Shown(text)}' is not an endpoint; {Forms}");
        return new EndpointChoice.VirtualIp();
    }

    private static EndpointChoice.MaasDns InDomain(Check check, string field, string domain)
    {
        check.That(HostName().IsMatch(domain), field, $"'{ApiError.Shown(domain)}' is not a domain; write one that MAAS serves, for example maas");
        return new EndpointChoice.MaasDns(domain);
    }

    [GeneratedRegex(
        "^[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?){0,10}$",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex HostName();
}
