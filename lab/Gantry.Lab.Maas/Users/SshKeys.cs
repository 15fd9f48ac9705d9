using System.Globalization;
using System.Text.Json.Nodes;
using Gantry.Lab.Maas.Routing;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Users;

/// <summary><c>account/prefs/sshkeys/</c></summary>
internal sealed class SshKeys(RegionState state)
{
    public IEnumerable<Resource> Resources =>
        [
            new("SSHKeys", "account/prefs/sshkeys/", Operation.Create(Create), Operation.Read(List)),
            new("SSHKey", "account/prefs/sshkeys/{id}/", Operation.Read(Read), Operation.Delete(Delete)),
        ];

    private RegionAnswer List(RegionRequest request) =>
        RegionAnswer.JsonList(state.SshKeys.All.Where(key => key.Username == request.Caller.Username).Select(Shown));

    private RegionAnswer Create(RegionRequest request)
    {
        var caller = request.Caller.Username;
        var key = request.Bound.Required("key").Trim();
        if (!IsPublicKey(key))
        {
            throw RegionFault.Field("key", "Invalid SSH public key: Invalid value.");
        }

        if (state.SshKeys.All.Any(one => one.Username == caller && one.Key == key))
        {
            throw RegionFault.Field("__all__", "This key has already been added for this user.");
        }

        // A new key is shown without what a key of the list has.
        var row = state.SshKeys.Put(new SshKeyRow(state.Next("sshkey"), caller, key));
        return RegionAnswer.Json(new JsonObject { ["key"] = row.Key, ["id"] = row.Id }, 201);
    }

    private RegionAnswer Read(RegionRequest request) => RegionAnswer.Json(Shown(Find(request)));

    private RegionAnswer Delete(RegionRequest request)
    {
        var key = Find(request);
        if (key.Username != request.Caller.Username)
        {
            throw new RegionFault(RegionAnswer.Plain(403, "Can't delete a key you don't own."));
        }

        state.SshKeys.Remove(key.Id);
        return RegionAnswer.Deleted();
    }

    private SshKeyRow Find(RegionRequest request) =>
        state.SshKeys.All.FirstOrDefault(key => key.Id.ToString(CultureInfo.InvariantCulture) == request.At("id"))
        ?? throw RegionFault.Missing("SSHKey");

    private static JsonObject Shown(SshKeyRow key) =>
        new()
        {
            ["id"] = key.Id,
            ["key"] = key.Key,
            ["keysource"] = "",
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
}
