using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Kubeadm.Tests;

/// <summary>The script that makes a machine a node, in a real shell and a folder, with a kubeadm that fails as it is told.</summary>
public sealed class NodeScriptTests : IDisposable
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
        "error execution phase preflight: unable to fetch the kubeadm-config ConfigMap: failed to get config map: Unauthorized\n"
        + "To see the stack trace of this error execute with --v=5 or higher";

    private const string NotReached =
        "error execution phase preflight: couldn't validate the identity of the API Server: Get \"https://10.0.0.9:6443/\": "
        + "read tcp 10.0.0.3:40001->10.0.0.9:6443: i/o timeout\nTo see the stack trace of this error execute with --v=5 or higher";

    private readonly NodeShell _shell = new();

    public void Dispose() => _shell.Dispose();

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
    public async Task A_check_that_fails_init_for_good_is_reported_and_not_tried_again()
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

    [Fact]
    public async Task An_init_that_fails_is_tried_again_on_a_clean_machine_and_each_failure_is_reported()
    {
        var run = await RunAsync(Bootstrap.InitControlPlane, Unhealthy, Unhealthy);

        Assert.Equal((0, 3, 2), (run.Status, run.Attempts, run.Resets));
        Assert.Equal(
            [
                new NodeReport(IsFinal: false, $"kubeadm init: {Unhealthy}"),
                new NodeReport(IsFinal: false, $"kubeadm init: {Unhealthy}"),
            ],
            run.Reports
        );
        Assert.All(run.Found, found => Assert.Equal(["kube-vip.yaml"], found));
    }

    [Fact]
    public async Task An_init_that_fails_three_times_ends_with_its_reason_and_keeps_the_virtual_IP_with_the_super_admin()
    {
        var run = await RunAsync(Bootstrap.InitControlPlane, Unhealthy, Unhealthy, Unhealthy);

        Assert.Equal((1, 3), (run.Status, run.Attempts));
        Assert.Equal(new NodeReport(IsFinal: true, $"kubeadm init: {Unhealthy}"), run.Reports[^1]);
        Assert.Contains("super-admin.conf", VirtualIp, StringComparison.Ordinal);
        Assert.True(_shell.Exists("var/lib/gantry/bootstrap/kubeadm.yaml"));
    }

    [Fact]
    public async Task A_success_hands_the_virtual_IP_over_and_leaves_neither_the_unit_nor_what_it_was_given()
    {
        var run = await RunAsync(Bootstrap.InitControlPlane);

        Assert.Equal((0, 1, 0), (run.Status, run.Attempts, run.Resets));
        Assert.DoesNotContain("super-admin.conf", VirtualIp, StringComparison.Ordinal);
        Assert.False(_shell.Exists("var/lib/gantry/bootstrap"));
        Assert.False(_shell.Exists("etc/systemd/system/gantry-bootstrap.service"));
        Assert.False(_shell.Exists("etc/systemd/system/multi-user.target.d/gantry-bootstrap.conf"));
        Assert.True(_shell.Exists("forgotten"));
    }

    [Theory]
    [InlineData(Bootstrap.InitControlPlane)]
    [InlineData(Bootstrap.JoinControlPlane)]
    [InlineData(Bootstrap.JoinWorker)]
    public async Task A_machine_that_reboots_in_the_middle_of_kubeadm_begins_again_as_cloud_init_left_it(Bootstrap bootstrap)
    {
        var cut = await RunAsync(bootstrap, "CUT");
        var run = await RunAsync(bootstrap);

        Assert.Equal((137, 1), (cut.Status, cut.Attempts));
        Assert.Equal((0, 2, 1), (run.Status, run.Attempts, run.Resets));
        Assert.Equal(bootstrap is Bootstrap.JoinWorker ? [] : ["kube-vip.yaml"], run.Found[^1]);
        Assert.Empty(run.Reports);
    }

    [Fact]
    public async Task An_init_that_was_cut_and_whose_API_server_answers_goes_over_what_it_stored_and_removes_nothing()
    {
        await RunAsync(Bootstrap.InitControlPlane, "CUT");
        _shell.Write("serves", "");
        var run = await RunAsync(Bootstrap.InitControlPlane);

        Assert.Equal((0, 2, 0), (run.Status, run.Attempts, run.Resets));
        Assert.EndsWith("--ignore-preflight-errors=all", _shell.Lines("attempts")[^1], StringComparison.Ordinal);
        Assert.True(_shell.Exists("var/lib/etcd/member"));
    }

    [Fact]
    public async Task A_control_plane_that_was_cut_after_it_joined_etcd_gets_its_label_and_taint_and_is_not_put_back()
    {
        await RunAsync(Bootstrap.JoinControlPlane, "CUT");
        _shell.Write("serves", "");
        var run = await RunAsync(Bootstrap.JoinControlPlane);

        Assert.Equal((0, 1, 0), (run.Status, run.Attempts, run.Resets));
        Assert.StartsWith(
            "join phase control-plane-join mark-control-plane",
            Assert.Single(_shell.Lines("phases")),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_worker_whose_kubelet_has_its_own_credentials_keeps_them()
    {
        await RunAsync(Bootstrap.JoinWorker, "CUT");
        _shell.Write("etc/kubernetes/kubelet.conf", "credentials");
        var run = await RunAsync(Bootstrap.JoinWorker);

        Assert.Equal((0, 1, 0), (run.Status, run.Attempts, run.Resets));
        Assert.True(_shell.Exists("etc/kubernetes/kubelet.conf"));
    }

    [Fact]
    public async Task Commands_before_kubeadm_run_once_and_those_after_it_once_it_has_ended_well()
    {
        _pre = [$"echo pre >> {_shell.Folder}/commands"];
        _post = [$"echo post >> {_shell.Folder}/commands"];
        await RunAsync(Bootstrap.JoinWorker, "CUT");
        await RunAsync(Bootstrap.JoinWorker);

        Assert.Equal(["pre", "post"], _shell.Lines("commands"));
    }

    [Theory]
    [InlineData("kubelet", "kubelet")]
    [InlineData("containerd", "containerd")]
    public async Task An_image_that_lacks_a_program_is_named_with_it_before_kubeadm_is_tried(string gone, string missing)
    {
        _without = gone;
        var run = await RunAsync(Bootstrap.JoinWorker);

        Assert.Equal((1, 0), (run.Status, run.Attempts));
        Assert.Equal(
            new NodeReport(IsFinal: true, $"the image ubuntu/noble lacks {missing}; docs/images.md lists what it needs"),
            Assert.Single(run.Reports)
        );
    }

    [Fact]
    public async Task What_commands_of_the_operator_install_is_not_missing()
    {
        _without = "kubelet";
        _pre = [$"printf '#!/bin/sh\\n' > {_shell.Folder}/bin/kubelet", $"chmod +x {_shell.Folder}/bin/kubelet"];

        Assert.Equal(0, (await RunAsync(Bootstrap.JoinWorker)).Status);
    }

    [Theory]
    [InlineData("modprobe", "modprobe: FATAL: Module br_netfilter not found in directory /lib/modules/6.8.0")]
    [InlineData("sysctl", "sysctl: cannot stat /proc/sys/net/bridge/bridge-nf-call-iptables: No such file or directory")]
    public async Task A_module_or_setting_that_the_kernel_lacks_ends_the_script_before_kubeadm(string program, string failure)
    {
        _shell.Program(program, $"echo '{failure}' >&2; exit 1");
        var run = await RunAsync(Bootstrap.JoinWorker);

        Assert.Equal((1, 0), (run.Status, run.Attempts));
        Assert.Equal(new NodeReport(IsFinal: true, $"the system could not be prepared: {failure}"), Assert.Single(run.Reports));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_file_that_a_component_needs_and_the_machine_lacks_ends_the_script_before_kubeadm(bool isThere)
    {
        _environment = new NodeEnvironment
        {
            ExtraArgs = [new("apiServer", [new ExtraArg("audit-policy-file", "/etc/kubernetes/au'dit/$(a).yaml")])],
            ExtraVolumes =
            [
                new("apiServer", [new ComponentVolume("audit", "/etc/kubernetes/au'dit", "/etc/kubernetes/au'dit", true)]),
            ],
        };
        if (isThere)
        {
            _shell.Write("etc/kubernetes/au'dit/$(a).yaml", "");
        }

        var run = await RunAsync(Bootstrap.JoinControlPlane);

        Assert.Equal(isThere ? (0, 1) : (1, 0), (run.Status, run.Attempts));
        Assert.Equal(
            isThere
                ? []
                :
                [
                    $"the system could not be prepared: this machine lacks {_shell.Folder}/etc/kubernetes/au'dit/$(a).yaml for "
                        + "audit-policy-file of apiServer",
                ],
            run.Reports.Select(report => report.Text)
        );
    }

    [Theory]
    [InlineData(Bootstrap.InitControlPlane)]
    [InlineData(Bootstrap.JoinControlPlane)]
    [InlineData(Bootstrap.JoinWorker)]
    public async Task A_machine_writes_the_address_and_the_interface_that_it_has_in_its_networks(Bootstrap bootstrap)
    {
        _network = new NodeNetwork(Cidr.Parse("10.40.0.0/24"), Cidr.Parse("10.0.0.0/24"));
        _shell.Program(
            "ip",
            """
            case "$*" in
              "-o addr show to 10.40.0.0/24 scope global primary")
                echo '5: bond0.40    inet 10.40.0.5/24 brd 10.40.0.255 scope global bond0.40\       valid_lft forever';;
              "-o addr show to 10.0.0.0/24 scope global primary")
                echo '2: eno1    inet 10.0.0.254/32 scope global eno1\       valid_lft forever'
                echo '2: eno1    inet 10.0.0.5/24 brd 10.0.0.255 scope global eno1\       valid_lft forever';;
              *) exit 1;;
            esac
            """
        );
        await RunAsync(bootstrap, "CUT");

        var document = _shell.Text("var/lib/gantry/bootstrap/kubeadm.yaml");
        Assert.Contains("""{"name":"node-ip","value":"10.40.0.5"}""", document, StringComparison.Ordinal);
        Assert.DoesNotContain("@", document, StringComparison.Ordinal);
        if (bootstrap is not Bootstrap.JoinWorker)
        {
            Assert.Contains("""{"advertiseAddress":"10.40.0.5"}""", document, StringComparison.Ordinal);
            Assert.Contains("""{"name":"vip_interface","value":"eno1"}""", VirtualIp, StringComparison.Ordinal);

            // A machine that is put back has the interface still.
            Assert.Equal((0, 1), (await RunAsync(bootstrap)) is var run ? (run.Status, run.Resets) : default);
            Assert.Contains("""{"name":"vip_interface","value":"eno1"}""", VirtualIp, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_machine_without_an_address_where_MAAS_shows_one_says_so_and_starts_no_kubeadm()
    {
        _network = new NodeNetwork(Cidr.Parse("10.40.0.0/24"));
        _shell.Program("ip", "exit 0");
        var run = await RunAsync(Bootstrap.JoinWorker);

        Assert.Equal((1, 0), (run.Status, run.Attempts));
        Assert.Equal(
            new NodeReport(
                IsFinal: true,
                "the system could not be prepared: no interface has an address in 10.40.0.0/24, where MAAS shows one"
            ),
            Assert.Single(run.Reports)
        );
    }

    private NodeNetwork? _network;

    private const string Unhealthy =
        "error execution phase wait-control-plane: failed while waiting for the control plane to start: kube-apiserver check failed";

    private string? _without;
    private IReadOnlyList<string> _pre = [];
    private IReadOnlyList<string> _post = [];
    private NodeEnvironment? _environment;

    private string VirtualIp => _shell.Text("etc/kubernetes/manifests/kube-vip.yaml");

    /// <summary>One boot: the script runs to its end, or until the machine loses power in an attempt that is <c>CUT</c>.</summary>
    /// <param name="failures">What each attempt of this boot writes to standard error; the attempt after the last succeeds.</param>
    private async Task<Run> RunAsync(Bootstrap bootstrap, params string[] failures)
    {
        var before = _shell.Lines("attempts").Length;
        for (var number = 0; number < failures.Length; number++)
        {
            _shell.Write($"failure.{before + number + 1}", failures[number] + "\n");
        }

        // Later boots find what the first one has left.
        if (!_shell.IsInstalled)
        {
            Install(bootstrap);
        }

        var (status, errors) = await _shell.BootAsync(TestContext.Current.CancellationToken);
        return new Run(
            status,
            _shell.Lines("attempts").Length,
            _shell.Lines("resets").Length,
            _shell.Reports,
            [.. _shell.Lines("found").Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))],
            errors
        );
    }

    private void Install(Bootstrap bootstrap)
    {
        var some = Some.Cluster(3, 1);
        _shell.Install(
            some with
            {
                Nodes = (_environment ?? some.Nodes) with { PreKubeadmCommands = [.. _pre], PostKubeadmCommands = [.. _post] },
            },
            bootstrap,
            _network
        );
        var (folder, etc) = (_shell.Folder, $"{_shell.Folder}/etc/kubernetes");
        _shell.Program(
            "kubeadm",
            $"""
            case "$1 $2" in
              reset*) echo >> {folder}/resets; rm -rf {etc}/pki {etc}/manifests/*; exit 0;;
              "token list") [ -e {folder}/serves ]; exit;;
              "join phase") echo "$@" >> {folder}/phases; exit 0;;
            esac
            echo $(ls {etc}/manifests {folder}/var/lib/etcd | grep -v :) >> {folder}/found
            echo "$@" >> {folder}/attempts
            mkdir -p {etc}/manifests {folder}/var/lib/etcd/member
            touch {etc}/manifests/kube-apiserver.yaml {etc}/manifests/etcd.yaml {etc}/super-admin.conf {etc}/admin.conf
            f={folder}/failure.$(wc -l < {folder}/attempts)
            [ -e $f ] || exit 0
            if grep -q CUT $f; then kill -9 $PPID; sleep 0; exit 1; fi
            cat $f >&2
            exit 1
            """
        );
        string[] quiet = ["sleep", "swapoff", "modprobe", "sysctl", "sync", "kubelet", "containerd"];
        _shell.Quiet([.. quiet.Where(name => name != _without)]);
    }

    /// <param name="Found">The manifests and the data of etcd that each attempt found.</param>
    private sealed record Run(
        int Status,
        int Attempts,
        int Resets,
        IReadOnlyList<NodeReport> Reports,
        IReadOnlyList<IReadOnlyList<string>> Found,
        string Errors
    );
}
