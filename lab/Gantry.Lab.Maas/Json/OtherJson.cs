using System.Text.Json.Nodes;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Json;

/// <summary>The JSON of zones, pools, tags, images and events in MAAS 3.7.</summary>
internal static class OtherJson
{
    public static JsonObject Zone(ZoneRow zone) =>
        new()
        {
            ["name"] = zone.Name,
            ["description"] = zone.Description,
            ["id"] = zone.Id,
            ["resource_uri"] = $"/MAAS/api/2.0/zones/{zone.Name}/",
        };

    public static JsonObject Pool(PoolRow pool) =>
        new()
        {
            ["name"] = pool.Name,
            ["description"] = pool.Description,
            ["id"] = pool.Id,
            ["resource_uri"] = $"/MAAS/api/2.0/resourcepool/{pool.Id}/",
        };

    public static JsonObject Tag(TagRow tag) =>
        new()
        {
            ["name"] = tag.Name,
            ["definition"] = tag.Definition,
            ["comment"] = tag.Comment,
            ["kernel_opts"] = tag.KernelOpts,
            ["resource_uri"] = $"/MAAS/api/2.0/tags/{tag.Name}/",
        };

    public static JsonObject Image(ImageRow image)
    {
        var json = new JsonObject
        {
            ["id"] = image.Id,
            ["type"] = image.Type,
            ["name"] = image.Name,
            ["architecture"] = image.Architecture,
            ["resource_uri"] = $"/MAAS/api/2.0/boot-resources/{image.Id}/",
            ["last_deployed"] = null,
            ["subarches"] = image.Subarches,
        };
        if (image.Type == "Synced")
        {
            json["platform"] = "generic";
            json["supported_platforms"] = "generic";
        }

        if (image.Title is not null)
        {
            json["title"] = image.Title;
        }

        if (image.BaseImage is not null)
        {
            json["base_image"] = image.BaseImage;
        }

        return json;
    }

    public static JsonObject Notification(NotificationRow notification) =>
        new()
        {
            ["ident"] = notification.Ident,
            ["user"] = null,
            ["users"] = false,
            ["admins"] = true,
            ["message"] = notification.Message,
            ["context"] = new JsonObject(),
            ["category"] = notification.Category,
            ["dismissable"] = true,
            ["id"] = notification.Id,
            ["resource_uri"] = $"/MAAS/api/2.0/notifications/{notification.Id}/",
        };

    public static JsonObject Event(RegionState state, EventRow happened) =>
        new()
        {
            ["username"] = happened.Username,
            ["node"] = happened.SystemId,
            ["hostname"] = state.Machines.Find(happened.SystemId)?.Hostname ?? happened.Hostname ?? "",
            ["id"] = happened.Id,
            ["level"] = happened.Level,
            ["created"] = happened.At.ToString("ddd, dd MMM'.' yyyy HH:mm:ss"),
            ["type"] = happened.Type,
            ["description"] = happened.Description,
        };
}
