using System.Text.Json.Nodes;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Users;

/// <summary>
/// <c>accounts/authenticate/</c>: gives an API key to who knows the password, without a session. The lab's own users have their names
/// as passwords.
/// </summary>
internal sealed class Login(RegionState state)
{
    public const string Path = "/MAAS/accounts/authenticate/";

    /// <param name="form"><c>username</c>, <c>password</c> and optionally <c>consumer</c>, the name of the key.</param>
    public RegionAnswer Answer(string method, Parameters form)
    {
        if (method != "POST")
        {
            return RegionAnswer.Html(405, "") with { Allow = "POST", Vary = null };
        }

        if (
            state.Users.Find(form["username"] ?? "") is not { SystemId: null } user
            || (user.Password ?? user.Username) != form["password"]
        )
        {
            return RegionAnswer.Html(403, "") with { Vary = null };
        }

        var name = form.Filled("consumer");
        var key =
            state.Keys.All.FirstOrDefault(key => key.Username == user.Username && key.Name == name)
            ?? state.Keys.Put(UsersResource.NewKey(state, user.Username, name ?? UsersResource.UnnamedKey));
        return RegionAnswer.Json(Shown(key)) with { Vary = null };
    }

    public static JsonObject Shown(KeyRow key) =>
        new()
        {
            ["token_key"] = key.TokenKey,
            ["token_secret"] = key.TokenSecret,
            ["consumer_key"] = key.ConsumerKey,
            ["name"] = key.Name,
        };
}
