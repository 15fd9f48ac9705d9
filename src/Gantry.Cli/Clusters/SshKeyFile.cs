using Gantry.Clusters.Model;

namespace Gantry.Cli.Clusters;

/// <summary>SSH public keys of a file. Anything else stays on this machine: it may be a private key.</summary>
public static class SshKeyFile
{
    // PEM of every kind, OpenSSH's own form, and PuTTY's.
    private static readonly string[] PrivateForms = ["PRIVATE KEY", "PuTTY-User-Key-File"];

    /// <exception cref="CliException">A usage error, which never holds what the file holds.</exception>
    public static IReadOnlyList<string> Read(string file)
    {
        string text;
        try
        {
            text = File.ReadAllText(file);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Usage, $"--ssh-key: {file} cannot be read: {unreadable.Message}", unreadable);
        }

        if (IsPrivate(text))
        {
            var other = File.Exists($"{file}.pub") ? $"; give {file}.pub" : "; give its public key, which `ssh-keygen -y` writes";
            throw new CliException(
                ExitCode.Usage,
                $"--ssh-key: {file} holds a private key, which never leaves this machine{other}"
            );
        }

        string[] keys =
        [
            .. text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Where(line => !line.StartsWith('#')),
        ];
        return keys.Length > 0 && Array.TrueForAll(keys, key => Problem(key) is null)
            ? keys
            : throw new CliException(
                ExitCode.Usage,
                $"--ssh-key: {file} does not hold {SshPublicKey.Is} on each line; write {SshPublicKey.Write}"
            );
    }

    /// <returns><c>null</c> for a public key; else what is wrong, without the text.</returns>
    public static string? Problem(string key) =>
        IsPrivate(key) ? $"is a private key, which never leaves this machine; write the public key: {SshPublicKey.Write}"
        : SshPublicKey.TryParse(key.Trim(), out _) ? null
        : $"is not {SshPublicKey.Is}; write {SshPublicKey.Write}";

    private static bool IsPrivate(string text) =>
        Array.Exists(PrivateForms, form => text.Contains(form, StringComparison.OrdinalIgnoreCase));
}
