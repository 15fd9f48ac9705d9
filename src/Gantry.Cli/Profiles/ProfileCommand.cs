using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Cli.Api;
using Gantry.Cli.Completion;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Profiles;

/// <summary><c>gantry profile …</c>: what clusters are made of.</summary>
public sealed class ProfileCommand(CliHost host, ConnectionOptions connection)
{
    public Command Create() => new("profile", "Describe what clusters are made of") { ListCommand(), GetCommand(), CreateCommand(), DeleteCommand() };

    private Command ListCommand()
    {
        var list = new Command("list", "List cluster profiles");
        list.SetAction(async (command, cancel) =>
        {
            using var console = new ConsoleClient(connection.Resolve(command));
            var profiles = await AllAsync(console, cancel);
            Printer.Write(host, connection.Format(command), profiles, () => profiles.Aggregate(
                new Table("NAME", "VERSION", "UID"),
                (table, profile) => table.Row(
                    (string?)profile?["metadata"]?["name"], (string?)profile?["spec"]?["version"], (string?)profile?["metadata"]?["uid"])));
        });
        return list;
    }

    private Command GetCommand()
    {
        var name = Name();
        var get = new Command("get", "Show a profile's layers; -o yaml shows their values too") { name };
        get.SetAction(async (command, cancel) =>
        {
            using var console = new ConsoleClient(connection.Resolve(command));
            var uid = Named.Find("cluster profile", await AllAsync(console, cancel), command.GetRequiredValue(name));
            var profile = await console.GetAsync($"v1/clusterprofiles/{uid}", cancel);
            if (connection.Format(command) is not OutputFormat.Table)
            {
                await AddContentsAsync(console, uid, profile, cancel);
            }

            Printer.Write(host, connection.Format(command), profile, () =>
                (profile?["spec"]?["published"]?["packs"]?.AsArray() ?? []).Aggregate(
                    new Table("LAYER", "PACK", "VERSION"),
                    (table, pack) => table.Row((string?)pack?["layer"], (string?)pack?["name"], (string?)pack?["tag"])));
        });
        return get;
    }

    private Command CreateCommand()
    {
        var file = new Option<string>("--file", "-f") { Description = "Profile as JSON, from `profile get -o json` or as the API takes it; - reads standard input", Required = true };
        var name = new Option<string?>("--name") { Description = "What to call it instead of the file's name" };
        var version = new Option<string?>("--version") { Description = "Its version instead of the file's, for example 1.0.1" };
        var create = new Command("create", "Create a profile from a file and publish it") { file, name, version };
        create.SetAction(async (command, cancel) =>
        {
            using var console = new ConsoleClient(connection.Resolve(command));
            var created = await console.PostAsync("v1/clusterprofiles", ProfileFile.ToCreate(Read(command.GetRequiredValue(file)), command.GetValue(name), command.GetValue(version)), cancel);
            var uid = (string?)created?["uid"];
            await console.PatchAsync($"v1/clusterprofiles/{uid}/publish", null, cancel);
            Printer.Write(host, connection.Format(command), created, () => new Table("UID").Row(uid));
        });
        return create;
    }

    private Command DeleteCommand()
    {
        var name = Name();
        var delete = new Command("delete", "Delete a profile that no cluster uses") { name };
        delete.SetAction(async (command, cancel) =>
        {
            using var console = new ConsoleClient(connection.Resolve(command));
            var wanted = command.GetRequiredValue(name);
            await console.DeleteAsync(
                $"v1/clusterprofiles/{Named.Find("cluster profile", await AllAsync(console, cancel), wanted)}", cancel);
            host.Error.WriteLine($"cluster profile {wanted} is deleted");
        });
        return delete;
    }

    private Argument<string> Name() => new Argument<string>("name") { Description = "Name or uid" }.CompletedFrom(connection, AllAsync);

    // The API shows manifests by reference; a file that is to stand for the profile needs what they say.
    private static async Task AddContentsAsync(ConsoleClient console, string uid, JsonNode? profile, CancellationToken cancel)
    {
        foreach (var pack in (profile?["spec"]?["published"]?["packs"] as JsonArray ?? []).Where(pack => pack?["manifests"] is JsonArray { Count: > 0 }))
        {
            var path = $"v1/clusterprofiles/{uid}/packs/{Uri.EscapeDataString((string)pack!["name"]!)}/manifests";
            var contents = (await console.GetAsync(path, cancel))?["items"] as JsonArray ?? [];
            foreach (var manifest in pack["manifests"]!.AsArray().OfType<JsonObject>())
            {
                manifest["content"] = contents.FirstOrDefault(one => (string?)one?["metadata"]?["name"] == (string?)manifest["name"])
                    ?["spec"]?["published"]?["content"]?.DeepClone();
            }
        }
    }

    private static async Task<JsonArray> AllAsync(ConsoleClient console, CancellationToken cancel) =>
        (await console.GetAsync("v1/dashboard/clusterprofiles/metadata", cancel))?["items"]?.AsArray() ?? [];

    private JsonNode? Read(string file)
    {
        try
        {
            return JsonNode.Parse(file == "-" ? host.In.ReadToEnd() : File.ReadAllText(file));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new CliException(ExitCode.Usage, $"--file: {file} cannot be read: {unreadable.Message}", unreadable);
        }
    }
}
