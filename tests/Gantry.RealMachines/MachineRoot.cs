using System.Security.Cryptography;

namespace Gantry.RealMachines;

/// <summary>The file system under all machines: made once, and again when the script that makes it has changed.</summary>
internal static class MachineRoot
{
    /// <exception cref="InvalidOperationException">It could not be made, for example because Debian's mirror was not reached.</exception>
    public static async Task<string> MadeAsync()
    {
        var script = Path.Combine(Host.Sources, "root.sh");
        var digest = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(script)))[..12];
        var root = Path.GetFullPath(Path.Combine(Host.Sources, "../../artifacts/real-machines", digest));
        await Host.RunAsync(script, root);
        return root;
    }
}
