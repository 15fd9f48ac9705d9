using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Kubeadm.Tests;

/// <summary>The part of a node's script that runs kubeadm, in a real shell with a kubeadm that fails as it is told.</summary>
public sealed partial class NodeScriptTests : IDisposable
{
    private const string NumCpu = """
        [preflight] Running pre-flight checks
        	[WARNING Hostname]: hostname "n1" could not be reached
        error execution phase preflight: [preflight] Some fatal errors occurred:
        	[ERROR NumCPU]: the number of available CPUs 1 is less than the required 2
        [preflight] If you know what you are doing, you can make a check non-fatal with `--ignore-preflight-errors=...`
        To see the stack trace of this error execute with --v=5 or higher
        """;

    private const string NoToken =
        "error execution phase preflight: couldn't validate the identity of the API Server: could not find a JWS signature in the "
        + "cluster-info ConfigMap for token ID \"abcdef\"\nTo see the stack trace of this error execute with --v=5 or higher";

    private const string NotReached =
        "error execution phase preflight: couldn't validate the identity of the API Server: Get \"https://10.0.0.9:6443/\": "
        + "read tcp 10.0.0.3:40001->10.0.0.9:6443: i/o timeout\nTo see the stack trace of this error execute with --v=5 or higher";

    private readonly string _folder = Directory.CreateTempSubdirectory("node-script").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<string> ForGood =>
        [
            "[ERROR NumCPU]: the number of available CPUs 1 is less than the required 2",
            "[ERROR Mem]: the system RAM (900 MB) is less than the minimum 1700 MB",
            "[ERROR Swap]: running with swap on is not supported. Please disable swap",
            "[ERROR SystemVerification]: missing required cgroups: memory",
            "[ERROR Port-10250]: Port 10250 is in use",
            "[ERROR DirAvailable--etc-kubernetes-manifests]: /etc/kubernetes/manifests is not empty",
            "[ERROR FileAvailable--etc-kubernetes-kubelet.conf]: /etc/kubernetes/kubelet.conf already exists",
            "[ERROR FileExisting-conntrack]: conntrack not found in system path",
            "error execution phase preflight: unable to fetch the kubeadm-config ConfigMap: Kubernetes version is greater than kubeadm "
                + "version. Please consider to upgrade kubeadm",
        ];

    [Theory]
    [MemberData(nameof(ForGood))]
    public async Task What_no_attempt_mends_ends_the_script_with_the_second_attempt_and_is_reported(string failure)
    {
        var run = await RunAsync(Bootstrap.JoinWorker, failure, failure, failure);

        Assert.Equal((1, 2), (run.Status, run.Attempts));
        Assert.Equal(new NodeReport(IsFinal: true, $"kubeadm join: {failure}"), Assert.Single(run.Reports));
    }

