using System.Globalization;
using Gantry.Cli.Hosting;
using Gantry.Server.Security;

namespace Gantry.Cli.Up;

/// <summary>Where the lab of <c>gantry up</c> keeps its state, and its region's port: the console stores the address.</summary>
internal static class LabFolder
{
    public static string Of(DataFolder folder) => folder.Sub("lab");

    public static bool Exists(DataFolder folder) => File.Exists(PortFile(folder));

    /// <returns>0 when there is no lab yet.</returns>
    /// <exception cref="InvalidDataException">The file holds no port.</exception>
    public static int ReadPort(DataFolder folder)
    {
        var file = PortFile(folder);
        if (!File.Exists(file))
        {
            return 0;
        }

        return ushort.TryParse(File.ReadAllText(file).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            ? port
            : throw new InvalidDataException(
                $"'{file}' holds no port; write the one that 'gantry account list' shows for the lab, or start with another data "
                    + "folder."
            );
    }

    public static void WritePort(DataFolder folder, int port) =>
        SecretFiles.Write(PortFile(folder), port.ToString(CultureInfo.InvariantCulture));

    private static string PortFile(DataFolder folder) => Path.Combine(Of(folder), "port");
}
