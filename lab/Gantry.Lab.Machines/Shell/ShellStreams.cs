using System.Text;

namespace Gantry.Lab.Machines.Shell;

/// <summary>
/// Standard input, output and errors of a command; output redirected to a file is written when the command ends.
/// </summary>
internal sealed class ShellStreams(string input, StringBuilder output, StringBuilder errors)
{
    private readonly List<(StringBuilder Text, string Path, bool Append, MachineFiles Files)> _open = [];

    public string Input { get; set; } = input;

    public StringBuilder Output { get; set; } = output;

    public StringBuilder Errors { get; set; } = errors;

    public string? Broken { get; set; }

    public void ToFile(int descriptor, string path, bool append, MachineFiles files)
    {
        var text = new StringBuilder();
        if (descriptor == 2)
        {
            Errors = text;
        }
        else
        {
            Output = text;
        }

        if (path.StartsWith("/dev/", StringComparison.Ordinal))
        {
            return;
        }

        var folder = path.LastIndexOf('/') is > 0 and var cut ? path[..cut] : "/";
        if (!files.IsFolder(folder))
        {
            Broken = $"cannot create {path}: Directory nonexistent";
            return;
        }

        _open.Add((text, path, append, files));
    }

    public void Close()
    {
        foreach (var (text, path, append, files) in _open)
        {
            var bytes = Encoding.UTF8.GetBytes(text.ToString());
            if (append)
            {
                files.Append(path, bytes);
            }
            else
            {
                files.Write(path, bytes);
            }
        }

        _open.Clear();
    }
}
