using System.Text.Json.Serialization;
using Gantry.Maas.Http;

namespace Gantry.Maas.Events;

/// <summary>An event of a machine in MAAS's event log.</summary>
public sealed record MaasEvent
{
    public int Id { get; init; }

    /// <summary>System id of the machine.</summary>
    public string Node { get; init; } = "";

    public string Hostname { get; init; } = "";

    public string Level { get; init; } = "";

    /// <summary>Time in MAAS's form: <c>Fri, 21 Aug. 2026 21:37:09</c>.</summary>
    public string Created { get; init; } = "";

    [JsonRequired]
    public string Type { get; init; } = "";

    [JsonRequired]
    public string Description { get; init; } = "";

    public string? Username { get; init; }
}

/// <summary>Selects events.</summary>
public sealed record EventQuery
{
    public IReadOnlyList<string> SystemIds { get; init; } = [];

    public IReadOnlyList<string> Hostnames { get; init; } = [];

    public IReadOnlyList<string> Zones { get; init; } = [];

    public string? Owner { get; init; }

    /// <summary>
    /// The lowest level to list: <c>DEBUG</c>, <c>INFO</c> (the default), <c>WARNING</c>, <c>ERROR</c>, <c>CRITICAL</c>,
    /// <c>AUDIT</c>.
    /// </summary>
    public string? Level { get; init; }

    /// <summary>At most 1000; 100 by default.</summary>
    public int? Limit { get; init; }

    /// <summary>Only events newer than this id.</summary>
    public int? After { get; init; }

    /// <summary>Only events older than this id. MAAS refuses it together with <see cref="After"/>.</summary>
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

    /// <summary>Lists events, newest first.</summary>
    public async Task<MaasList<MaasEvent>> QueryAsync(EventQuery query, CancellationToken cancellationToken) =>
        (await _http.GetAsync<Page>("events/", query.ToForm(), cancellationToken)).Events;

    private sealed record Page(MaasList<MaasEvent> Events);
}
