using System.Text.Json.Nodes;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Json;

internal static class UserJson
{
    public static JsonObject User(UserRow user) =>
        new()
        {
            ["is_superuser"] = user.IsAdmin,
            ["username"] = user.Username,
            ["email"] = user.Email,
            ["is_local"] = true,
            ["resource_uri"] = $"/MAAS/api/2.0/users/{user.Username}/",
        };
}
