namespace Gantry.Cli.Hosting;

/// <summary>A data folder, locked to one process at a time.</summary>
public sealed class DataFolder : IDisposable
{
    // The errno in the runtime's error for a file that another process has locked.
    private const int LinuxWouldBlock = 11;
    private const int MacWouldBlock = 35;
    private const int WindowsSharingViolation = unchecked((int)0x80070020);
    private readonly FileStream _lock;

    private DataFolder(string path, FileStream held)
    {
        Path = path;
        _lock = held;
    }

    public string Path { get; }

    /// <summary>Creates the folder, for its owner only, and locks it until disposal or the end of the process.</summary>
    /// <exception cref="CliException">Another process holds the folder, or the folder cannot be written.</exception>
    public static DataFolder Hold(string path)
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(path);
            }
            else
            {
                Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            return new DataFolder(
                path,
                new FileStream(System.IO.Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None)
            );
        }
        catch (IOException held) when (held.HResult is LinuxWouldBlock or MacWouldBlock or WindowsSharingViolation)
        {
            throw new CliException(
                ExitCode.Refused,
                $"another gantry is running on --data {path}: stop it or use another folder",
                held
            );
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new CliException(
                ExitCode.Refused,
                $"--data {path} cannot be written ({refused.Message}): use another folder",
                refused
            );
        }
    }

    public string Sub(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => _lock.Dispose();
}
