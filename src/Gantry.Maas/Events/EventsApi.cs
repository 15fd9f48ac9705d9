using Gantry.Maas.Http;

namespace Gantry.Maas.Events;

/// <summary>An entry of MAAS's log about a machine.</summary>
public sealed record MaasEvent
{
    public int Id { get; init; }

    /// <summary>System id.</summary>
    public string Node { get; init; } = "";

    public string Hostname { get; init; } = "";

    public string Level { get; init; } = "";

    /// <summary>As MAAS writes it: <c>Fri, 21 Aug. 2026 21:37:09</c>.</summary>
    public string Created { get; init; } = "";

    public string Type { get; init; } = "";

    public string Description { get; init; } = "";

    public string? Username { get; init; }
}

/// <summary>Which events.</summary>
public sealed record EventQuery
{
    public IReadOnlyList<string> SystemIds { get; init; } = [];

    public IReadOnlyList<string> Hostnames { get; init; } = [];

    public IReadOnlyList<string> Zones { get; init; } = [];

    public string? Owner { get; init; }

    /// <summary>
    /// This level and above: <c>DEBUG</c>, <c>INFO</c> (the default), <c>WARNING</c>, <c>ERROR</c>, <c>CRITICAL</c>,
    /// <c>AUDIT</c>.
    /// </summary>
    public string? Level { get; init; }

    /// <summary>At most 1000; MAAS gives 100 unless told.</summary>
    public int? Limit { get; init; }

    /// <summary>Only newer than this id.</summary>
    public int? After { get; init; }

    /// <summary>Only older than this id; not together with <see cref="After"/>.</summary>
    public int? Before { get; init; }

    internal MaasForm ToForm() =>
        new MaasForm()
            .Add("op", "query")
            .AddAll("id", SystemIds)
            .AddAll("hostname", Hostnames)
            .AddAll("zone", Zones)
            .Add("owner", Owner)
            .Add("level", Level)
            .Add("limit", Limit)
            .Add("after", After)
            .Add("before", Before);
}

/// <summary><c>events/</c></summary>
public sealed class EventsApi
{
    private readonly MaasHttp _http;

    internal EventsApi(MaasHttp http) => _http = http;

    /// <summary>Newest first.</summary>
    public async Task<IReadOnlyList<MaasEvent>> QueryAsync(EventQuery query, CancellationToken cancellationToken) =>
        (await _http.GetAsync<Page>("events/", query.ToForm(), cancellationToken)).Events;

    private sealed record Page(int Count, IReadOnlyList<MaasEvent> Events);
}
