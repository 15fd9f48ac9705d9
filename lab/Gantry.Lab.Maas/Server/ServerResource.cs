using System.Text.Json.Nodes;
using Gantry.Lab.Maas.Json;
using Gantry.Lab.Maas.Routing;

namespace Gantry.Lab.Maas.Server;

/// <summary>The endpoints of the region itself: version, description, settings, notifications, and lists of what a lab lacks.</summary>
internal sealed class ServerResource(RegionState state, LabRegionOptions options, Func<RouteTable> routes)
{
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

    private readonly RegionSettings _settings = new(state);

    public IEnumerable<Resource> Resources =>
        [
            new("Version", "version/", Operation.Read(Version)) { IgnoresKey = true },
            new("", "describe/", Operation.Read(request => new Description(routes()).Answer(request.Origin)))
            {
                IgnoresKey = true,
            },
            .. _settings.Resources,
            new("Notifications", "notifications/", Operation.Read(Notifications)),
            new("Notification", "notifications/{id}/", Operation.Read(Notification), Operation.Do("dismiss", Dismiss)),
            new("VMHosts", "vm-hosts/", Operation.Read(_ => RegionAnswer.JsonList([]))),
            new("Pods", "pods/", Operation.Read(_ => RegionAnswer.JsonList([]))),
        ];

    private RegionAnswer Version(RegionRequest request) =>
        RegionAnswer.Json(
            new JsonObject
            {
                ["capabilities"] = new JsonArray([.. Capabilities.Select(capability => (JsonNode?)capability)]),
                ["version"] = options.Version,
                ["subversion"] = "",
            }
        ) with
        {
            Vary = RegionAnswer.ByKeyAlone,
        };

    /// <summary>The lab's notifications are for administrators.</summary>
    private RegionAnswer Notifications(RegionRequest request) =>
        RegionAnswer.JsonList(request.Caller.IsAdmin ? state.Notifications.All.Select(OtherJson.Notification) : []);

    private RegionAnswer Notification(RegionRequest request) => RegionAnswer.Json(OtherJson.Notification(Find(request)));

    private RegionAnswer Dismiss(RegionRequest request)
    {
        state.Notifications.Remove(Find(request).Id);
        return RegionAnswer.Json(null);
    }

    private Rows.NotificationRow Find(RegionRequest request) =>
        state.Notifications.All.FirstOrDefault(one => $"{one.Id}" == request.At("id") && request.Caller.IsAdmin)
        ?? throw RegionFault.Missing("Notification");
}
