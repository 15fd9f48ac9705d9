using System.CommandLine;
using Gantry.Cli.Terminal;
using Gantry.Maas;

namespace Gantry.Cli.Accounts;

/// <summary><c>--maas-ca FILE</c>: the CA of a region whose HTTPS certificate no public authority signed.</summary>
internal static class MaasCaOption
{
    public const string Name = "--maas-ca";

    /// <param name="recursive">Whether the commands below the one that has the option have it too.</param>
    public static Option<string?> Create(bool recursive = false) =>
        new(Name)
        {
            Description = "PEM file of the CA that signed the HTTPS certificate of MAAS, trusted beside the system's",
            Recursive = recursive,
        };

    /// <returns>The certificates as PEM; <c>null</c> when no file is given.</returns>
    /// <exception cref="CliException">The file cannot be read or holds no certificate.</exception>
    public static string? Read(string? file)
    {
        if (file is null)
        {
            return null;
        }

        try
        {
            return MaasCa.Parse(File.ReadAllText(file)).Pem;
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new CliException(ExitCode.Usage, $"{Name} {file}: {unusable.Message}", unusable);
        }
    }
}
