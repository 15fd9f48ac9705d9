using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Gantry.RealMachines;

/// <summary>The machine on which the tests run.</summary>
internal static class Host
{
    /// <summary>The folder of this project's sources, which hold the stand-ins and the scripts.</summary>
    public static string Sources { get; } = Path.GetDirectoryName(ThisFile())!;

    /// <summary>Why no machine can be booted here; <c>null</c> when one can.</summary>
    public static string? Lacks =>
        Environment.GetEnvironmentVariable("GANTRY_REAL_MACHINES") != "1" ? "boots machines only with ./test.sh --real-machines"
        : !OperatingSystem.IsLinux() || Environment.UserName != "root" ? "boots machines only as root on Linux"
        : Missing("systemd-nspawn", "mmdebstrap", "ip", "unshare") is { } program ? $"needs {program} to boot machines"
        : null;

    /// <exception cref="InvalidOperationException">The program failed.</exception>
    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments)
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode is 0
            ? output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {await errors}");
    }

    private static string? Missing(params string[] programs)
    {
        string[] folders = [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'), "/usr/sbin", "/sbin"];
        return programs.FirstOrDefault(program => !folders.Any(folder => File.Exists(Path.Combine(folder, program))));
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
