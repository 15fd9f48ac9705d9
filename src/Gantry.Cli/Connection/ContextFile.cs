using Gantry.Server.Security;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Gantry.Cli.Connection;

/// <summary>
/// The config file: named consoles, one of them current.
/// <code>
/// current: berlin
/// contexts:
///   - name: berlin
///     url: https://gantry.berlin.example:8443
///     apiKey: ...
///     caFile: /etc/gantry/ca.pem
///     project: Default
/// </code>
/// </summary>
public sealed class ContextFile
{
    public string? Current { get; set; }

    public List<ContextEntry> Contexts { get; set; } = [];

    /// <returns>An empty file object when there is no such file.</returns>
    public static ContextFile Read(string file)
    {
        if (!File.Exists(file))
        {
            return new ContextFile();
        }

        try
        {
            return new DeserializerBuilder()
                    .WithNamingConvention(CamelCaseNamingConvention.Instance)
                    .Build()
                    .Deserialize<ContextFile?>(File.ReadAllText(file))
                ?? new ContextFile();
        }
        catch (YamlException broken)
        {
            throw new CliException(ExitCode.Usage, $"{file} cannot be read: {broken.Message}", broken);
        }
    }

    /// <summary>Replaces the file, which holds keys and is readable by its owner only.</summary>
    public void Write(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        SecretFiles.Write(
            file,
            new SerializerBuilder()
                .WithNamingConvention(CamelCaseNamingConvention.Instance)
                .ConfigureDefaultValuesHandling(DefaultValuesHandling.OmitNull)
                .Build()
                .Serialize(this)
        );
    }

    public static CliException Unknown(string path, ContextFile file, string name) =>
        new(
            ExitCode.NotFound,
            $"{path} has no context `{name}`; it has: "
                + string.Join(", ", file.Contexts.Select(one => one.Name).DefaultIfEmpty("none"))
        );

    public ContextEntry? Find(string? name) => Contexts.Find(context => context.Name == name);
}

public sealed class ContextEntry
{
    public string Name { get; set; } = "";

    public string Url { get; set; } = "";

    public string ApiKey { get; set; } = "";

    public string? CaFile { get; set; }

    public string? Project { get; set; }

    public override string ToString() => $"{Name}: {Url}";
}
