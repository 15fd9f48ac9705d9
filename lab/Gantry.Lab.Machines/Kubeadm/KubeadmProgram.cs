using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Gantry.Lab.Kubernetes;
using Gantry.Lab.Maas;
using Gantry.Lab.Machines.Clusters;
using Gantry.Lab.Machines.Shell;

namespace Gantry.Lab.Machines.Kubeadm;

/// <summary>The operations of the lab that kubeadm on a machine uses.</summary>
internal interface IKubeadmHost
{
    LabClusters Clusters { get; }

    MachineState State { get; }

    MachineRecord Record { get; }

    /// <summary>Takes the time a real server takes, scaled by the lab's speed and varied by the machine's seed.</summary>
    Task TakeAsync(double seconds, CancellationToken cancellationToken);

    /// <summary>Waits exactly this long, scaled by the lab's speed.</summary>
    Task WaitAsync(TimeSpan duration, CancellationToken cancellationToken);

    IReadOnlyList<IPAddress> Resolve(string host);

    /// <summary>Records the cluster of the machine, before the node appears in it.</summary>
    void Joins(string clusterId);

    /// <summary>Tells the region's record that <c>kubeadm init</c> has formed a cluster here.</summary>
    void Initialized();

    /// <summary>The kubelet runs and registers the node; kubeadm has not ended yet.</summary>
    void Registers(LabNode node, NodeSettings settings);

    /// <summary>The kubelet is stopped for good, and the machine is no node of its cluster any more.</summary>
    void Leaves();

    /// <summary>Records that kubeadm has completed: the kubelet runs with these settings.</summary>
    void Runs(LabNode node, NodeSettings settings, bool swapStopsKubelet);
}

/// <summary>
/// The emulated <c>kubeadm</c>: validates all its input, and fails with kubeadm's messages. Phases, checks and messages follow
/// <c>k8s.io/kubernetes/cmd/kubeadm</c>.
/// </summary>
internal sealed class KubeadmProgram(IKubeadmHost host)
{
    public async Task<int> RunAsync(ShellCall call, CancellationToken cancellationToken)
    {
        var version = host.State.Kubernetes!.Value;
        try
        {
            switch (call.Arguments.FirstOrDefault(a => !a.StartsWith('-')))
            {
                case "version":
                    return call.Say(
                        call.Arguments.Contains("short") || call.Arguments.Contains("-oshort")
                            ? version.ToString()
                            : $"kubeadm version: {version}"
                    );
                case "config" when call.Arguments.Contains("images"):
                    return call.Arguments.Contains("list") ? call.Say(KubeadmImages.Of(version)) : 0;
                case "init":
                    await new KubeadmInit(host, call, Config(call, version), Ignored(call)).RunAsync(cancellationToken);
                    return call.Say("\nYour Kubernetes control-plane has initialized successfully!");
                case "join" when call.Arguments is ["join", "phase", "control-plane-join", "mark-control-plane", ..]:
                    new KubeadmJoin(host, call, Config(call, version), Ignored(call)).MarkControlPlane();
                    return 0;
                case "join":
                    await new KubeadmJoin(host, call, Config(call, version), Ignored(call)).RunAsync(cancellationToken);
                    return call.Say("\nThis node has joined the cluster.");
                case "reset":
                    await new KubeadmReset(host, call).RunAsync(cancellationToken);
                    return 0;
                case "token" when call.Arguments.Contains("list"):
                    return LocalApiServer.Problem(host, call) is { } silent
                        ? throw new KubeadmException($"failed to list bootstrap tokens: {silent}")
                        : 0;
                default:
                    throw new KubeadmException(
                        $"unknown command \"{string.Join(' ', call.Arguments)}\" for \"kubeadm\" of the lab; it has init, "
                            + "join, reset, token list, version and config images"
                    );
            }
        }
        catch (Exception problem) when (problem is KubeadmException or KubeException)
        {
            // An error of the API server is an error of kubeadm.
            host.State.LastProblem = problem.Message;
            call.Errors.Append(problem.Message).Append("\nTo see the stack trace of this error execute with --v=5 or higher\n");
            return 1;
        }
    }

    private static KubeadmConfig Config(ShellCall call, KubeVersion version)
    {
        string? path = null;
        for (var i = 0; i < call.Arguments.Length; i++)
        {
            var argument = call.Arguments[i];
            if (argument == "--config")
            {
                path = call.Arguments.ElementAtOrDefault(++i);
            }
            else if (argument.StartsWith("--config=", StringComparison.Ordinal))
            {
                path = argument["--config=".Length..];
            }
            else if (argument is "-v" or "--v")
            {
                i++;
            }
            else if (
                argument.StartsWith('-')
                && !argument.StartsWith("-v", StringComparison.Ordinal)
                && !argument.StartsWith("--v=", StringComparison.Ordinal)
                && !argument.StartsWith("--ignore-preflight-errors=", StringComparison.Ordinal)
                && argument != "--skip-token-print"
            )
            {
                throw new KubeadmException($"unknown flag: {argument}; the lab's kubeadm takes everything from --config");
            }
        }

        if (path is null)
        {
            throw new KubeadmException("the lab's kubeadm takes everything from --config FILE, and none is given");
        }

        return call.Files.Find(path) is { } file
            ? KubeadmConfig.Read(file.Text, version)
            : throw new KubeadmException($"unable to read config from \"{path}\": open {path}: no such file or directory");
    }

