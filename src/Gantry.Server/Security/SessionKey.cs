using System.Security.Cryptography;

namespace Gantry.Server.Security;

/// <summary>
/// The key that signs session tokens. It is in a file and not in the store: whoever reads it can sign in as anybody, and
/// copies of a database travel further than a console's data folder.
/// </summary>
public static class SessionKey
{
    private const string FileName = "session.key";
    private const int Length = 32;

    public static string FileIn(string dataFolder) => Path.Combine(dataFolder, FileName);

    /// <summary>Reads the key (base64). A file that does not exist is made, with a new key, for its owner only.</summary>
    /// <exception cref="InvalidDataException">The file holds no key, everybody can read it, or it can neither be read nor
    /// made.</exception>
    public static byte[] Ensure(string file)
    {
        try
        {
            if (!File.Exists(file))
            {
                Create(file);
            }

            if (
                !OperatingSystem.IsWindows()
                && (File.GetUnixFileMode(file) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite)) != UnixFileMode.None
            )
            {
                throw Problem(file, "can be read or written by every user of this machine (chmod o= takes that away)");
            }

            var key = Convert.FromBase64String(File.ReadAllText(file).Trim());
            return key.Length >= Length
                ? key
                : throw Problem(file, $"has {key.Length} bytes; a key has {Length} (openssl rand -base64 {Length})");
        }
        catch (FormatException)
        {
            throw Problem(file, $"is not base64; a key is {Length} random bytes in base64 (openssl rand -base64 {Length})");
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw Problem(file, $"can neither be read nor made: {refused.Message}");
        }
    }

    // Replicas that start at once use the file of the one that was first.
    private static void Create(string file)
    {
        var fresh = $"{file}.{Api.Uids.Short()}";
        SecretFiles.Write(fresh, Convert.ToBase64String(RandomNumberGenerator.GetBytes(Length)) + "\n");
        try
        {
            File.Move(fresh, file, overwrite: false);
        }
        catch (IOException) when (File.Exists(file))
        {
            File.Delete(fresh);
        }
    }

    private static InvalidDataException Problem(string file, string problem) =>
        new($"'{file}', the key of sessions, {problem}. A deleted file is made again; then people sign in again.");
}
