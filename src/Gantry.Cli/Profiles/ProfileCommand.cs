using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Completion;
using Gantry.Cli.Connection;
using Gantry.Cli.Documents;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Profiles;

/// <summary><c>gantry profile …</c>: cluster profiles.</summary>
public sealed class ProfileCommand(CliHost host, ConnectionOptions connection)
{
    public Command Create() =>
        new("profile", "Manage cluster profiles: OS, Kubernetes and add-on layers")
        {
            ListCommand(),
            GetCommand(),
            CreateCommand(),
            EditCommand(),
            ExportCommand(),
            DeleteCommand(),
        };

    private Command ListCommand()
    {
        var list = new Command("list", "List cluster profiles");
        list.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var profiles = await ProfileNames.AllAsync(console, cancellationToken);
                Printer.Write(
                    host,
                    connection.Format(command),
                    profiles,
                    () =>
                        profiles.Aggregate(
                            new Table("NAME", "VERSION", "UID"),
                            (table, profile) => table.Row(profile.Metadata.Name, profile.Spec.Version, profile.Metadata.Uid)
                        )
                );
            }
        );
        return list;
    }

    private Command GetCommand()
    {
        var name = Name();
        var get = new Command("get", "Show the layers of a profile; -o yaml includes their values") { name };
        get.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var uid = (await ProfileNames.FindAsync(console, command.GetRequiredValue(name), option: null, cancellationToken))
                    .Metadata
                    .Uid;
                var profile = await console.CallAsync(Operations.Profiles.Get, [("uid", uid)], cancellationToken);
                var document =
                    connection.Format(command) is OutputFormat.Table
                        ? null
                        : await DocumentAsync(console, profile, cancellationToken);
                Printer.Write(
                    host,
                    connection.Format(command),
                    document,
                    () =>
                        (profile.Spec.Published?.Packs ?? []).Aggregate(
                            new Table("LAYER", "PACK", "VERSION"),
                            (table, pack) => table.Row(pack.Layer, pack.Name, pack.Tag)
                        )
                );
            }
        );
        return get;
    }

    private Command CreateCommand()
    {
        var file = new Option<string>("--file", "-f")
        {
            Description =
                "Profile as YAML or JSON, as `profile export`, `profile get` or the API writes it; - reads standard input",
            Required = true,
        };
        var name = new Option<string?>("--name") { Description = "Name of the profile [default: from the file]" };
        var version = new Option<string?>("--version")
        {
            Description = "Version of the profile, for example 1.0.1 [default: from the file]",
        };
        var create = new Command("create", "Create a profile from a file and publish it") { file, name, version };
        create.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var entity = ProfileFile.ToCreate(
                    Read(command.GetRequiredValue(file)),
                    command.GetValue(name),
                    command.GetValue(version)
                );
                var created = await console.CallAsync(Operations.Profiles.Create, [], entity, cancellationToken);
                await console.CallAsync(Operations.Profiles.Publish, [("uid", created.Uid)], cancellationToken);
                Printer.Write(host, connection.Format(command), created, () => new Table("UID").Row(created.Uid));
            }
        );
        return create;
    }

    private Verb ExportCommand()
    {
        var name = Name();
        var export = new Verb(
            "export",
            "Write a profile as a document for `gantry apply -f`",
            "gantry profile export base:1.0.0 > base.yaml"
        )
        {
            name,
        };
        export.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var document = await DocumentAsync(console, command.GetRequiredValue(name), cancellationToken);
                Documents.ExportCommand.Write(host, connection.Format(command), [document]);
            }
        );
        return export;
    }

    private Verb EditCommand()
    {
        var name = Name();
        var edit = new Verb(
            "edit",
            "Edit a profile with $EDITOR and publish it; another version in the text makes another version",
            "gantry profile edit base:1.0.0"
        )
        {
            name,
        };
        edit.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var before = DocumentText.Write(await DocumentAsync(console, command.GetRequiredValue(name), cancellationToken));
                var folder = Directory.CreateTempSubdirectory("gantry-profile-");
                var file = Path.Combine(folder.FullName, "profile.yaml");
                var after = await new ProfileEditor(host).EditAsync(file, before, cancellationToken);
                if (after == before)
                {
                    host.Error.WriteLine("nothing was changed");
                    folder.Delete(recursive: true);
                    return;
                }

                // The text stays until the console has taken it.
                var files = new DocumentFiles(host);
                var answer = await files.ApplyAsync(console, files.Read([(file, after)]), dryRun: false, cancellationToken);
                folder.Delete(recursive: true);
                Printer.Write(host, connection.Format(command), answer, () => DocumentReport.Of(answer, (_, _) => "edited"));
                host.Error.WriteLine(DocumentReport.Count(answer));
            }
        );
        return edit;
    }

    private static async Task<ClusterProfileDocument> DocumentAsync(
        ConsoleSession console,
        string named,
        CancellationToken cancellationToken
    )
    {
        var found = await ProfileNames.FindAsync(console, named, option: null, cancellationToken);
        return await console.CallAsync(Operations.Documents.GetProfile, [("uid", found.Metadata.Uid)], cancellationToken);
    }

    private Command DeleteCommand()
    {
        var name = Name();
        var delete = new Command("delete", "Delete a profile that no cluster uses") { name };
        delete.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var found = ProfileNames.FindOnly(
                    await ProfileNames.AllAsync(console, cancellationToken),
                    command.GetRequiredValue(name)
                );
                await console.CallAsync(Operations.Profiles.Delete, [("uid", found.Metadata.Uid)], cancellationToken);
                host.Error.WriteLine($"cluster profile {ProfileNames.Full(found)} is deleted");
            }
        );
        return delete;
    }

    private Argument<string> Name() =>
        new Argument<string>("name")
        {
            Description = "Name, NAME:VERSION or uid; a name alone means its newest version",
        }.CompletedFrom(connection, NamesAsync);

    private static async Task<IEnumerable<string?>> NamesAsync(ConsoleSession console, CancellationToken cancellationToken) =>
        (await ProfileNames.AllAsync(console, cancellationToken)).Select(ProfileNames.Full);

    // The API lists manifests by reference; a complete profile file needs their content.
    private static async Task<JsonNode?> DocumentAsync(
        ConsoleSession console,
        ProfileView profile,
        CancellationToken cancellationToken
    )
    {
        var document = JsonSerializer.SerializeToNode(profile, ApiJson.Options);
        foreach (var pack in (profile.Spec.Published?.Packs ?? []).Where(pack => pack.Manifests is { Count: > 0 }))
        {
            var manifests = await console.CallAsync(
                Operations.Profiles.ListManifests,
                [("uid", profile.Metadata.Uid), ("packName", pack.Name)],
                cancellationToken
            );
            var shown = document?["spec"]?["published"]?["packs"]?.AsArray().First(one => (string?)one?["name"] == pack.Name);
            foreach (var manifest in (shown?["manifests"]?.AsArray() ?? []).OfType<JsonObject>())
            {
                manifest["content"] = manifests
                    .Items.FirstOrDefault(one => one.Metadata.Name == (string?)manifest["name"])
                    ?.Spec.Published.Content;
            }
        }

        return document;
    }

    private JsonNode? Read(string file)
    {
        try
        {
            return ProfileFile.Parse(file == "-" ? host.In.ReadToEnd() : File.ReadAllText(file));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Usage, $"--file: {file} cannot be read: {unreadable.Message}", unreadable);
        }
    }
}
