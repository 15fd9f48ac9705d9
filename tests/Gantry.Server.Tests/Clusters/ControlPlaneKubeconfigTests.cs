using Gantry.Clusters.Model;
using Gantry.Protocol;
using Gantry.Server.Api;
using Gantry.Server.Clusters;
using Gantry.Server.Tests.Hosting;

namespace Gantry.Server.Tests.Clusters;

public sealed class ControlPlaneKubeconfigTests
{
    private static readonly Kubeconfig Issued = SampleKubeconfig.Of("demo", "ada", "https://demo-api.maas:6443");

    private static readonly ClusterStatus Status = new()
    {
        Id = new ClusterId("c1"),
        ObservedGeneration = 1,
        Phase = ClusterPhase.Running,
        Message = "",
        Endpoint = new ApiEndpoint("demo-api.maas", 6443),
        Machines =
        [
            Machine("w1", PoolRole.Worker, "10.0.0.1", true),
            Machine("c1", PoolRole.ControlPlane, "10.0.0.2", false),
            Machine("c2", PoolRole.ControlPlane, "10.0.0.3", true),
        ],
    };

    [Fact]
    public void A_control_plane_kubeconfig_goes_to_a_ready_control_plane_and_keeps_the_endpoints_name() =>
        Assert.Equal(
            Issued with
            {
                Server = "https://10.0.0.3:6443",
                TlsServerName = "demo-api.maas",
            },
            ControlPlaneKubeconfig.Redirect(Issued, Status)
        );

    [Fact]
    public void Without_a_control_plane_address_no_kubeconfig_is_returned() =>
        Assert.Equal(
            404,
            Assert
                .Throws<ApiException>(() =>
                    ControlPlaneKubeconfig.Redirect(Issued, Status with { Machines = [Status.Machines[0]] })
                )
                .Status
        );

    [Fact]
    public async Task A_control_plane_kubeconfig_is_requested_by_a_query_and_other_values_are_refused()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        await world.Gateway.PollAsync();
        await world.Gateway.ReportAsync(world.Gateway.Status(uid, ClusterPhase.Running, Health.Healthy, Status.Machines[2]));

        var path = $"/v1/spectroclusters/{uid}/assets/adminKubeconfig";
        using var download = await world.Gateway.WhileServingAsync(world.Console.Client.GetAsync($"{path}?via=control-plane"));
        Assert.Contains(
            "server: https://10.0.0.3:6443",
            await download.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            StringComparison.Ordinal
        );
        await TestConsole.ReadAsync(await world.Console.Client.GetAsync($"{path}?via=moon"), 400);
    }

    /// <summary>What a gateway in foreign hands could answer, by what it would do to the caller.</summary>
    public static TheoryData<string, Func<Kubeconfig, string>> Hostile { get; } =
        new()
        {
            { "another endpoint", good => (good with { Server = "https://10.6.6.6:6443" }).ToYaml() },
            { "another port", good => (good with { Server = "https://10.0.0.10:443" }).ToYaml() },
            { "another cluster", good => (good with { Cluster = "other" }).ToYaml() },
            { "another user", good => (good with { User = "somebody" }).ToYaml() },
            { "another name in the certificate", good => (good with { TlsServerName = "evil.example" }).ToYaml() },
            {
                "a program to run",
                good => good.ToYaml() + "    exec: {apiVersion: client.authentication.k8s.io/v1, command: sh}\n"
            },
            {
                "a file to read",
                good => good.ToYaml().Replace("client-key-data: ", "client-key: /etc/passwd # ", StringComparison.Ordinal)
            },
            { "a second user", good => good.ToYaml() + "- name: x\n  user:\n    exec: {command: sh}\n" },
            { "a second document", good => good.ToYaml() + "---\napiVersion: v1\n" },
            {
                "a proxy",
                good =>
                    good.ToYaml().Replace("  cluster:\n", "  cluster:\n    proxy-url: http://evil\n", StringComparison.Ordinal)
            },
            {
                "no check of the server",
                good =>
                    good.ToYaml()
                        .Replace("certificate-authority-data", "insecure-skip-tls-verify: true #", StringComparison.Ordinal)
            },
            { "an escape sequence", good => good.ToYaml() + "#\e]52;c;x\a\n" },
            { "no kubeconfig", _ => "kind: Config\n" },
        };

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task A_kubeconfig_of_any_other_form_or_place_is_withheld(string what, Func<Kubeconfig, string> change)
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        await world.Gateway.PollAsync();
        await world.Gateway.ReportAsync(world.Gateway.Status(uid, ClusterPhase.Running, Health.Healthy, Status.Machines[2]));
        world.Gateway.Answers = request =>
            request is GatewayRequest.IssueKubeconfig issue
                ? new IssuedKubeconfig(change(SampleKubeconfig.Of("demo", issue.User)), DateTimeOffset.UnixEpoch)
                : null;

        using var download = await world.Gateway.WhileServingAsync(
            world.Console.Client.GetAsync($"/v1/spectroclusters/{uid}/assets/adminKubeconfig")
        );

        var refused = await TestConsole.ReadAsync(download, 424);
        Assert.True(TestConsole.Message(refused).Contains("it is withheld", StringComparison.Ordinal), what);
    }

    [Fact]
    public async Task The_progress_of_a_deletion_does_not_start_at_that_of_the_cluster()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        await world.Gateway.PollAsync();
        await world.Gateway.ReportAsync(
            world.Gateway.Status(uid, ClusterPhase.Running, Health.Healthy) with
            {
                Progress = 100,
                Message = "All 3 nodes are Ready.",
            }
        );
        await world.Console.DeleteAsync($"/v1/spectroclusters/{uid}");

        var status = (await world.Console.GetAsync($"/v1/spectroclusters/{uid}/progress")).GetProperty("status");

        Assert.Equal("Deleting", status.GetProperty("phase").GetString(), ignoreCase: true);
        Assert.Equal(0, status.GetProperty("progress").GetInt32());
        Assert.DoesNotContain("Ready", status.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    private static MachineStatus Machine(string id, PoolRole role, string address, bool ready) =>
        new()
        {
            SystemId = new SystemId(id),
            Hostname = id,
            Pool = DnsLabel.Parse("p"),
            Role = role,
            State = "Ready",
            Stage = "",
            Addresses = [address],
            NodeReady = ready,
        };
}
