using System.Text.RegularExpressions;

namespace Gantry.Lab.Machines.Packages;

/// <summary>A repository that the machine's apt is told of, in one of apt's two forms.</summary>
/// <param name="SignedBy">The file of its key; empty when the source names none.</param>
internal sealed partial record AptSource(string Url, IReadOnlyList<string> Suites, string SignedBy)
{
    private const string Folder = "/etc/apt/sources.list.d/";

    public static IEnumerable<AptSource> Read(MachineFiles files) =>
        files
            .Names(Folder)
            .Select(name => Folder + name)
            .Append("/etc/apt/sources.list")
            .SelectMany(path =>
                (path.EndsWith(".sources", StringComparison.Ordinal) ? Stanzas(files, path) : Lines(files, path)).ToList()
            );

    private static IEnumerable<AptSource> Lines(MachineFiles files, string path) =>
        Text(files, path)
            .Split('\n')
            .Select(line => OneLine().Match(line))
            .Where(match => match.Success)
            .Select(match => new AptSource(
                match.Groups["url"].Value.TrimEnd('/') + "/",
                [match.Groups["suite"].Value],
                match.Groups["key"].Value
            ));

    private static IEnumerable<AptSource> Stanzas(MachineFiles files, string path)
    {
        var fields = Text(files, path)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(": ", 2))
            .Where(field => field.Length is 2)
            .ToDictionary(field => field[0], field => field[1].Trim());
        foreach (var url in fields.GetValueOrDefault("URIs", "").Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            yield return new AptSource(
                url.TrimEnd('/') + "/",
                fields.GetValueOrDefault("Suites", "").Split(' '),
                fields.GetValueOrDefault("Signed-By", "")
            );
        }
    }

    private static string Text(MachineFiles files, string path) => files.Find(path)?.Text ?? "";

    [GeneratedRegex(@"^deb (\[signed-by=(?<key>[^\]]*)\] )?(?<url>\S+) (?<suite>\S+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex OneLine();
}
