using System.Globalization;
using System.Text.Json.Nodes;
using Gantry.Lab.Maas.Json;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Server;

/// <summary>The endpoints of the region itself: version, settings, events, and empty lists of what a lab lacks.</summary>
internal sealed class ServerResource(RegionState state, LabRegionOptions options)
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

    private static readonly string[] Capabilities =
    [
        "networks-management",
        "static-ipaddresses",
        "ipv6-deployment-ubuntu",
        "devices-management",
        "storage-deployment-ubuntu",
        "network-deployment-ubuntu",
        "bridging-interface-ubuntu",
        "bridging-automatic-ubuntu",
        "authenticate-api",
    ];

    public RegionAnswer? Handle(RegionRequest request, string[] segments)
    {
        if (segments is ["version"])
        {
            // The endpoint needs no authentication.
            return request.Method == "GET" ? Version() : throw Signatures.Refuse(request, "GET");
        }

        _ = request.Caller;
        return segments switch
        {
            ["maas"] => Settings(request),
            ["events"] => request is { Method: "GET", Operation: "query" }
                ? Events(request.Query)
                : throw Signatures.Refuse(request, "GET"),
            ["notifications"] or ["rackcontrollers"] or ["regioncontrollers"] or ["devices"] or ["vm-hosts"] or ["pods"] =>
                request is { Method: "GET", Operation: null }
                    ? RegionAnswer.Json(new JsonArray())
                    : throw Signatures.Refuse(request, "GET"),
            _ => null,
        };
    }

    private RegionAnswer Version() =>
        RegionAnswer.Json(
            new JsonObject
            {
                ["capabilities"] = new JsonArray([.. Capabilities.Select(capability => (JsonNode?)capability)]),
                ["version"] = options.Version,
                ["subversion"] = "",
            }
        );

    private RegionAnswer Settings(RegionRequest request)
    {
        switch (request.Method, request.Operation)
        {
            case ("GET", "get_config"):
                var asked = request.Query["name"] is { Length: > 0 } name
                    ? name
                    : throw RegionFault.Text(400, "No provided name!");
                var setting = state.Settings.Find(asked) ?? throw NoSuchSetting(asked);
                return RegionAnswer.Json(setting.Value);
            case ("POST", "set_config"):
                request.RequireAdmin();
                var changed = request.Form["name"] is { Length: > 0 } given
                    ? given
                    : throw RegionFault.Text(400, "No provided name!");
                var value = request.Form["value"] ?? "";
                if (!state.Settings.Has(changed))
                {
                    throw NoSuchSetting(changed);
                }

                if (changed is "default_distro_series" or "commissioning_distro_series" && value is not ("jammy" or "noble"))
                {
                    throw RegionFault.Field(
                        changed,
                        $"'{value}' is not a valid release.  It should be one of: 'jammy', 'noble'."
                    );
                }

                state.Settings.Put(new SettingRow(changed, value));
                return RegionAnswer.Text(200, "OK");
            default:
                throw Signatures.Refuse(request, "GET", "POST");
        }
    }

    private RegionFault NoSuchSetting(string name) =>
        RegionFault.Field(
            name,
            $"{name} is not a valid config setting (valid settings are: "
                + string.Join(
                    ", ",
                    state
                        .Settings.All.Select(setting => setting.Name)
                        .Where(one => !one.StartsWith("lab-", StringComparison.Ordinal))
                )
                + ")."
        );

    private RegionAnswer Events(Parameters query)
    {
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

        var ids = query.All("id");
        var hosts = query.All("hostname");
        var zones = query.All("zone");
        var matching = state.Events.All.Where(happened =>
            (level == "AUDIT" ? happened.Level == "AUDIT" : Array.IndexOf(Levels, happened.Level) >= Array.IndexOf(Levels, level))
            && (ids.Count == 0 || ids.Contains(happened.SystemId))
            && (hosts.Count == 0 || hosts.Contains(state.Machines.Find(happened.SystemId)?.Hostname ?? ""))
            && (zones.Count == 0 || zones.Contains(ZoneOf(happened)))
            && (after is null || happened.Id > after)
            && (before is null || happened.Id < before)
        );

        // With `after`, MAAS selects the oldest following events and still lists the newest first.
        var page = after is null ? matching.Reverse().Take(limit).ToList() : [.. matching.Take(limit).Reverse()];
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

    private string ZoneOf(EventRow happened) =>
        state.Machines.Find(happened.SystemId) is { } machine
            ? state.Zones.All.First(zone => zone.Id == machine.ZoneId).Name
            : "";

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
