using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Kubeadm.Tests;

/// <summary>How a machine of a stock image gets its packages, in a real shell and a folder, with an apt that answers as it is told.</summary>
public sealed class NodePackageTests : IDisposable
{
    private const string NoVersion = "E: Version '1.36.9-*' for 'kubelet' was not found";

    private const string NotReached =
        "W: Failed to fetch https://pkgs.k8s.io/core:/stable:/v1.36/deb/InRelease  Could not resolve 'pkgs.k8s.io'";

    private const string NotSigned =
        "W: GPG error: https://pkgs.k8s.io/core:/stable:/v1.36/deb  InRelease: The following signatures couldn't be verified because "
        + "the public key is not available: NO_PUBKEY 234654DA9A296436\n"
        + "E: The repository 'https://pkgs.k8s.io/core:/stable:/v1.36/deb  InRelease' is not signed.";

    private readonly NodeShell _shell = new();

    private ClusterSpec _cluster = Some.Cluster() with
    {
        KubernetesVersion = KubernetesVersion.Parse("1.36.9"),
        StockImage = Some.Cluster().Image,
    };

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task The_exact_version_is_installed_held_and_used_before_kubeadm_runs()
    {
        var run = await RunAsync();

        Assert.Equal(0, run.Status);
        Assert.Empty(run.Reports);
        var install = _shell.Lines("apt-get.calls")[1];
        Assert.EndsWith(
            "install conntrack ethtool iptables socat containerd runc kubernetes-cni cri-tools kubelet=1.36.9-* kubeadm=1.36.9-* "
                + "kubectl=1.36.9-*",
            install,
            StringComparison.Ordinal
        );
        Assert.Equal(
            "hold containerd runc kubernetes-cni cri-tools kubelet kubeadm kubectl",
            Assert.Single(_shell.Lines("apt-mark.calls"))
        );
        Assert.Equal("the key", _shell.Text("etc/apt/keyrings/kubernetes.asc").Trim());
        Assert.Equal(
            $"deb [signed-by={_shell.Folder}/etc/apt/keyrings/kubernetes.asc] https://pkgs.k8s.io/core:/stable:/v1.36/deb/ /\n",
            _shell.Text("etc/apt/sources.list.d/kubernetes.list")
        );
        Assert.Equal(
            ["restart containerd"],
            _shell.Lines("systemctl.calls").Where(call => call.StartsWith("restart", StringComparison.Ordinal))
        );
        Assert.Equal(["packages", "kubeadm join"], _shell.Lines("order"));
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
        _shell.Program("containerd", $"echo 'version = {form}'");

        await RunAsync();

        var text = _shell.Text("etc/containerd/config.toml");
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

        Assert.Equal("version = 2\n# ours\n", _shell.Text("etc/containerd/config.toml"));
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
            new NodeReport(IsFinal: true, $"the packages could not be installed: {NodeShell.OneLine(failure)}")
            {
                LacksPackages = true,
            },
            Assert.Single(run.Reports)
        );
        Assert.DoesNotContain("kubeadm join", _shell.Lines("order"));
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
            new NodeReport(IsFinal: true, $"the packages could not be installed: {NodeShell.OneLine(away)}")
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
        _shell.Program(
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
        Assert.Equal(["--configure -a", "--configure -a"], _shell.Lines("dpkg.calls"));
        Assert.Equal(["packages", "kubeadm join"], _shell.Lines("order"));
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

        Assert.Equal("the site's key\n", _shell.Text("etc/apt/keyrings/kubernetes.asc"));
        Assert.EndsWith(" http://k8s.mirror.example/v1.36/ /\n", _shell.Text("etc/apt/sources.list.d/kubernetes.list"));
        Assert.Equal(
            "Acquire::http::Proxy \"http://me:secret@proxy:3128\";\nAcquire::https::Proxy \"http://me:secret@proxy:3128\";\n"
                + "Acquire::http::Proxy::k8s.mirror.example \"DIRECT\";\n",
            _shell.Text("etc/apt/apt.conf.d/95gantry-proxy")
        );
        Assert.Contains(
            "URIs: http://archive.example/ubuntu\nSuites: noble noble-updates noble-security\n",
            _shell.Text("etc/apt/sources.list.d/ubuntu.sources"),
            StringComparison.Ordinal
        );
        Assert.Equal("\n", _shell.Text("etc/apt/sources.list"));
        Assert.Single(_shell.Lines("update-ca-certificates.calls"));
        Assert.Empty(_shell.Lines("curl.calls"));
    }

    [Fact]
    public async Task A_prepared_image_installs_nothing()
    {
        _cluster = _cluster with { Image = ImageName.Parse("custom/prepared") };

        Assert.Equal(0, (await RunAsync()).Status);

        Assert.Empty(_shell.Lines("apt-get.calls"));
    }

    private void Nodes(Func<NodeEnvironment, NodeEnvironment> change) =>
        _cluster = _cluster with { Nodes = change(_cluster.Nodes) };

    /// <param name="failures">What apt writes to standard error in each attempt; the attempt after the last succeeds.</param>
    private async Task<Run> RunAsync(params string[] failures)
    {
        for (var number = 0; number < failures.Length; number++)
        {
            _shell.Write($"failure.{number + 1}", failures[number] + "\n");
        }

        if (!_shell.IsInstalled)
        {
            Install();
        }

        var (status, _) = await _shell.BootAsync(TestContext.Current.CancellationToken);
        return new Run(status, _shell.Lines("attempts").Length, _shell.Reports);
    }

    private void Install()
    {
        var folder = _shell.Folder;
        _shell.Install(_cluster, Bootstrap.JoinWorker);
        _shell.Write("etc/os-release", "ID=ubuntu\nVERSION_CODENAME=noble\n");
        _shell.Default(
            "apt-get",
            $"""
            echo "$@" >> {folder}/apt-get.calls
            case "$*" in *update*) exit 0;; esac
            echo >> {folder}/attempts
            f={folder}/failure.$(wc -l < {folder}/attempts)
            if [ ! -e $f ]; then echo packages >> {folder}/order; exit 0; fi
            if grep -q CUT $f; then kill -9 $(ps -o ppid= $PPID); kill -9 $PPID; exit 1; fi
            cat $f >&2
            exit 100
            """
        );
        _shell.Default("curl", $"echo \"$@\" >> {folder}/curl.calls; echo the key");
        _shell.Default("containerd", "echo 'version = 2'");
        _shell.Default(
            "kubeadm",
            $"""
            case "$1" in config) echo registry.k8s.io/etcd:3.6.8-0; echo registry.k8s.io/pause:3.10.2; exit 0;; esac
            echo "kubeadm $1" >> {folder}/order
            """
        );
        foreach (var name in (ReadOnlySpan<string>)["dpkg", "apt-mark", "update-ca-certificates"])
        {
            _shell.Default(name, $"echo \"$@\" >> {folder}/{name}.calls");
        }

        _shell.Quiet("sleep", "swapoff", "modprobe", "sysctl", "sync", "kubelet");
    }

    private sealed record Run(int Status, int Attempts, IReadOnlyList<NodeReport> Reports);
}
