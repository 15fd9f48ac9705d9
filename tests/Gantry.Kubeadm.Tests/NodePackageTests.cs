using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Kubeadm.Tests;

/// <summary>How a machine of a stock image gets its packages, in a real shell and a folder, with an apt that answers as it is told.</summary>
public sealed partial class NodePackageTests : IDisposable
{
    private const string NoVersion = "E: Version '1.36.9-*' for 'kubelet' was not found";

    private const string NotReached =
        "W: Failed to fetch https://pkgs.k8s.io/core:/stable:/v1.36/deb/InRelease  Could not resolve 'pkgs.k8s.io'";

    private const string NotSigned =
        "W: GPG error: https://pkgs.k8s.io/core:/stable:/v1.36/deb  InRelease: The following signatures couldn't be verified because "
        + "the public key is not available: NO_PUBKEY 234654DA9A296436\n"
        + "E: The repository 'https://pkgs.k8s.io/core:/stable:/v1.36/deb  InRelease' is not signed.";

    private readonly string _folder = Directory.CreateTempSubdirectory("node-packages").FullName;

    private ClusterSpec _cluster = Some.Cluster() with
    {
        KubernetesVersion = KubernetesVersion.Parse("1.36.9"),
        StockImage = Some.Cluster().Image,
    };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_exact_version_is_installed_held_and_used_before_kubeadm_runs()
    {
        var run = await RunAsync();

        Assert.Equal(0, run.Status);
        Assert.Empty(run.Reports);
        var install = Lines("apt-get.calls")[1];
        Assert.EndsWith(
            "install conntrack ethtool iptables socat containerd runc kubernetes-cni cri-tools kubelet=1.36.9-* kubeadm=1.36.9-* "
                + "kubectl=1.36.9-*",
            install,
            StringComparison.Ordinal
        );
        Assert.Equal(
            "hold containerd runc kubernetes-cni cri-tools kubelet kubeadm kubectl",
            Assert.Single(Lines("apt-mark.calls"))
        );
        Assert.Equal("the key", Text("etc/apt/keyrings/kubernetes.asc").Trim());
        Assert.Equal(
            $"deb [signed-by={_folder}/etc/apt/keyrings/kubernetes.asc] https://pkgs.k8s.io/core:/stable:/v1.36/deb/ /\n",
            Text("etc/apt/sources.list.d/kubernetes.list")
        );
        Assert.Equal(
            ["restart containerd"],
            Lines("systemctl.calls").Where(call => call.StartsWith("restart", StringComparison.Ordinal))
        );
        Assert.Equal(["packages", "kubeadm join"], Lines("order"));
    }

