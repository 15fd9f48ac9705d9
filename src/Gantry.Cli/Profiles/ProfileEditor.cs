using System.ComponentModel;
using System.Diagnostics;
using Gantry.Cli.Terminal;
using Gantry.Server.Security;

namespace Gantry.Cli.Profiles;

/// <summary>Lets a person edit a text with the editor of <c>VISUAL</c> or <c>EDITOR</c>.</summary>
public sealed class ProfileEditor(CliHost host)
{
    private const string Fallback = "vi";

    /// <param name="file">A file of the person's own; it stays, so that an edit that is refused is not lost.</param>
    /// <returns>The text as the editor left it.</returns>
    public async Task<string> EditAsync(string file, string text, CancellationToken cancellationToken)
    {
        SecretFiles.Write(file, text);
        var editor = Given("VISUAL") ?? Given("EDITOR") ?? Fallback;

        // The setting may hold arguments, as in EDITOR="code --wait".
        var start = new ProcessStartInfo("/bin/sh", ["-c", $"{editor} \"$1\"", editor, file]);
        try
        {
            using var process = Process.Start(start)!;
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode is 0
                ? await File.ReadAllTextAsync(file, cancellationToken)
                : throw new CliException(
                    ExitCode.Refused,
                    $"nothing was changed: `{editor}` ended with {process.ExitCode}; set EDITOR to the editor that you use"
                );
        }
        catch (Win32Exception missing)
        {
            throw new CliException(ExitCode.Unexpected, $"the editor cannot be started: {missing.Message}", missing);
        }
    }

    private string? Given(string name) => host.Environment(name) is { Length: > 0 } value ? value : null;
}
