using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Gantry.Lab.Maas.Json;
using Gantry.Lab.Maas.Routing;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Users;

/// <summary><c>users/</c> and <c>account/</c></summary>
internal sealed class UsersResource(RegionState state)
{
    /// <summary>The name of a key that was given none.</summary>
    public const string UnnamedKey = "MAAS consumer";

    private readonly SshKeys _sshKeys = new(state);

    public IEnumerable<Resource> Resources =>
        [
            new(
                "Users",
                "users/",
                Operation.Create(Create),
                Operation.Read(List),
                Operation.Read(request => RegionAnswer.Json(UserJson.User(request.Caller)), "whoami")
            ),
            new("User", "users/{username}/", Operation.Read(Read), Operation.Delete(Delete)),
            new(
                "Account",
                "account/",
                Operation.Do("create_authorisation_token", CreateToken),
                Operation.Do("delete_authorisation_token", DeleteToken),
                Operation.Do("update_token_name", RenameToken),
                Operation.Read(ListTokens, "list_authorisation_tokens")
            ),
            .. _sshKeys.Resources,
        ];

    private RegionAnswer List(RegionRequest request) =>
        RegionAnswer.JsonList(state.Users.All.OrderBy(user => user.Username, StringComparer.Ordinal).Select(UserJson.User));

    private RegionAnswer Create(RegionRequest request)
    {
        request.RequireAdmin();
        var form = request.Form;
        var name = form.Mandatory("username");
        var email = form.Mandatory("email");
        var password = form.Mandatory("password");
        var admin = form.Mandatory("is_superuser") switch
        {
            "1" => true,
            "0" => false,
            _ => throw RegionFault.Text(400, "Invalid is_superuser: Value must be one of: 0; 1"),
        };
        if (state.Users.Has(name) || state.Users.All.Any(user => user.Email == email))
        {
            throw Conflict();
        }

        return RegionAnswer.Json(UserJson.User(state.Users.Put(new UserRow(name, email, admin) { Password = password })));
    }

    /// <summary>The database's refusal, which MAAS takes for a clash with somebody else and tries again until it gives up.</summary>
    private static RegionFault Conflict() =>
        new(
            RegionAnswer.Html(
                409,
                "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Transitional//EN\" "
                    + "\"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd\">\n"
                    + "<html xmlns=\"http://www.w3.org/1999/xhtml\" xml:lang=\"en\" lang=\"en\">\n  <head>\n"
                    + "    <title>Error: Conflict Error</title>\n  </head>\n  <body>\n    <h2 class=\"p-heading--four\">\n"
                    + "      Conflict error. Try your request again, as it will most likely succeed.\n"
                    + "    </h2>\n  </body>\n</html>\n"
            ) with
            {
                RetryAfter = 5,
                Vary = null,
            }
        );

    private RegionAnswer Read(RegionRequest request) =>
        RegionAnswer.Json(UserJson.User(state.Users.Find(request.At("username")) ?? throw RegionFault.Missing("User")));

    /// <summary>A user that is not there is as good as deleted; one that owns something stays.</summary>
    private RegionAnswer Delete(RegionRequest request)
    {
        request.RequireAdmin();
        var name = request.At("username");
        if (name == request.Caller.Username)
        {
            throw RegionFault.Text(400, "An administrator cannot self-delete.");
        }

        var heir = request.Query.Filled("transfer_resources_to") is { } wanted
            ? state.Users.Find(wanted) ?? throw RegionFault.Missing("User")
            : null;
        foreach (var machine in state.Machines.All.Where(machine => machine.Owner == name).ToList())
        {
            if (heir is null)
            {
                throw StillOwns(name, "node(s)");
            }

            state.Machines.Put(machine with { Owner = heir.Username });
        }

        foreach (var address in state.Addresses.All.Where(address => address.Owner == name).ToList())
        {
            if (heir is null)
            {
                throw StillOwns(name, "static IP address(es)");
            }

            state.Addresses.Put(address with { Owner = heir.Username });
        }

        foreach (var range in state.Ranges.All.Where(range => range.Owner == name).ToList())
        {
            if (heir is null)
            {
                throw StillOwns(name, "IP range(s)");
            }

            state.Ranges.Put(range with { Owner = heir.Username });
        }

        state.Users.Remove(name);
        foreach (var key in state.Keys.All.Where(key => key.Username == name).ToList())
        {
            state.Keys.Remove(key.TokenKey);
        }

        return RegionAnswer.Deleted();
    }

    private static RegionFault StillOwns(string name, string what) =>
        RegionFault.Text(400, $"Cannot delete user. {name} still owns 1 {what}. Specify a user to transfer their resources to.");

    private RegionAnswer ListTokens(RegionRequest request) =>
        RegionAnswer.JsonList(
            Mine(request)
                .Select(key => new JsonObject
                {
                    ["name"] = key.Name,
                    ["token"] = $"{key.ConsumerKey}:{key.TokenKey}:{key.TokenSecret}",
                })
        );

    private RegionAnswer CreateToken(RegionRequest request)
    {
        var caller = request.Caller.Username;
        var created = state.Keys.Put(NewKey(state, caller, request.Form.Filled("name") ?? UnnamedKey));
        return RegionAnswer.Json(Login.Shown(created));
    }

    private RegionAnswer DeleteToken(RegionRequest request)
    {
        state.Keys.Remove(Own(request, request.Form.Mandatory("token_key")).TokenKey);
        return RegionAnswer.Deleted();
    }

    private RegionAnswer RenameToken(RegionRequest request)
    {
        var given = request.Form.Mandatory("token");
        var name = request.Form.Mandatory("name");
        state.Keys.Put(Own(request, given.Split(':') is [_, var token, _] ? token : given) with { Name = name });
        return RegionAnswer.Plain(202, "Accepted");
    }

    private IEnumerable<KeyRow> Mine(RegionRequest request) =>
        state.Keys.All.Where(key => key.Username == request.Caller.Username && key.SystemId is null);

    private KeyRow Own(RegionRequest request, string token) =>
        Mine(request).FirstOrDefault(key => key.TokenKey == token) ?? throw RegionFault.Missing("Token");

    /// <summary>Keys are unique and may be guessable: the lab listens on loopback only.</summary>
    public static KeyRow NewKey(RegionState state, string user, string name, string? systemId = null)
    {
        var count = state.Next("token");
        return new KeyRow(
            Letters(user, count, "consumer", 18),
            Letters(user, count, "token", 18),
            Letters(user, count, "secret", 32),
            user,
            name,
            systemId
        );
    }

    private static string Letters(string user, int count, string part, int length)
    {
        const string Alphabet = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789";
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{user}/{count}/{part}"));
        return string.Concat(hash.Take(length).Select(value => Alphabet[value % Alphabet.Length]));
    }
}
