using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Gantry.Lab.Maas.Json;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Users;

/// <summary>The endpoints of <c>users/</c> and <c>account/</c>.</summary>
internal sealed class UsersResource(RegionState state)
{
    public RegionAnswer? Handle(RegionRequest request, string[] segments)
    {
        _ = request.Caller;
        return segments switch
        {
            ["users"] => Collection(request),
            ["users", var name] => One(request, name),
            ["account"] => Account(request),
            ["account", "prefs", "sshkeys"] => SshKeys(request),
            ["account", "prefs", "sshkeys", var id] => SshKey(request, id),
            _ => null,
        };
    }

    private RegionAnswer Collection(RegionRequest request)
    {
        switch (request.Method, request.Operation)
        {
            case ("GET", "whoami"):
                return RegionAnswer.Json(UserJson.User(request.Caller));
            case ("GET", null):
                return RegionAnswer.Json(new JsonArray([.. state.Users.All.Select(user => (JsonNode)UserJson.User(user))]));
            case ("POST", null):
                request.RequireAdmin();
                var name = Required(request.Form, "username");
                var email = Required(request.Form, "email");
                _ = Required(request.Form, "password");
                var admin = Required(request.Form, "is_superuser");
                if (state.Users.Has(name))
                {
                    throw new RegionFault(
                        RegionAnswer.Html(
                            409,
                            "<!DOCTYPE html>\n<html><head><title>409 CONFLICT</title></head><body>\n</body></html>"
                        ) with
                        {
                            RetryAfter = 5,
                        }
                    );
                }

                return RegionAnswer.Json(UserJson.User(state.Users.Put(new UserRow(name, email, admin == "1"))));
            default:
                throw Signatures.Refuse(request, "GET", "POST");
        }
    }

    private RegionAnswer One(RegionRequest request, string name)
    {
        switch (request.Method)
        {
            case "GET":
                return RegionAnswer.Json(UserJson.User(state.Users.Find(name) ?? throw RegionFault.Missing("User")));
            case "DELETE":
                request.RequireAdmin();
                if (name == request.Caller.Username)
                {
                    throw RegionFault.Text(400, "An administrator cannot self-delete.");
                }

                state.Users.Remove(name);
                foreach (var key in state.Keys.All.Where(key => key.Username == name).ToList())
                {
                    state.Keys.Remove(key.TokenKey);
                }

                return RegionAnswer.Deleted();
            default:
                throw Signatures.Refuse(request, "GET", "DELETE");
        }
    }

    private RegionAnswer Account(RegionRequest request)
    {
        var caller = request.Caller.Username;
        switch (request.Method, request.Operation)
        {
            case ("GET", "list_authorisation_tokens"):
                return RegionAnswer.Json(
                    new JsonArray([
                        .. state
                            .Keys.All.Where(key => key.Username == caller)
                            .Select(key =>
                                (JsonNode)
                                    new JsonObject
                                    {
                                        ["name"] = key.Name,
                                        ["token"] = $"{key.ConsumerKey}:{key.TokenKey}:{key.TokenSecret}",
                                    }
                            ),
                    ])
                );
            case ("POST", "create_authorisation_token"):
                var count = state.Next("token");
                var created = state.Keys.Put(
                    new KeyRow(
                        Letters(caller, count, "consumer", 18),
                        Letters(caller, count, "token", 18),
                        Letters(caller, count, "secret", 32),
                        caller,
                        request.Form["name"] ?? "MAAS consumer"
                    )
                );
                return RegionAnswer.Json(
                    new JsonObject
                    {
                        ["token_key"] = created.TokenKey,
                        ["token_secret"] = created.TokenSecret,
                        ["consumer_key"] = created.ConsumerKey,
                        ["name"] = created.Name,
                    }
                );
            case ("POST", "delete_authorisation_token"):
                var doomed = Required(request.Form, "token_key");
                if (state.Keys.Find(doomed)?.Username != caller)
                {
                    throw RegionFault.Missing("Token");
                }

                state.Keys.Remove(doomed);
                return RegionAnswer.Deleted();
            default:
                throw Signatures.Refuse(request, "GET", "POST");
        }
    }

    private RegionAnswer SshKeys(RegionRequest request)
    {
        var caller = request.Caller.Username;
        switch (request.Method)
        {
            case "GET":
                return RegionAnswer.Json(
                    new JsonArray([.. state.SshKeys.All.Where(key => key.Username == caller).Select(key => (JsonNode)Shown(key))])
                );
            case "POST":
                var key = request.Form["key"] is { Length: > 0 } given
                    ? given.Trim()
                    : throw RegionFault.Field("key", "This field is required.");
                if (!IsPublicKey(key))
                {
                    throw RegionFault.Field("key", "Invalid SSH public key: Invalid value.");
                }

                return state.SshKeys.All.Any(one => one.Username == caller && one.Key == key)
                    ? throw RegionFault.Field("__all__", "This key has already been added for this user.")
                    : RegionAnswer.Json(Shown(state.SshKeys.Put(new SshKeyRow(state.Next("sshkey"), caller, key))), 201);
            default:
                throw Signatures.Refuse(request, "GET", "POST");
        }
    }

    private RegionAnswer SshKey(RegionRequest request, string id)
    {
        var key = state.SshKeys.All.FirstOrDefault(one => one.Id.ToString() == id) ?? throw RegionFault.Missing("SSHKey");
        if (key.Username != request.Caller.Username)
        {
            throw RegionFault.Text(403, "Can't delete a key you don't own.");
        }

        if (request.Method == "DELETE")
        {
            state.SshKeys.Remove(key.Id);
            return RegionAnswer.Deleted();
        }

        return request.Method == "GET" ? RegionAnswer.Json(Shown(key)) : throw Signatures.Refuse(request, "GET", "DELETE");
    }

    private static JsonObject Shown(SshKeyRow key) =>
        new()
        {
            ["id"] = key.Id,
            ["key"] = key.Key,
            ["keysource"] = null,
            ["resource_uri"] = $"/MAAS/api/2.0/account/prefs/sshkeys/{key.Id}/",
        };

    private static bool IsPublicKey(string key) =>
        key.Split(' ')
            is [
                ("ssh-ed25519" or "ssh-rsa" or "ecdsa-sha2-nistp256" or "ecdsa-sha2-nistp384" or "ecdsa-sha2-nistp521"),
                var data,
                ..,
            ]
        && Convert.TryFromBase64String(data, new byte[data.Length], out _);

    private static string Required(Parameters form, string name) =>
        form[name] is { Length: > 0 } value ? value : throw RegionFault.Text(400, $"No provided {name}!");

    /// <summary>Keys are unique and may be guessable: the lab listens on loopback only.</summary>
    private static string Letters(string user, int count, string part, int length)
    {
        const string Alphabet = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789";
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{user}/{count}/{part}"));
        return string.Concat(hash.Take(length).Select(value => Alphabet[value % Alphabet.Length]));
    }
}
