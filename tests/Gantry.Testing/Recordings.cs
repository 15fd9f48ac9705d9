namespace Gantry.Testing;

/// <summary>
/// Finds the recorded answers of a real MAAS region. They lie outside the repository, in
/// <c>../shared/reference/maas-recordings</c> or where <c>GANTRY_MAAS_RECORDINGS</c> points; a clone without them
/// skips the tests that replay them.
/// </summary>
public static class Recordings
{
    public const string Missing =
        "the MAAS recordings are not beside this repository (set GANTRY_MAAS_RECORDINGS to their folder)";

    public static string? Folder { get; } = Find();

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("GANTRY_MAAS_RECORDINGS") is { Length: > 0 } named)
        {
            return Directory.Exists(named) ? named : null;
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var beside = Path.Combine(folder.FullName, "shared", "reference", "maas-recordings");
            if (Directory.Exists(beside))
            {
                return beside;
            }
        }

        return null;
    }
}
