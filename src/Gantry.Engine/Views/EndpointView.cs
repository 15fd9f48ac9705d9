using System.Collections.Concurrent;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Views;

/// <summary>The DNS records and reserved addresses of a region, and what there is where clusters ask for their endpoint.</summary>
public sealed class EndpointView
{
    private readonly IRegion _region;
    private readonly TimeProvider _time;
    private readonly PendingCalls _reads;
    private readonly KeptList<IReadOnlyDictionary<string, IReadOnlyList<string>>> _dns;
    private readonly KeptList<IReadOnlySet<string>> _reserved;
    private readonly ConcurrentDictionary<EndpointChoice, (EndpointSite Site, long At)> _sites = new();

    internal EndpointView(IRegion region, PendingCalls reads, TimeProvider time)
    {
        _region = region;
        _time = time;
        _reads = reads;
        _dns = new("list its DNS records", region.ListDnsAsync, reads, time);
        _reserved = new("list the reserved addresses", region.ListReservedAsync, reads, time);
    }

    /// <inheritdoc cref="IRegion.FindDnsAsync"/>
    /// <remarks>The answer comes from a list that all clusters of the account share, as long as MAAS has a whole one.</remarks>
    public async Task<IReadOnlyList<string>?> FindDnsAsync(string name, TimeSpan maxAge, CancellationToken cancellationToken)
    {
        try
        {
            return (await _dns.GetAsync(maxAge, cancellationToken)).GetValueOrDefault(name);
        }
        catch (RegionException odd) when (odd.Failure is RegionFailure.Unreadable)
        {
            return await _reads.ReadSharedAsync(
                $"record {name}",
                $"find the DNS record {name}",
                token => _region.FindDnsAsync(name, token),
                cancellationToken
            );
        }
    }

    /// <inheritdoc cref="IRegion.IsReservedAsync"/>
    /// <inheritdoc cref="FindDnsAsync" path="/remarks"/>
    public async Task<bool> IsReservedAsync(string address, TimeSpan maxAge, CancellationToken cancellationToken)
    {
        try
        {
            return (await _reserved.GetAsync(maxAge, cancellationToken)).Contains(address);
        }
        catch (RegionException odd) when (odd.Failure is RegionFailure.Unreadable)
        {
            return await _reads.ReadSharedAsync(
                $"reservation {address}",
                $"look whether {address} is reserved",
                token => _region.IsReservedAsync(address, token),
                cancellationToken
            );
        }
    }

    /// <summary>A call has changed a record or a reservation: lists from before it count no more.</summary>
    public void Invalidate()
    {
        _sites.Clear();
        _dns.Invalidate();
        _reserved.Invalidate();
    }

    /// <summary>
    /// What there is where clusters ask for their endpoint, at most as old as <paramref name="maxAge"/>: clusters that ask for the
    /// same share an answer.
    /// </summary>
    public async Task<EndpointSite> DescribeAsync(EndpointChoice choice, TimeSpan maxAge, CancellationToken cancellationToken)
    {
        if (_sites.TryGetValue(choice, out var kept) && _time.GetElapsedTime(kept.At) <= maxAge)
        {
            return kept.Site;
        }

        return await _reads.ReadSharedAsync(
            $"site of {choice}",
            "tell what there is where the endpoint is asked for",
            async token =>
            {
                var at = _time.GetTimestamp();
                var site = await _region.DescribeEndpointAsync(choice, token);
                foreach (var (old, _) in _sites.Where(one => _time.GetElapsedTime(one.Value.At) > maxAge).ToList())
                {
                    _sites.TryRemove(old, out _);
                }

                _sites[choice] = (site, at);
                return site;
            },
            cancellationToken
        );
    }
}