    [Fact]
    public async Task A_report_holds_the_lines_of_failed_checks_and_nothing_else()
    {
        var run = await RunAsync(Bootstrap.JoinControlPlane, NumCpu, NumCpu);

        Assert.Equal(
            "kubeadm join: [ERROR NumCPU]: the number of available CPUs 1 is less than the required 2",
            Assert.Single(run.Reports).Text
        );
        Assert.Contains("could not be reached", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_leftover_that_the_script_takes_away_between_attempts_ends_nothing()
    {
        var run = await RunAsync(
            Bootstrap.JoinWorker,
            "[ERROR FileAvailable--etc-kubernetes-kubelet.conf]: /etc/kubernetes/kubelet.conf already exists"
        );

        Assert.Equal((0, 2), (run.Status, run.Attempts));
        Assert.Empty(run.Reports);
    }

    [Fact]
    public async Task A_leftover_of_an_attempt_is_reported_with_what_failed_before_it()
    {
        const string Stuck =
            "error execution phase etcd-join: error creating local etcd static pod manifest file: etcdserver: timeout";
        const string Leftover = "[ERROR DirAvailable--var-lib-etcd]: /var/lib/etcd is not empty";

        var run = await RunAsync(Bootstrap.JoinControlPlane, Stuck, Leftover, Leftover);

        Assert.Equal((1, 3), (run.Status, run.Attempts));
        Assert.Equal(
            new NodeReport(IsFinal: true, $"kubeadm join: {Leftover} (before that: {Stuck})"),
            Assert.Single(run.Reports)
        );
    }

    [Fact]
    public async Task What_may_heal_is_tried_again_and_reported_once_while_it_stays_the_same()
    {
        var run = await RunAsync(
            Bootstrap.JoinWorker,
            NotReached,
            NotReached.Replace("40001", "40002", StringComparison.Ordinal),
            NotReached.Replace("40001", "40003", StringComparison.Ordinal),
            NotReached
        );

        Assert.Equal((0, 5), (run.Status, run.Attempts));
        Assert.Equal(
            new NodeReport(
                IsFinal: false,
                "kubeadm join: error execution phase preflight: couldn't validate the identity of the API Server: Get "
                    + "\"https://10.0.0.9:6443/\": read tcp 10.0.0.9:6443: i/o timeout"
            ),
            Assert.Single(run.Reports)
        );
    }

    [Fact]
    public async Task A_version_that_is_too_new_is_tried_again_because_the_clusters_configuration_may_follow()
    {
        const string TooNew = "[ERROR KubeletVersion]: the kubelet version is higher than the control plane version";

        var run = await RunAsync(Bootstrap.JoinControlPlane, TooNew, TooNew, TooNew);

        Assert.Equal((0, 4), (run.Status, run.Attempts));
        Assert.Equal(new NodeReport(IsFinal: false, $"kubeadm join: {TooNew}"), Assert.Single(run.Reports));
    }

    [Fact]
    public async Task A_machine_whose_turn_has_not_come_tells_nothing()
    {
        var run = await RunAsync(Bootstrap.JoinControlPlane, NoToken, NoToken, NoToken);

        Assert.Equal((0, 4), (run.Status, run.Attempts));
        Assert.Empty(run.Reports);
    }

    [Fact]
    public async Task A_failed_init_is_reported_and_not_tried_again()
    {
        var run = await RunAsync(Bootstrap.InitControlPlane, NumCpu);

        Assert.Equal((1, 1), (run.Status, run.Attempts));
        Assert.Equal(
            new NodeReport(
                IsFinal: true,
                "kubeadm init: [ERROR NumCPU]: the number of available CPUs 1 is less than the required 2"
            ),
            Assert.Single(run.Reports)
        );
    }

    /// <param name="failures">What each attempt writes to standard error; the attempt after the last succeeds.</param>
    private async Task<Run> RunAsync(Bootstrap bootstrap, params string[] failures)
    {
        for (var number = 0; number < failures.Length; number++)
        {
            await File.WriteAllTextAsync(
                Path.Combine(_folder, $"failure.{number + 1}"),
                failures[number] + "\n",
                TestContext.Current.CancellationToken
            );
        }

        Program(
            "kubeadm",
            $"echo >> {_folder}/attempts; f={_folder}/failure.$(wc -l < {_folder}/attempts); [ -e $f ] || exit 0; cat $f >&2; exit 1"
        );
        Program("python3", $"shift; echo \"$@\" | tr '\\n' ' ' >> {_folder}/reports; echo >> {_folder}/reports");
        Program("timeout", "shift; exec \"$@\"");
        Program("sleep", "exit 0");
        var script = Script(bootstrap).Replace("/run/gantry/", $"{_folder}/", StringComparison.Ordinal);
        using var shell = Process.Start(
            new ProcessStartInfo("/bin/sh", ["-c", script])
            {
                Environment = { ["PATH"] = $"{_folder}:/usr/bin:/bin" },
                UseShellExecute = false,
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            }
        )!;
        var errors = await shell.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await shell.WaitForExitAsync(TestContext.Current.CancellationToken);
        var reports = Path.Combine(_folder, "reports");
        return new Run(
            shell.ExitCode,
            File.ReadAllLines(Path.Combine(_folder, "attempts")).Length,
            File.Exists(reports)
                ? [.. File.ReadAllLines(reports).Select(line => NodeReport.Read(Spaces().Replace(line, " ").Trim())!)]
                : [],
            errors
        );
    }

    // The script from kubeadm on: what comes before it changes the system that runs the test.
    private static string Script(Bootstrap bootstrap)
    {
        var documents = new KubeadmDistribution();
        var cluster = Some.Cluster(3, 1) with { Endpoint = new EndpointChoice.Given(HostAddress.Parse("api.example")) };
        var now = new DateTimeOffset(2026, 11, 1, 7, 0, 0, TimeSpan.Zero);
        var document = documents.Render(
            new NodeDocument(
                cluster,
                cluster.Pools[bootstrap is Bootstrap.JoinWorker ? 1 : 0],
                new NodeIdentity(new SystemId("abc"), "n1", "az1"),
                new ApiEndpoint("api.example", 6443),
                bootstrap,
                "abcdef.0123456789abcdef"
            ),
            documents.CreatePki(cluster, now),
            now
        );
        var after = document[document.IndexOf("\"/run/gantry/bootstrap.sh\"", StringComparison.Ordinal)..];
        var encoded = after[(after.IndexOf("content: ", StringComparison.Ordinal) + "content: ".Length)..];
        var script = Encoding.UTF8.GetString(
            Convert.FromBase64String(encoded[..encoded.IndexOf('\n', StringComparison.Ordinal)])
        );
        var start = script.IndexOf(
            bootstrap is Bootstrap.InitControlPlane ? "kubeadm init" : "attempt=1",
            StringComparison.Ordinal
        );
        return script[start..].Replace("rm -f", "echo rm -f", StringComparison.Ordinal);
    }

    private void Program(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, $"#!/bin/sh\n{text}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    private sealed record Run(int Status, int Attempts, IReadOnlyList<NodeReport> Reports, string Errors);
}
