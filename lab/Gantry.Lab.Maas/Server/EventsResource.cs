using System.Globalization;
using System.Text.Json.Nodes;
using Gantry.Lab.Maas.Json;
using Gantry.Lab.Maas.Machines;
using Gantry.Lab.Maas.Routing;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Server;

/// <summary><c>events/</c></summary>
internal sealed class EventsResource(RegionState state)
{
    private static readonly string[] Levels = ["AUDIT", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];

    private static readonly string[] Filters =
    [
        "hostname",
        "mac_address",
        "domain",
        "zone",
        "agent_name",
        "id",
        "level",
        "limit",
        "owner",
    ];

    public IEnumerable<Resource> Resources => [new("Events", "events/", Operation.Read(Query, "query"))];

    private RegionAnswer Query(RegionRequest request)
    {
        var query = request.Query;
        var level = query["level"] ?? "INFO";
        if (!Levels.Contains(level))
        {
            throw RegionFault.Text(400, $"Unrecognised log level: {level}");
        }

        var limit = ReadInteger(query, "limit") ?? 100;
        if (limit > 1000)
        {
            throw RegionFault.Text(400, $"Requested number of events {limit} is greater than limit: 1000");
        }

        var (after, before) = (ReadInteger(query, "after"), ReadInteger(query, "before"));
        if (after is not null && before is not null)
        {
            throw RegionFault.Text(400, "There is undetermined behaviour when both `after` and `before` are specified.");
        }

        var matching = state.Events.All.Where(happened =>
            (level == "AUDIT" ? happened.Level == "AUDIT" : Array.IndexOf(Levels, happened.Level) >= Array.IndexOf(Levels, level))
            && Fits(query, happened, request.Caller)
            && (after is null || happened.Id > after)
            && (before is null || happened.Id < before)
        );

        // With `after`, MAAS selects the oldest following events and still lists the newest first. No page is empty by its limit.
        var size = Math.Max(limit, 1);
        var page = after is null ? matching.Reverse().Take(size).ToList() : [.. matching.Take(size).Reverse()];
        return RegionAnswer.Json(
            new JsonObject
            {
                ["count"] = page.Count,
                ["events"] = new JsonArray([.. page.Select(happened => (JsonNode)OtherJson.Event(state, happened))]),
                ["next_uri"] = page.Count > 0 ? $"{Link(query)}&after={page[0].Id}" : Link(query),
                ["prev_uri"] = page.Count > 0 ? $"{Link(query)}&before={page[^1].Id}" : null,
            }
        );
    }

    /// <summary>Events are of machines that the caller may see and that the query names.</summary>
    private bool Fits(Parameters query, EventRow happened, UserRow caller)
    {
        var machine = state.Machines.Find(happened.SystemId);
        if (machine is null)
        {
            return caller.IsAdmin && !Filters.Any(name => name is not ("level" or "limit") && query.Has(name));
        }

        bool Named(string name, Func<string, bool> fits) => !query.Has(name) || query.All(name).Any(fits);
        return MachinesResource.MayView(caller, machine)
            && Named("id", id => machine.SystemId == id)
            && Named("hostname", hostname => machine.Hostname == hostname)
            && Named("zone", zone => state.Zones.Find(zone)?.Id == machine.ZoneId)
            && Named("agent_name", agent => machine.AgentName == agent)
            && Named("owner", owner => happened.Username == owner)
            && Named("domain", domain => state.Domains.Find(machine.DomainId)!.Name == domain)
            && Named(
                "mac_address",
                mac => machine.Nics.Any(nic => string.Equals(nic.Mac, mac, StringComparison.OrdinalIgnoreCase))
            );
    }

    private static string Link(Parameters query) =>
        "/MAAS/api/2.0/events/?op=query"
        + string.Concat(
            query
                .Fields.Where(field => Filters.Contains(field.Key))
                .Select(field => $"&{field.Key}={Uri.EscapeDataString(field.Value)}")
        );

    private static int? ReadInteger(Parameters query, string name) =>
        query[name] is not { } text ? null
        : int.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number
        : throw RegionFault.Text(400, $"Invalid {name}: Please enter an integer value");
}
