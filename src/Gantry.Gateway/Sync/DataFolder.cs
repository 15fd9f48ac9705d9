namespace Gantry.Gateway.Sync;

/// <summary>Whether the gateway's data folder takes what has to be kept: the ledger, the desired state, reports.</summary>
internal static class DataFolder
{
    internal const string CheckFile = "write-check";

    // More than a transaction of the ledger takes with its log.
    private const int CheckBytes = 256 * 1024;

    /// <summary>Writes a file and deletes it: a full disk, a quota, a file system that has become read-only and lost rights look alike.</summary>
    /// <returns>Why that failed, as sentences for an operator; <c>null</c> when it did not.</returns>
    public static string? FindProblem(string folder)
    {
        var path = Path.Combine(folder, CheckFile);
        try
        {
            using (var file = new FileStream(path, FileMode.Create, FileAccess.Write))
            {
                file.Write(new byte[CheckBytes]);
                file.Flush(flushToDisk: true);
            }

            File.Delete(path);
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return $"The data folder {folder} on {Environment.MachineName} cannot be written: {failure.Message.TrimEnd('.')}. Nothing is taken or "
                + "given back before it can; free disk space or mend the folder's rights.";
        }
    }
}
