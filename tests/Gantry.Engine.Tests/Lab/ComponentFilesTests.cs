using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Testing;

namespace Gantry.Engine.Tests.Lab;

/// <summary>Files that a profile gives to the control plane's components, on machines that boot the engine's own documents.</summary>
public sealed class ComponentFilesTests
{
    private const string Policy = "/etc/kubernetes/audit/policy.yaml";

    private static readonly ValueMap<string, ValueList<ComponentVolume>> Mounted =
    [
        new("apiServer", [new ComponentVolume("audit", "/etc/kubernetes/audit", "/etc/kubernetes/audit", ReadOnly: true)]),
    ];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_control_plane_starts_with_a_mounted_file_and_those_that_join_start_with_theirs()
    {
        await using var lab = await StartAsync("127.96.1", Mounted, new NodeFile(Policy, "kind: Policy\n"));

        await lab.FormAsync(2, Stop);
    }

    [Fact]
    public async Task A_file_that_is_not_mounted_stops_the_API_server_and_kubeadm_cannot_say_why()
    {
        await using var lab = await StartAsync("127.96.2", [], new NodeFile(Policy, "kind: Policy\n"));

        lab.Boot(1, Bootstrap.InitControlPlane);

        await SaysAsync(lab, "kubeadm init: error execution phase wait-control-plane");
    }

    [Fact]
    public async Task A_file_that_the_machine_lacks_is_told_before_kubeadm_starts()
    {
        await using var lab = await StartAsync("127.96.3", Mounted);

        lab.Boot(1, Bootstrap.InitControlPlane);

        await SaysAsync(lab, $"this machine lacks {Policy} for audit-policy-file of apiServer");
    }

    private static async Task<LabControlPlanes> StartAsync(
        string network,
        ValueMap<string, ValueList<ComponentVolume>> volumes,
        params NodeFile[] files
    )
    {
        var lab = await LabControlPlanes.StartAsync(network, "1.33.5", Stop);
        lab.Spec = lab.Spec with
        {
            Nodes = new NodeEnvironment
            {
                ExtraArgs = [new("apiServer", [new ExtraArg("audit-policy-file", Policy)])],
                ExtraVolumes = volumes,
                Files = [.. files],
            },
        };
        return lab;
    }

    private static Task SaysAsync(LabControlPlanes lab, string text) =>
        Eventually.HoldsAsync(
            () =>
            {
                Assert.Contains(text, lab.Said, StringComparison.Ordinal);
                return Task.CompletedTask;
            },
            TimeSpan.FromSeconds(30)
        );
}
