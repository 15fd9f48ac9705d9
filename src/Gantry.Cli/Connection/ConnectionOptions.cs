using System.CommandLine;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Connection;

/// <summary>The options that select the console, shared by every command.</summary>
public sealed class ConnectionOptions(CliHost host)
{
    public Option<string?> Data { get; } =
        new("--data")
        {
            Description = "Data folder of up, console, gateway and lab; other commands read their credentials from it",
            HelpName = "DIR",
            Recursive = true,
        };

    public Option<string?> Url { get; } = new("--url") { Description = "URL of the console [env: GANTRY_URL]", Recursive = true };

    public Option<string?> ApiKey { get; } =
        new("--api-key")
        {
            Description =
                "API key, of whichever console is called; GANTRY_API_KEY keeps it out of the process list [env: GANTRY_API_KEY]",
            Recursive = true,
        };

    public Option<string?> CaFile { get; } =
        new("--ca-file") { Description = "CA certificate to trust, PEM [env: GANTRY_CA_FILE]", Recursive = true };

    public Option<string?> Context { get; } = new("--context") { Description = "Context from the config file", Recursive = true };

    public Option<string?> Project { get; } = new("--project") { Description = "Project [default: Default]", Recursive = true };

    public Option<OutputFormat> Output { get; } =
        new("--output", "-o")
        {
            Description = "Output format",
            HelpName = "table|json|yaml",
            Recursive = true,
        };

    public void AddTo(Command root)
    {
        foreach (var option in new Option[] { Data, Url, ApiKey, CaFile, Context, Project, Output })
        {
            root.Add(option);
        }
    }

    public OutputFormat Format(ParseResult command) => command.GetValue(Output);

    public string DataFolder(ParseResult command) => Path.GetFullPath(command.GetValue(Data) ?? host.DefaultDataFolder);

    /// <summary>
    /// The most explicit source wins: options, then <c>--data</c>, <c>--context</c>, the environment, the current context,
    /// and last the default data folder.
    /// </summary>
    public ConsoleAddress Resolve(ParseResult command)
    {
        var project = command.GetValue(Project);
        var found =
            FromOptions(command)
            ?? FromData(command.GetValue(Data))
            ?? FromContext(command.GetValue(Context))
            ?? FromEnvironment(command.GetValue(ApiKey))
            ?? FromCurrentContext()
            ?? FromDefaultFolder();
        return found is null
            ? throw new CliException(
                ExitCode.NoAccess,
                "no console is configured: start one with `gantry up`, or set GANTRY_URL and GANTRY_API_KEY, or add "
                    + "one with `gantry context add`"
            )
            : found with
            {
                // What is said on the command line counts, wherever the address comes from.
                ApiKey = command.GetValue(ApiKey) ?? found.ApiKey,
                CaFile = command.GetValue(CaFile) ?? found.CaFile,
                Project = project ?? found.Project,
                Around = host.AroundTransport,
            };
    }

    private ConsoleAddress? FromOptions(ParseResult command)
    {
        if (command.GetValue(Url) is not { } url)
        {
            return null;
        }

        var key =
            command.GetValue(ApiKey)
            ?? host.Environment("GANTRY_API_KEY")
            ?? throw new CliException(ExitCode.NoAccess, "--url requires an API key: set GANTRY_API_KEY or --api-key");
        return Address("--url", url, key, command.GetValue(CaFile) ?? host.Environment("GANTRY_CA_FILE"), null);
    }

    private static ConsoleAddress? FromData(string? folder)
    {
        if (folder is null)
        {
            return null;
        }

        var credentials =
            Credentials.Read(folder)
            ?? throw new CliException(
                ExitCode.NoAccess,
                $"--data {folder} has no {Credentials.FileName}: start `gantry up --data {folder}` first"
            );
        return Address(Credentials.FileName, credentials.Url, credentials.ApiKey, credentials.CaFile, null);
    }

    private ConsoleAddress? FromContext(string? name)
    {
        if (name is null)
        {
            return null;
        }

        var file = ContextFile.Read(host.ConfigFile);
        var context = file.Find(name) ?? throw ContextFile.Unknown(host.ConfigFile, file, name);
        return Address($"context {name}", context.Url, context.ApiKey, context.CaFile, context.Project);
    }

    private ConsoleAddress? FromEnvironment(string? apiKey)
    {
        if (host.Environment("GANTRY_URL") is not { Length: > 0 } url)
        {
            return null;
        }

        var key =
            apiKey
            ?? (
                host.Environment("GANTRY_API_KEY") is { Length: > 0 } given
                    ? given
                    : throw new CliException(ExitCode.NoAccess, "GANTRY_URL requires an API key: set GANTRY_API_KEY or --api-key")
            );
        return Address("GANTRY_URL", url, key, host.Environment("GANTRY_CA_FILE"), null);
    }

    private ConsoleAddress? FromCurrentContext() => FromContext(ContextFile.Read(host.ConfigFile).Current);

    private ConsoleAddress? FromDefaultFolder() =>
        Credentials.Read(host.DefaultDataFolder) is { } credentials
            ? Address(Credentials.FileName, credentials.Url, credentials.ApiKey, credentials.CaFile, null)
            : null;

    private static ConsoleAddress Address(string source, string url, string apiKey, string? caFile, string? project)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("https" or "http"))
        {
            throw new CliException(ExitCode.Usage, $"{source}: `{url}` is not a URL; write it as https://gantry.example:8443");
        }

        return new ConsoleAddress(address, apiKey, caFile, project ?? ConsoleAddress.DefaultProject);
    }
}
