using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Lab.Kubernetes;

namespace Gantry.Engine.Tests.Lab;

/// <summary>With which arguments the emulated kubeadm starts a control plane, as kubectl shows them.</summary>
public sealed class JoinArgumentsTests : IAsyncLifetime
{
    private static readonly KubernetesVersion Version = KubernetesVersion.Parse("1.33.5");

    private LabControlPlanes _lab = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _lab = await LabControlPlanes.StartAsync("127.95.0", $"{Version}", Stop);
        _lab.Spec = WithMaxAge("30");
        await _lab.FormAsync(1, Stop);
    }

    public ValueTask DisposeAsync() => _lab.DisposeAsync();

    [Fact]
    public async Task A_joining_control_plane_starts_with_the_arguments_of_the_configuration_and_not_of_its_own_document()
    {
        Assert.Contains("--audit-log-maxage=30", Command("kube-apiserver", "m1"));

        _lab.Spec = WithMaxAge("7");
        _lab.Boot(2, Bootstrap.JoinControlPlane);
        await _lab.NodesAsync(2, Stop);
        Assert.Contains("--audit-log-maxage=30", Command("kube-apiserver", "m2"));

        await _lab.Workload.SetKubeadmSettingsAsync(
            new(Version, [.. WithMaxAge("7").Nodes.ExtraArgs, new("scheduler", [new ExtraArg("bind-address", "0.0.0.0")])]),
            Stop
        );
        _lab.Boot(3, Bootstrap.JoinControlPlane);
        await _lab.NodesAsync(3, Stop);

        Assert.Contains("--audit-log-maxage=7", Command("kube-apiserver", "m3"));
        Assert.Contains("--advertise-address=127.95.0.3", Command("kube-apiserver", "m3"));
        Assert.Equal(
            ["--bind-address=0.0.0.0"],
            Command("kube-scheduler", "m3").Where(argument => argument.StartsWith("--bind-address", StringComparison.Ordinal))
        );
    }

    private ClusterSpec WithMaxAge(string days) =>
        _lab.Spec with
        {
            Nodes = new NodeEnvironment { ExtraArgs = [new("apiServer", [new ExtraArg("audit-log-maxage", days)])] },
        };

    private List<string> Command(string component, string node) =>
        [
            .. _lab.Machines.Clusters.OfMember("m1-id")!.Cluster.Get(KubeResources.Pods, "kube-system", $"{component}-{node}")[
                "spec"
            ]!["containers"]![0]!["command"]!
                .AsArray()
                .Select(part => part!.ToString()),
        ];
}
