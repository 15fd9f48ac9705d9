using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Gantry.Cli.Connection;
using Gantry.Cli.Maas;
using Gantry.Cli.Terminal;
using Gantry.Maas;
using Gantry.Maas.Images;

namespace Gantry.Cli.Images;

/// <summary><c>gantry image …</c>: images that hold Kubernetes, in MAAS itself. Changes need an administrator's key.</summary>
public sealed class ImageCommand(CliHost host, ConnectionOptions connection)
{
    // What MAAS calls the files that Canonical's packer-maas and others make, by their ends.
    private static readonly (string End, string Type)[] FileTypes =
    [
        (".tar.gz", "tgz"),
        (".tgz", "tgz"),
        (".tar.bz2", "tbz"),
        (".tar.xz", "txz"),
        (".dd.gz", "ddgz"),
        (".raw.gz", "ddgz"),
        (".dd.xz", "ddxz"),
        (".raw.xz", "ddxz"),
        (".dd.bz2", "ddbz2"),
        (".raw", "ddraw"),
        (".dd", "ddraw"),
    ];

    private readonly MaasOptions _maas = new(host, connection);

    public Command Create() =>
        _maas.AddTo(
            new Command("image", "Manage images that hold Kubernetes, in MAAS itself")
            {
                ListCommand(),
                CheckCommand(),
                UploadCommand(),
                RemoveCommand(),
            }
        );

    private Command ListCommand() =>
        _maas.Calling(
            new Command("list", "List the images in MAAS"),
            async (maas, command, cancel) =>
            {
                var images = await AllAsync(maas, cancel);
                Printer.Write(
                    host,
                    connection.Format(command),
                    new JsonArray([
                        .. images.Select(image => new JsonObject
                        {
                            ["id"] = image.Id,
                            ["name"] = image.Name,
                            ["architecture"] = image.Architecture,
                            ["kubernetes"] = RegionImages.VersionOf(image.Name),
                            ["complete"] = image.Progress is null,
                            ["progress"] = image.Progress,
                        }),
                    ]),
                    () =>
                        images.Aggregate(
                            new Table("IMAGE", "ARCHITECTURE", "TYPE", "KUBERNETES", "SIZE", "STATE"),
                            (table, image) =>
                                table.Row(
                                    image.Name,
                                    image.Architecture,
                                    image.Type,
                                    RegionImages.VersionOf(image.Name) ?? "",
                                    Size(image),
                                    State(image)
                                )
                        )
                );
            }
        );

    private Command CheckCommand()
    {
        var name = new Argument<string>("NAME") { Description = "Name in MAAS, with or without custom/" };
        return _maas.Calling(
            new Command("check", "Check that machines can be installed with an image") { name },
            async (maas, command, cancel) =>
            {
                var found = Named(await AllAsync(maas, cancel), command.GetValue(name)!);
                var problems = new List<string>();
                if (found.Count is 0)
                {
                    problems.Add($"MAAS has no image {command.GetValue(name)}");
                }

                problems.AddRange(
                    found.Where(image => image.Progress is not null).Select(image => $"{Shown(image)}: {State(image)}")
                );
                problems.AddRange(
                    found
                        .Where(image => image is { Type: "Uploaded", BaseImage: null or "" })
                        .Select(image => $"{Shown(image)}: has no base image, so MAAS installs it as the default release")
                );
                var machines = (await maas.Machines.ListAsync(cancel))
                    .GroupBy(machine => machine.Architecture.Split('/')[0])
                    .Where(group => found.Count > 0 && found.All(image => image.Architecture.Split('/')[0] != group.Key))
                    .Select(group =>
                        $"{group.Count()} machines of {group.Key} cannot get it: MAAS has it for other architectures"
                    );
                problems.AddRange(machines);
                foreach (var problem in problems)
                {
                    host.Out.WriteLine(problem);
                }

                if (found.Count is 0 || found.All(image => image.Progress is not null))
                {
                    throw new CliException(ExitCode.Refused, $"no machine can be installed with {command.GetValue(name)}");
                }

                host.Out.WriteLine(
                    $"{command.GetValue(name)} can be installed"
                        + (
                            RegionImages.VersionOf(found[0].Name) is { } version
                                ? $"; its name says that it holds Kubernetes {version}"
                                : "; its name says no version of Kubernetes, so a layer has to name it"
                        )
                );
            }
        );
    }