    [Theory]
    [InlineData(2, "sandbox_image = \"registry.k8s.io/pause:3.10.2\"", "io.containerd.grpc.v1.cri")]
    [InlineData(3, "sandbox = \"registry.k8s.io/pause:3.10.2\"", "io.containerd.cri.v1.runtime")]
    public async Task Containerd_gets_systemd_cgroups_the_pause_image_of_the_version_and_the_folder_of_mirrors(
        int form,
        string sandbox,
        string plugin
    )
    {
        Program("containerd", $"echo 'version = {form}'");

        await RunAsync();

        var text = Text("etc/containerd/config.toml");
        Assert.StartsWith($"version = {form}\n", text, StringComparison.Ordinal);
        Assert.Contains(sandbox, text, StringComparison.Ordinal);
        Assert.Contains("/etc/containerd/certs.d\"", text, StringComparison.Ordinal);
        Assert.Contains(
            $"[plugins.\"{plugin}\".containerd.runtimes.runc.options]\n  SystemdCgroup = true\n",
            text,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_configuration_of_containerd_that_the_operator_gives_is_kept()
    {
        Nodes(nodes => nodes with { Files = [new NodeFile("/etc/containerd/config.toml", "version = 2\n# ours\n")] });

        Assert.Equal(0, (await RunAsync()).Status);

        Assert.Equal("version = 2\n# ours\n", Text("etc/containerd/config.toml"));
    }

    [Theory]
    [InlineData(NoVersion)]
    [InlineData(NotSigned)]
    [InlineData("E: Unable to locate package kubelet")]
    [InlineData("E: The repository 'https://mirror.example/v1.36  Release' does not have a Release file.")]
    public async Task What_no_further_attempt_mends_ends_the_script_at_once_with_the_words_of_apt(string failure)
    {
        var run = await RunAsync(failure);

        Assert.Equal((1, 1), (run.Status, run.Attempts));
        Assert.Equal(
            new NodeReport(IsFinal: true, $"the packages could not be installed: {Spaces().Replace(failure, " ")}")
            {
                LacksPackages = true,
            },
            Assert.Single(run.Reports)
        );
        Assert.DoesNotContain("kubeadm join", Lines("order"));
    }

    [Fact]
    public async Task A_repository_that_is_away_for_a_moment_is_asked_again()
    {
        var run = await RunAsync($"{NotReached}\nE: Unable to locate package kubelet", $"{NotReached}\n{NoVersion}");

        Assert.Equal((0, 3), (run.Status, run.Attempts));
        Assert.All(run.Reports, report => Assert.False(report.IsFinal));
    }

    [Fact]
    public async Task A_repository_that_stays_away_ends_the_script_with_the_fifth_attempt()
    {
        var away = $"{NotReached}\nE: Unable to locate package kubelet";

        var run = await RunAsync(away, away, away, away, away);

        Assert.Equal((1, 5), (run.Status, run.Attempts));
        Assert.Equal(
            new NodeReport(IsFinal: true, $"the packages could not be installed: {Spaces().Replace(away, " ")}")
            {
                LacksPackages = true,
            },
            run.Reports[^1]
        );
    }

    [Fact]
    public async Task A_machine_that_cannot_take_its_packages_does_not_blame_the_repository()
    {
        const string Full = "E: Write error - write (28: No space left on device)";

        var run = await RunAsync(Full, Full, Full, Full, Full);

        Assert.Equal(new NodeReport(IsFinal: true, $"the packages could not be installed: {Full}"), run.Reports[^1]);
    }

    [Fact]
    public async Task A_key_that_cannot_be_read_is_the_reason_and_a_password_in_an_address_is_not_told()
    {
        Program(
            "curl",
            "echo 'curl: (22) The requested URL returned error: 403 for https://me:secret@mirror.example/' >&2; exit 22"
        );

        var run = await RunAsync();

        Assert.Equal(1, run.Status);
        Assert.Equal(
            "the packages could not be installed: curl: (22) The requested URL returned error: 403 for https://mirror.example/",
            Assert.Single(run.Reports).Text
        );
    }

    [Fact]
    public async Task A_machine_that_loses_power_while_it_installs_finishes_that_and_installs_what_is_missing()
    {
        var cut = await RunAsync("CUT");
        var run = await RunAsync();

        Assert.Equal((137, 0), (cut.Status, run.Status));
        Assert.Equal(["--configure -a", "--configure -a"], Lines("dpkg.calls"));
        Assert.Equal(["packages", "kubeadm join"], Lines("order"));
    }

    [Fact]
    public async Task A_site_s_mirrors_key_proxy_and_authorities_are_used()
    {
        Nodes(nodes =>
            nodes with
            {
                Proxy = new ProxySettings("http://other:3128", null, [".mirror.example"]),
                Packages = new PackageSources
                {
                    Repository = "http://k8s.mirror.example/v{minor}",
                    Key = "the site's key\n",
                    Proxy = "http://me:secret@proxy:3128",
                    AptMirror = "http://archive.example/ubuntu",
                    CaPem = "PEM\n",
                },
            }
        );

        Assert.Equal(0, (await RunAsync()).Status);

        Assert.Equal("the site's key\n", Text("etc/apt/keyrings/kubernetes.asc"));
        Assert.EndsWith(" http://k8s.mirror.example/v1.36/ /\n", Text("etc/apt/sources.list.d/kubernetes.list"));
        Assert.Equal(
            "Acquire::http::Proxy \"http://me:secret@proxy:3128\";\nAcquire::https::Proxy \"http://me:secret@proxy:3128\";\n"
                + "Acquire::http::Proxy::k8s.mirror.example \"DIRECT\";\n",
            Text("etc/apt/apt.conf.d/95gantry-proxy")
        );
        Assert.Contains(
            "URIs: http://archive.example/ubuntu\nSuites: noble noble-updates noble-security\n",
            Text("etc/apt/sources.list.d/ubuntu.sources"),
            StringComparison.Ordinal
        );
        Assert.Equal("\n", Text("etc/apt/sources.list"));
        Assert.Single(Lines("update-ca-certificates.calls"));
        Assert.Empty(Lines("curl.calls"));
    }

    [Fact]
    public async Task A_prepared_image_installs_nothing()
    {
        _cluster = _cluster with { Image = ImageName.Parse("custom/prepared") };

        Assert.Equal(0, (await RunAsync()).Status);

        Assert.Empty(Lines("apt-get.calls"));
    }

    private void Nodes(Func<NodeEnvironment, NodeEnvironment> change) =>
        _cluster = _cluster with { Nodes = change(_cluster.Nodes) };

    private string[] Lines(string file) =>
        File.Exists(Path.Combine(_folder, file)) ? File.ReadAllLines(Path.Combine(_folder, file)) : [];

    private string Text(string file) => File.ReadAllText(Path.Combine(_folder, file));

    private void Write(string path, string text)
    {
        var full = Path.Combine(_folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }

    /// <param name="failures">What apt writes to standard error in each attempt; the attempt after the last succeeds.</param>
    private async Task<Run> RunAsync(params string[] failures)
    {
        for (var number = 0; number < failures.Length; number++)
        {
            Write($"failure.{number + 1}", failures[number] + "\n");
        }

        var script = Install();
        using var shell = Process.Start(
            new ProcessStartInfo("/bin/sh", [script])
            {
                Environment = { ["PATH"] = $"{_folder}/bin:/usr/bin:/bin" },
                UseShellExecute = false,
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            }
        )!;
        await Task.WhenAll(
            shell.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken),
            shell.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)
        );
        await shell.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new Run(
            shell.ExitCode,
            Lines("attempts").Length,
            [.. Lines("reports").Select(line => NodeReport.Read(Spaces().Replace(line, " ").Trim())!)]
        );
    }

    private string Install()
    {
        var script = Path.Combine(_folder, "var/lib/gantry/bootstrap/bootstrap.sh");
        if (File.Exists(script))
        {
            return script;
        }

        foreach (var (path, content) in Files())
        {
            Write(path[1..], InFolder().Replace(content, $"{_folder}$0"));
        }

        Write("etc/fstab", "");
        Write("etc/os-release", "ID=ubuntu\nVERSION_CODENAME=noble\n");
        Default(
            "apt-get",
            $"""
            echo "$@" >> {_folder}/apt-get.calls
            case "$*" in *update*) exit 0;; esac
            echo >> {_folder}/attempts
            f={_folder}/failure.$(wc -l < {_folder}/attempts)
            if [ ! -e $f ]; then echo packages >> {_folder}/order; exit 0; fi
            if grep -q CUT $f; then kill -9 $(ps -o ppid= $PPID); kill -9 $PPID; exit 1; fi
            cat $f >&2
            exit 100
            """
        );
        Default("curl", $"echo \"$@\" >> {_folder}/curl.calls; echo the key");
        Default("containerd", "echo 'version = 2'");
        Default(
            "kubeadm",
            $"""
            case "$1" in config) echo registry.k8s.io/etcd:3.6.8-0; echo registry.k8s.io/pause:3.10.2; exit 0;; esac
            echo "kubeadm $1" >> {_folder}/order
            """
        );
        Default(
            "python3",
            $"""
            case "$1" in *forget.py) exit 0;; esac
            shift
            echo "$@" | tr '\n' ' ' >> {_folder}/reports
            echo >> {_folder}/reports
            """
        );
        Default("timeout", "shift; exec \"$@\"");
        foreach (var name in (ReadOnlySpan<string>)["systemctl", "dpkg", "apt-mark", "update-ca-certificates"])
        {
            Default(name, $"echo \"$@\" >> {_folder}/{name}.calls");
        }

        foreach (var quiet in (ReadOnlySpan<string>)["sleep", "swapoff", "modprobe", "sysctl", "sync", "kubelet"])
        {
            Default(quiet, "exit 0");
        }

        return script;
    }

    private IEnumerable<(string Path, string Content)> Files()
    {
        var documents = new KubeadmDistribution();
        var now = new DateTimeOffset(2026, 11, 1, 7, 0, 0, TimeSpan.Zero);
        var document = documents.Render(
            new NodeDocument(
                _cluster,
                _cluster.Pools[1],
                new NodeIdentity(new SystemId("abc"), "n1", "az1"),
                new ApiEndpoint("10.0.0.254", 6443),
                Bootstrap.JoinWorker,
                "abcdef.0123456789abcdef"
            ),
            documents.CreatePki(_cluster, now),
            now
        );
        foreach (Match file in WrittenFile().Matches(document))
        {
            yield return (
                file.Groups["path"].Value,
                Encoding.UTF8.GetString(Convert.FromBase64String(file.Groups["content"].Value))
            );
        }
    }

    private void Default(string name, string text)
    {
        if (!File.Exists(Path.Combine(_folder, "bin", name)))
        {
            Program(name, text);
        }
    }

    private void Program(string name, string text)
    {
        var path = Path.Combine(_folder, "bin", name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, $"#!/bin/sh\n{text}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
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

    private sealed record Run(int Status, int Attempts, IReadOnlyList<NodeReport> Reports);
}
