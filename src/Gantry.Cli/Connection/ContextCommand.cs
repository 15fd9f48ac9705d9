using System.CommandLine;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Connection;

/// <summary><c>gantry context …</c>: the consoles of the config file, and which one commands speak to.</summary>
public sealed class ContextCommand(CliHost host, ConnectionOptions connection)
{
    public Command Create() =>
        new("context", "List, add, choose and remove consoles of the config file") { List(), Add(), Use(), Remove() };

    private Verb List()
    {
        var list = new Verb("list", "List the contexts; a star marks the current one", "gantry context list");
        list.SetAction(command =>
        {
            var file = ContextFile.Read(host.ConfigFile);
            IReadOnlyList<ContextView> contexts =
            [
                .. file.Contexts.Select(one => new ContextView(one.Name, one.Url, one.Project, one.Name == file.Current)),
            ];
            Printer.Write(
                host,
                connection.Format(command),
                Document(contexts),
                () =>
                    contexts.Aggregate(
                        new Table("CURRENT", "NAME", "URL", "PROJECT"),
                        (table, one) => table.Row(one.Current ? "*" : "", one.Name, one.Url, one.Project)
                    )
            );
        });
        return list;
    }

    private Verb Add()
    {
        var name = new Argument<string>("name") { Description = "Name of the context" };
        var add = new Verb(
            "add",
            "Add a console, or replace the one of that name; takes --url, --api-key, --ca-file and --project",
            "GANTRY_API_KEY=… gantry context add berlin --url https://gantry.berlin.example:8443 --ca-file /etc/gantry/ca.pem"
        )
        {
            name,
        };
        add.SetAction(command =>
        {
            var (called, url) = (command.GetRequiredValue(name), command.GetValue(connection.Url));
            var key = command.GetValue(connection.ApiKey) ?? host.Environment("GANTRY_API_KEY");
            if (url is null || string.IsNullOrEmpty(key))
            {
                throw new CliException(
                    ExitCode.Usage,
                    url is null ? "--url is missing" : "the API key is missing: set GANTRY_API_KEY or --api-key"
                );
            }

            var ca = command.GetValue(connection.CaFile) ?? host.Environment("GANTRY_CA_FILE");
            var file = ContextFile.Read(host.ConfigFile);
            file.Contexts.RemoveAll(one => one.Name == called);
            file.Contexts.Add(
                new ContextEntry
                {
                    Name = called,
                    Url = url,
                    ApiKey = key,
                    CaFile = ca is null ? null : Path.GetFullPath(ca),
                    Project = command.GetValue(connection.Project),
                }
            );
            file.Current ??= called;
            file.Write(host.ConfigFile);
            Printer.Done(
                host,
                connection.Format(command),
                file.Current == called
                    ? $"{called} is the current context"
                    : $"{called} is added; `gantry context use {called}` makes it the current one",
                ("name", called)
            );
        });
        return add;
    }

    private Verb Use()
    {
        var name = Existing();
        var use = new Verb("use", "Make a context the current one", "gantry context use berlin") { name };
        use.SetAction(command =>
        {
            var file = ContextFile.Read(host.ConfigFile);
            file.Current = Find(file, command.GetRequiredValue(name)).Name;
            file.Write(host.ConfigFile);
            Printer.Done(host, connection.Format(command), $"{file.Current} is the current context", ("name", file.Current));
        });
        return use;
    }

    private Verb Remove()
    {
        var name = Existing();
        var remove = new Verb("remove", "Remove a context from the config file", "gantry context remove berlin") { name };
        remove.SetAction(command =>
        {
            var file = ContextFile.Read(host.ConfigFile);
            var gone = Find(file, command.GetRequiredValue(name));
            file.Contexts.Remove(gone);
            file.Current = file.Current == gone.Name ? null : file.Current;
            file.Write(host.ConfigFile);
            Printer.Done(host, connection.Format(command), $"{gone.Name} is removed", ("name", gone.Name));
        });
        return remove;
    }

    private Argument<string> Existing()
    {
        var name = new Argument<string>("name") { Description = "Name of the context", HelpName = "name" };
        name.CompletionSources.Add(_ =>
            ContextFile.Read(host.ConfigFile).Contexts.Select(one => new System.CommandLine.Completions.CompletionItem(one.Name))
        );
        return name;
    }

    private ContextEntry Find(ContextFile file, string name) =>
        file.Find(name) ?? throw ContextFile.Unknown(host.ConfigFile, file, name);

    // Without the keys: a list is shown to others.
    private static System.Text.Json.Nodes.JsonArray Document(IReadOnlyList<ContextView> contexts) =>
        new([
            .. contexts.Select(one => new System.Text.Json.Nodes.JsonObject
            {
                ["name"] = one.Name,
                ["url"] = one.Url,
                ["project"] = one.Project,
                ["current"] = one.Current,
            }),
        ]);

    private sealed record ContextView(string Name, string Url, string? Project, bool Current);
}