    private Command UploadCommand()
    {
        var file = new Argument<FileInfo>("FILE") { Description = "The image, as packer-maas writes it" };
        var name = new Option<string>("--name")
        {
            Description = "Name in MAAS, for example custom/ubuntu-24.04-k8s-1.36.5",
            Required = true,
        };
        var architecture = new Option<string>("--architecture")
        {
            Description = "Architecture of the machines",
            DefaultValueFactory = _ => "amd64",
        };
        var baseImage = new Option<string>("--base-image")
        {
            Description = "Release that the image is built on",
            DefaultValueFactory = _ => "ubuntu/noble",
        };
        var type = new Option<string?>("--filetype")
        {
            Description = "tgz, ddgz, ddraw, … [default: by the end of the file's name]",
        };
        return _maas.Calling(
            new Command("upload", "Upload an image; an upload that was cut goes on where it ended")
            {
                file,
                name,
                architecture,
                baseImage,
                type,
            },
            async (maas, command, cancel) =>
            {
                var from = command.GetValue(file)!;
                if (!from.Exists)
                {
                    throw new CliException(ExitCode.Usage, $"{from.FullName} is not there");
                }

                await using var content = from.OpenRead();
                var sum = Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancel));
                content.Position = 0;
                var upload = new BootResourceUpload(
                    command.GetValue(name)!,
                    command.GetValue(architecture)! is var given && given.Contains('/', StringComparison.Ordinal)
                        ? given
                        : $"{given}/generic",
                    command.GetValue(type) ?? TypeOf(from.Name),
                    sum,
                    from.Length,
                    BaseImage: command.GetValue(baseImage)
                );
                var begun = Named(await AllAsync(maas, cancel), upload.Name)
                    .Find(image => image.Architecture == upload.Architecture && Has(image, sum));
                if (begun is { Progress: null })
                {
                    host.Out.WriteLine($"{Shown(begun)} is in MAAS already");
                    return;
                }

                if (begun is not null)
                {
                    host.Error.WriteLine($"{Shown(begun)}: {State(begun)}; the upload goes on");
                }

                var done = await maas.BootResources.ResumeAsync(
                    begun ?? await maas.BootResources.CreateAsync(upload, cancel),
                    content,
                    bytes => Tell(bytes, from.Length),
                    cancel
                );
                if (done.Progress is not null)
                {
                    throw new CliException(ExitCode.Refused, $"{Shown(done)}: {State(done)}; repeat the command to go on");
                }

                host.Out.WriteLine($"{Shown(done)} is in MAAS, with SHA-256 {sum}");
            }
        );
    }

    private Command RemoveCommand()
    {
        var name = new Argument<string>("NAME") { Description = "Name in MAAS, with or without custom/" };
        var force = new Option<bool>("--force") { Description = "Remove it although machines are installed with it" };
        return _maas.Calling(
            new Command("remove", "Remove an uploaded image from MAAS") { name, force },
            async (maas, command, cancel) =>
            {
                var found = Named(await AllAsync(maas, cancel), command.GetValue(name)!)
                    .Where(image => image.Type is "Uploaded")
                    .ToList();
                if (found.Count is 0)
                {
                    throw new CliException(ExitCode.NotFound, $"MAAS has no uploaded image {command.GetValue(name)}");
                }

                var used = (await maas.Machines.ListAsync(cancel))
                    .Where(machine => machine.DistroSeries is { } series && found.Any(image => Bare(image.Name) == Bare(series)))
                    .Select(machine => machine.Hostname)
                    .ToList();
                if (used.Count > 0 && !command.GetValue(force))
                {
                    throw new CliException(
                        ExitCode.Refused,
                        $"{string.Join(", ", used)}: installed with it, and what replaces a machine would lack it; --force removes it "
                            + "all the same"
                    );
                }

                foreach (var image in found)
                {
                    await maas.BootResources.DeleteAsync(image.Id, cancel);
                    host.Out.WriteLine($"{Shown(image)} removed");
                }
            }
        );
    }

    // MAAS tells how much it has of an image only when it is asked for that image.
    private static async Task<List<BootResource>> AllAsync(MaasClient maas, CancellationToken cancellationToken)
    {
        var images = new List<BootResource>();
        foreach (var image in await maas.BootResources.ListAsync(null, cancellationToken))
        {
            images.Add(image.Type is "Uploaded" ? await maas.BootResources.GetAsync(image.Id, cancellationToken) : image);
        }

        return images;
    }

    private static List<BootResource> Named(List<BootResource> images, string name) =>
        images.FindAll(image => Bare(image.Name) == Bare(name));

    // Up to MAAS 3.7 an uploaded image is listed without its prefix.
    private static string Bare(string name) =>
        name.StartsWith("custom/", StringComparison.Ordinal) ? name["custom/".Length..] : name;

    private static bool Has(BootResource image, string sum) =>
        image.Sets?.Values.Any(set => set.Files?.Values.Any(file => file.Sha256 == sum) is true) is true;

    private static string TypeOf(string file) =>
        Array.Find(FileTypes, known => file.EndsWith(known.End, StringComparison.OrdinalIgnoreCase)).Type
        ?? throw new CliException(
            ExitCode.Usage,
            $"{file}: its end does not say what it is; set --filetype, for example to tgz or ddgz"
        );

    private static string Shown(BootResource image) => $"{image.Name} ({image.Architecture.Split('/')[0]})";

    private static string State(BootResource image) =>
        image.Progress is { } progress
            ? string.Create(CultureInfo.InvariantCulture, $"upload not complete, {progress:0.#} %")
            : "complete";

    private static string Size(BootResource image) =>
        image.Sets?.Values.Max(set => (long?)set.Size) is { } bytes
            ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1_000_000.0:0.#}MB")
            : "";

    private void Tell(long bytes, long all)
    {
        if (host.Interactive)
        {
            host.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{bytes * 100.0 / all:0.0} %"));
        }
    }
}
