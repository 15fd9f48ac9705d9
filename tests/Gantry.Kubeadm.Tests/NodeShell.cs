using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Kubeadm.Tests;

/// <summary>
/// A machine that becomes a node in a real shell: a folder stands for its root, and its programs are small scripts that write down how
/// they are called.
/// </summary>
internal sealed partial class NodeShell : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("node-shell").FullName;

    /// <summary>What the machine has told MAAS.</summary>
    public IReadOnlyList<NodeReport> Reports => [.. Lines("reports").Select(line => NodeReport.Read(OneLine(line))!)];

    public static string OneLine(string text) => Spaces().Replace(text, " ").Trim();

    private string Script => Path.Combine(Folder, "var/lib/gantry/bootstrap/bootstrap.sh");

    public bool IsInstalled => File.Exists(Script);

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    public bool Exists(string path) => Path.Exists(Path.Combine(Folder, path));

    public string Text(string file) => File.ReadAllText(Path.Combine(Folder, file));

    public string[] Lines(string file) => Exists(file) ? File.ReadAllLines(Path.Combine(Folder, file)) : [];

    public void Write(string path, string text)
    {
        var full = Path.Combine(Folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }

    public void Program(string name, string text)
    {
        Write($"bin/{name}", $"#!/bin/sh\n{text}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(
                Path.Combine(Folder, "bin", name),
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            );
        }
    }

    /// <summary>Unless the test has a program of that name.</summary>
    public void Default(string name, string text)
    {
        if (!Exists($"bin/{name}"))
        {
            Program(name, text);
        }
    }

    /// <summary>Writes the files of the user-data into the folder, as cloud-init does on the first boot.</summary>
    public void Install(ClusterSpec cluster, Bootstrap bootstrap, NodeNetwork? network = null)
    {
        var documents = new KubeadmDistribution();
        var now = new DateTimeOffset(2026, 11, 1, 7, 0, 0, TimeSpan.Zero);
        var document = documents.Render(
            new NodeDocument(
                cluster,
                cluster.Pools[bootstrap is Bootstrap.JoinWorker ? 1 : 0],
                new NodeIdentity(new SystemId("abc"), "n1", "az1"),
                new ApiEndpoint("10.0.0.254", 6443),
                bootstrap,
                "abcdef.0123456789abcdef"
            )
            {
                Network = network,
            },
            documents.CreatePki(cluster, now),
            now
        );
        foreach (Match file in WrittenFile().Matches(document))
        {
            var content = Encoding.UTF8.GetString(Convert.FromBase64String(file.Groups["content"].Value));
            Write(file.Groups["path"].Value[1..], InFolder().Replace(content, $"{Folder}$0"));
        }

        Write("etc/fstab", "");
        Default(
            "python3",
            $"""
            case "$1" in *forget.py) touch {Folder}/forgotten; exit 0;; esac
            shift
            echo "$@" | tr '\n' ' ' >> {Folder}/reports
            echo >> {Folder}/reports
            """
        );
        Default("systemctl", $"echo \"$@\" >> {Folder}/systemctl.calls");
        Default("timeout", "shift; exec \"$@\"");
    }

    /// <summary>Programs that do nothing, unless the test has one of the name.</summary>
    public void Quiet(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            Default(name, "exit 0");
        }
    }

    /// <summary>One boot: the script runs to its end, or until the machine loses power.</summary>
    public async Task<(int Status, string Errors)> BootAsync(CancellationToken cancellationToken)
    {
        using var shell = Process.Start(
            new ProcessStartInfo("/bin/sh", [Script])
            {
                Environment = { ["PATH"] = $"{Folder}/bin:/usr/bin:/bin" },
                UseShellExecute = false,
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            }
        )!;
        var output = shell.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = await shell.StandardError.ReadToEndAsync(cancellationToken);
        await output;
        await shell.WaitForExitAsync(cancellationToken);
        return (shell.ExitCode, errors);
    }

    [GeneratedRegex("(?<![A-Za-z0-9.])/(etc|var/lib|usr/local/share)/", RegexOptions.ExplicitCapture)]
    private static partial Regex InFolder();

    [GeneratedRegex(
        "- path: \"(?<path>[^\"]+)\"\n  owner: .*\n  permissions: .*\n  encoding: b64\n  content: (?<content>.*)\n",
        RegexOptions.ExplicitCapture
    )]
    private static partial Regex WrittenFile();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
