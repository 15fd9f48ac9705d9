using System.Text;
using Gantry.Clusters.Model;

namespace Gantry.Kubeadm;

/// <summary>The proxy through which a machine fetches packages.</summary>
/// <param name="own">The proxy for packages; <c>null</c> for that of the nodes.</param>
/// <param name="nodes">The proxy of the nodes, whose exceptions hold for packages too.</param>
internal sealed class AptProxy(string? own, ProxySettings? nodes)
{
    /// <summary>The proxy for a URL; <c>null</c> when it is reached without.</summary>
    public string? For(string url) =>
        IsDirect(url) ? null
        : url.StartsWith("https:", StringComparison.OrdinalIgnoreCase) ? own ?? nodes?.Https
        : own ?? nodes?.Http;

    /// <summary>Settings of apt; empty without a proxy.</summary>
    /// <param name="urls">Repositories, some of which may be reached without the proxy.</param>
    public string Configuration(IEnumerable<string?> urls)
    {
        var text = new StringBuilder();
        foreach (var (scheme, proxy) in new[] { ("http", own ?? nodes?.Http), ("https", own ?? nodes?.Https) })
        {
            if (proxy is not null)
            {
                text.Append($"Acquire::{scheme}::Proxy \"{proxy}\";\n");
            }
        }

        if (text.Length > 0)
        {
            foreach (var url in urls.OfType<string>().Where(IsDirect).Select(url => new Uri(url)))
            {
                text.Append($"Acquire::{url.Scheme}::Proxy::{url.Host} \"DIRECT\";\n");
            }
        }

        return text.ToString();
    }

    // As programs read NO_PROXY: a name alone, or with a dot in front for all names below it. Networks are of addresses.
    private bool IsDirect(string url)
    {
        var host = new Uri(url).Host;
        return nodes?.NoProxy.Any(name =>
            host.Equals(name.TrimStart('.'), StringComparison.OrdinalIgnoreCase)
            || host.EndsWith("." + name.TrimStart('.'), StringComparison.OrdinalIgnoreCase)
        )
            is true;
    }
}
