using System.Xml.Linq;

namespace Gantry.Architecture.Tests;

/// <summary>A project with its references and the projects that see its internals.</summary>
internal sealed record Project(string Name, string Folder, IReadOnlyList<Reference> References, IReadOnlyList<string> SeenBy);

/// <param name="Condition">Empty for an unconditional reference.</param>
internal sealed record Reference(string Name, string Condition);

/// <summary>This repository's projects, read from their files.</summary>
internal static class Repository
{
    private static readonly string[] Folders = ["src", "lab", "tests", "bench"];

    public static string Root { get; } = Find();

    public static IReadOnlyDictionary<string, Project> Projects { get; } =
        Folders
            .SelectMany(folder =>
                Directory
                    .EnumerateFiles(Path.Combine(Root, folder), "*.csproj", SearchOption.AllDirectories)
                    .Select(file => Read(folder, file))
            )
            .ToDictionary(project => project.Name, StringComparer.Ordinal);

    /// <summary>The projects of a folder: <c>src</c>, <c>lab</c>, <c>tests</c> or <c>bench</c>.</summary>
    public static IEnumerable<Project> In(string folder) => Projects.Values.Where(project => project.Folder == folder);

    /// <summary>The C# files of a project.</summary>
    public static IEnumerable<string> SourcesOf(string project) =>
        Directory.EnumerateFiles(Path.Combine(Root, Projects[project].Folder, project), "*.cs", SearchOption.AllDirectories);

    /// <summary>What a project references, directly or through others.</summary>
    /// <param name="conditional">Whether references that a property can leave out count.</param>
    public static IReadOnlySet<string> Reachable(string project, bool conditional = true)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>([project]);
        while (open.TryPop(out var next))
        {
            foreach (
                var reference in Projects[next].References.Where(reference => conditional || reference.Condition.Length is 0)
            )
            {
                if (found.Add(reference.Name))
                {
                    open.Push(reference.Name);
                }
            }
        }

        return found;
    }

    private static Project Read(string folder, string file)
    {
        var items = XDocument.Load(file).Descendants().ToList();
        return new Project(
            Path.GetFileNameWithoutExtension(file),
            folder,
            [
                .. items
                    .Where(item => item.Name.LocalName is "ProjectReference")
                    .Select(item => new Reference(
                        Path.GetFileNameWithoutExtension(item.Attribute("Include")!.Value.Replace('\\', '/')),
                        item.Attribute("Condition")?.Value ?? item.Parent!.Attribute("Condition")?.Value ?? ""
                    )),
            ],
            [.. items.Where(item => item.Name.LocalName is "InternalsVisibleTo").Select(item => item.Attribute("Include")!.Value)]
        );
    }

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Gantry.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"no Gantry.slnx above {AppContext.BaseDirectory}");
    }
}
