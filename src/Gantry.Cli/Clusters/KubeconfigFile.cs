using Gantry.Cli.Terminal;
using Gantry.Clusters.Model;
using Gantry.Server.Security;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Gantry.Cli.Clusters;

/// <summary>
/// A kubeconfig on disk. It holds a private key, so it is readable by its owner only, and it is replaced as a whole: a reader sees the old
/// one or the new one.
/// </summary>
public static class KubeconfigFile
{
    // The three lists of a kubeconfig, whose elements are known by their names.
    private static readonly string[] Lists = ["clusters", "contexts", "users"];

    /// <summary>The file that kubectl reads.</summary>
    public static string Default(CliHost host) =>
        host.Environment("KUBECONFIG") is { Length: > 0 } files
            ? files.Split(Path.PathSeparator)[0]
            : Path.Combine(host.Home, ".kube", "config");

    /// <exception cref="CliException">The file is another program's, and would be lost.</exception>
    public static void Write(string file, Kubeconfig kubeconfig)
    {
        if (File.Exists(file) && !Kubeconfig.TryParse(Read(file), out _))
        {
            throw new CliException(
                ExitCode.Refused,
                $"--file: {file} is there and holds something else; --merge adds the cluster to it"
            );
        }

        Replace(file, kubeconfig.ToYaml());
    }

    /// <summary>Adds the cluster, its user and its context, in place of earlier ones of these names, and makes the context the current
    /// one. Whatever else the file holds stays; comments do not.</summary>
    /// <exception cref="CliException">The file is no kubeconfig.</exception>
    public static void Merge(string file, Kubeconfig kubeconfig)
    {
        var added = Load(kubeconfig.ToYaml(), file);
        var merged = File.Exists(file) && Read(file) is { } text && text.Trim().Length > 0 ? Load(text, file) : added;
        if (!ReferenceEquals(merged, added))
        {
            foreach (var list in Lists)
            {
                Merge(merged, list, List(added, list, file), file);
            }

            merged.Children[new YamlScalarNode("current-context")] = added.Children[new YamlScalarNode("current-context")];
        }

        var written = new StringWriter { NewLine = "\n" };
        new YamlStream(new YamlDocument(merged)).Save(written, assignAnchors: false);
        Replace(file, written.ToString());
    }

    private static void Merge(YamlMappingNode into, string name, YamlSequenceNode added, string file)
    {
        var list = List(into, name, file);
        foreach (var element in added.Children)
        {
            foreach (var old in list.Children.Where(one => NameOf(one) == NameOf(element)).ToList())
            {
                list.Children.Remove(old);
            }

            list.Add(element);
        }

        into.Children[new YamlScalarNode(name)] = list;
    }

    private static YamlSequenceNode List(YamlMappingNode config, string name, string file) =>
        (config.Children.TryGetValue(new YamlScalarNode(name), out var found) ? found : null) switch
        {
            YamlSequenceNode list => new YamlSequenceNode(list.Children),
            null or YamlScalarNode { Value: "" or "null" or "~" or null } => [],
            _ => throw NoKubeconfig(file, $"`{name}` is not a list"),
        };

    private static string? NameOf(YamlNode element) =>
        element is YamlMappingNode mapping
        && mapping.Children.TryGetValue(new YamlScalarNode("name"), out var name)
        && name is YamlScalarNode { Value: var text }
            ? text
            : null;

    private static YamlMappingNode Load(string text, string file)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            return stream.Documents is [{ RootNode: YamlMappingNode config }]
                ? config
                : throw NoKubeconfig(file, "it is not one document");
        }
        catch (YamlException unreadable)
        {
            throw NoKubeconfig(file, unreadable.Message);
        }
    }

    private static CliException NoKubeconfig(string file, string why) =>
        new(ExitCode.Refused, $"--merge: {file} is no kubeconfig and stays as it is: {why}");

    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Usage, $"{file} cannot be read: {unreadable.Message}", unreadable);
        }
    }

    private static void Replace(string file, string text)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);

            // A link stays a link: some people keep the file elsewhere.
            var target = Path.GetFullPath(
                new FileInfo(file) is { LinkTarget: not null } link
                    ? link.ResolveLinkTarget(returnFinalTarget: true)!.FullName
                    : file
            );
            SecretFiles.Write(target, text);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Usage, $"{file} cannot be written: {refused.Message}", refused);
        }
    }
}