    private static string[] Ignored(ShellCall call) =>
        [
            .. call
                .Arguments.Where(a => a.StartsWith("--ignore-preflight-errors=", StringComparison.Ordinal))
                .SelectMany(a => a["--ignore-preflight-errors=".Length..].Split(',')),
        ];
}

/// <summary>The checks before init and join; each has a name, under which a document can ignore it.</summary>
internal sealed class Preflight(NodeSettings node, IReadOnlyList<string> ignored)
{
    private readonly List<string> _errors = [];
    private readonly List<string> _warnings = [];

    /// <summary>A version that is newer than kubeadm is a warning: kubeadm goes on with what it knows.</summary>
    public void WarnOfNewer(KubeVersion version, KubeVersion kubeadm)
    {
        if (version.Minor > kubeadm.Minor)
        {
            _warnings.Add(
                "\t[WARNING KubernetesVersion]: Kubernetes version is greater than kubeadm version. Please consider to upgrade kubeadm. "
                    + $"Kubernetes version: {version.ToString()[1..]}. Kubeadm version: {kubeadm.Major}.{kubeadm.Minor}.x"
            );
        }
    }

    /// <summary>kubeadm pulls the images of the control plane before it changes anything.</summary>
    public void CheckEtcdImage(KubeVersion kubeadm, JsonObject configuration) =>
        Check(
            "ImagePull",
            EtcdImages.IsPublished(kubeadm, configuration),
            $"failed to pull image {EtcdImages.Of(kubeadm, configuration)}: rpc error: code = NotFound desc = failed to resolve image: "
                + $"{EtcdImages.Of(kubeadm, configuration)}: not found"
        );

    public void Check(string name, bool holds, string otherwise)
    {
        if (
            !holds
            && !node.Ignores(name)
            && !ignored.Any(i =>
                i.Equals("all", StringComparison.OrdinalIgnoreCase) || i.Equals(name, StringComparison.OrdinalIgnoreCase)
            )
        )
        {
            _errors.Add($"\t[ERROR {name}]: {otherwise}");
        }
    }

    /// <summary>What a control plane needs: ports, places for its files, and an empty folder for etcd.</summary>
    public void CheckControlPlane(MachineState machine, int port)
    {
        foreach (var component in ControlPlaneCommands.Components)
        {
            var path = StaticPods.PathOf(component);
            Check(
                $"FileAvailable--etc-kubernetes-manifests-{component}.yaml",
                machine.Files.Find(path) is null,
                $"{path} already exists"
            );
        }

        foreach (
            var (component, number) in new (string, int)[]
            {
                ("kube-apiserver", port),
                ("kube-scheduler", 10259),
                ("kube-controller-manager", 10257),
                ("etcd", 2379),
                ("etcd", 2380),
            }
        )
        {
            Check($"Port-{number}", !StaticPods.Runs(machine, component), $"Port {number} is in use");
        }

        Check(
            "DirAvailable--var-lib-etcd",
            !machine.Files.Names(StaticPods.EtcdFolder).Any(),
            $"{StaticPods.EtcdFolder} is not empty"
        );
    }

    public void CheckKubelet(MachineState machine) => Check("Port-10250", !machine.KubeletRuns, "Port 10250 is in use");

    /// <summary>What every node needs: a container runtime that answers, and a kernel that forwards packets.</summary>
    public void CheckSystem(MachineState machine)
    {
        Check(
            "CRI",
            machine.ContainerdRuns is not null,
            "could not connect to the container runtime: failed to create new CRI runtime service: validate service connection: "
                + "validate CRI v1 runtime API for endpoint \"unix:///var/run/containerd/containerd.sock\": connection error: dial "
                + "unix /var/run/containerd/containerd.sock: connect: no such file or directory"
        );
        Check(
            "FileContent--proc-sys-net-ipv4-ip_forward",
            machine.IpForward,
            "/proc/sys/net/ipv4/ip_forward contents are not set to 1"
        );
    }

    /// <summary>The size of a machine for a control plane.</summary>
    public void CheckHardware(InstalledMachine machine)
    {
        Check("NumCPU", machine.CpuCount >= 2, $"the number of available CPUs {machine.CpuCount} is less than the required 2");
        Check("Mem", machine.MemoryMiB >= 1700, $"the system RAM ({machine.MemoryMiB} MB) is less than the minimum 1700 MB");
    }

    /// <summary>Writes the warnings.</summary>
    /// <exception cref="KubeadmException">A check failed.</exception>
    public void Finish(StringBuilder errors)
    {
        foreach (var warning in _warnings)
        {
            errors.Append(warning).Append('\n');
        }

        if (_errors.Count > 0)
        {
            throw new KubeadmException(
                new StringBuilder("error execution phase preflight: [preflight] Some fatal errors occurred:\n")
                    .AppendJoin('\n', _errors)
                    .Append(
                        "\n[preflight] If you know what you are doing, you can make a check non-fatal with "
                            + "`--ignore-preflight-errors=...`"
                    )
                    .ToString()
            );
        }
    }
}
