namespace Gantry.Gateway.Pairing;

/// <summary>
/// The lock of the one gateway that uses a data folder. The operating system releases it when the process ends in any way.
/// </summary>
internal sealed class DataFolderLock : IDisposable
{
    private readonly FileStream _file;

    private DataFolderLock(FileStream file) => _file = file;

    /// <exception cref="GatewayException">Another gateway runs on this folder, or the folder cannot be written.</exception>
    public static DataFolderLock Take(string folder)
    {
        var path = Path.Combine(folder, "gateway.lock");
        try
        {
            return new DataFolderLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (UnauthorizedAccessException denied)
        {
            throw new GatewayException($"DataFolder '{folder}' cannot be written to; name another or change its owner.", denied);
        }
        catch (IOException taken)
        {
            throw new GatewayException(
                $"DataFolder '{folder}' is in use by another gateway; stop that one, or name another folder.",
                taken
            );
        }
    }

    public void Dispose() => _file.Dispose();
}
