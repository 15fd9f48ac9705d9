using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;
using Gantry.Engine.Regions;
using Gantry.Engine.Tests.Support;
using Gantry.Engine.Workloads;
using Gantry.Kubeadm;
using Gantry.Lab;
using Gantry.Maas;
using Gantry.Testing;

namespace Gantry.Engine.Tests.Lab;

/// <summary>Clusters from their creation to their end, against a lab.</summary>
public sealed class WholeLabTests()
    : EngineInLab(
        new LabOptions
        {
            Machines = 16,
            Speed = Speed,
            Seed = 3,
            DeployFailureRate = 0,
        }
    )
{
    [Theory]
    [InlineData(1, 1, false)]
    [InlineData(3, 2, false)]
    [InlineData(3, 0, true)]
    public async Task A_cluster_is_made_grown_shrunk_and_deleted(int controlPlanes, int workers, bool byName)
    {
        var domain = (await Client.Domains.ListAsync(Stop)).Single(domain => domain.IsDefault).Name;
        EndpointChoice endpoint = byName ? new EndpointChoice.MaasDns(DnsName.Parse(domain)) : new EndpointChoice.VirtualIp();
        var cluster = Cluster(controlPlanes, workers, endpoint);
        await WantAsync(cluster, status => status is { Phase: ClusterPhase.Running, Health: Health.Healthy });
        Assert.Equal(controlPlanes + workers, Statuses[cluster.Id].Machines.Count(machine => machine.NodeReady));
        Assert.All(Statuses[cluster.Id].Machines, machine => Assert.Equal("1.33.5", machine.KubernetesVersion));

        var issued = await Engine.IssueKubeconfigAsync(cluster.Id, "ada", TimeSpan.FromHours(1), Stop);
        Assert.Contains("client-certificate-data", issued!.Kubeconfig, StringComparison.Ordinal);

        var grown = cluster.WithWorkers(workers + 1);
        await WantAsync(
            grown,
            status =>
                status.ObservedGeneration == grown.Generation
                && status.Health is Health.Healthy
                && status.Machines.Count == controlPlanes + workers + 1
        );
        var shrunk = grown.WithWorkers(workers);
        await WantAsync(
            shrunk,
            status =>
                status.ObservedGeneration == shrunk.Generation
                && status.Health is Health.Healthy
                && status.Machines.Count == controlPlanes + workers
        );

        await WantAsync(shrunk.Deleted(TimeProvider.System.GetUtcNow()), status => status.Phase is ClusterPhase.Deleted);
        Assert.Empty(Statuses[cluster.Id].Residue);
        Assert.DoesNotContain(
            await Region.ListMachinesAsync(Stop),
            machine => machine.IsOurs && machine.Status is not MaasStatus.Broken
        );
        Assert.Empty(await Client.IpAddresses.ListAsync(Stop));
        Assert.Null(await Region.FindDnsAsync($"demo-api.{domain}", Stop));
    }

    [Fact]
    public async Task A_load_balancer_that_somebody_else_keeps_is_told_its_addresses_and_awaited()
    {
        await using var balancer = new Balancer();
        var port = balancer.EndPoint.Port;
        var cluster = Cluster(3, 0, new EndpointChoice.Given(HostAddress.Parse("127.0.0.1"), port));

        // Nobody has told its operator an address yet: kubeadm init fails, and its machine is not blamed.
        await WantAsync(cluster, IsCut);
        var first = Statuses[cluster.Id]
            .Machines.Single(machine => machine.Addresses.Contains(Statuses[cluster.Id].Backends!.Add[0]));
        await Eventually.HoldsAsync(async () => Assert.NotNull(await Region.FindNodeReportAsync(first.SystemId, Stop)));
        Assert.Contains(Assert.Single(Statuses[cluster.Id].Backends!.Add), Message(cluster), StringComparison.Ordinal);

        // The operator does what the status says.
        EachStatus = status => balancer.Addresses = status.Backends?.Belong ?? [];
        await WantAsync(
            cluster,
            status =>
                status is { Phase: ClusterPhase.Running, Health: Health.Healthy, Backends: { Reached.Count: 3, Add.Count: 0 } }
        );
        Assert.Empty(await Engine.ListQuarantineAsync(Stop));

        // Only one is left behind it, and that one is to be replaced.
        EachStatus = null;
        var last = Statuses[cluster.Id].Machines[0];
        balancer.Addresses = [last.Addresses[0]];
        await WantAsync(cluster, status => status.Backends?.Reached.Count is 1);
        var replaced = cluster with { Generation = cluster.Generation + 1, Replace = [last.SystemId] };
        await WantAsync(replaced, status => status.Machines.Count is 4 && IsCut(status));
        Assert.StartsWith($"{last.Hostname} leaves when 127.0.0.1:{port} reaches", Message(cluster), StringComparison.Ordinal);
        Assert.Equal("Ready", Statuses[cluster.Id].Machines.Single(machine => machine.SystemId == last.SystemId).State);

        EachStatus = status => balancer.Addresses = status.Backends?.Belong ?? [];
        await WantAsync(
            replaced,
            status =>
                status.Health is Health.Healthy
                && status.Machines.Count is 3
                && status.Machines.All(machine => machine.SystemId != last.SystemId)
        );
        Assert.Empty(await Engine.ListQuarantineAsync(Stop));

        static bool IsCut(ClusterStatus status) => status.Conditions.Any(one => one.Reason is Reasons.EndpointUnreached);

        string Message(ClusterSpec one) =>
            Statuses[one.Id].Conditions.Single(condition => condition.Reason is Reasons.EndpointUnreached).Message;
    }

    [Fact]
    public async Task A_replaced_holder_of_the_virtual_ip_leaves_no_API_server_without_etcd_behind_it()
    {
        var cluster = Cluster(1, 0, new EndpointChoice.VirtualIp());
        await WantAsync(cluster, status => status is { Phase: ClusterPhase.Running, Health: Health.Healthy });
        var holder = Statuses[cluster.Id].Machines.Single().SystemId;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var unhealthy = WatchAsync(Statuses[cluster.Id].Endpoint!, end.Token);

        var replaced = cluster with { Generation = 2, Replace = [holder] };
        await WantAsync(
            replaced,
            status =>
                status is { Health: Health.Healthy, Machines.Count: 1 }
                && status.Machines.All(machine => machine.SystemId != holder)
        );
        await end.CancelAsync();

        Assert.Empty(await unhealthy);
        var steps = Events.Where(happened => happened.Machine == holder).Select(happened => happened.Reason).ToList();
        Assert.InRange(steps.IndexOf("MoveVirtualIp"), 0, steps.IndexOf("RemoveEtcdMember"));
    }

    // What the API server at the endpoint answers to /readyz other than that it is ready. That nobody answers for the moment in which the
    // address moves is left out: the lab's machines cannot announce it both.
    private static async Task<List<string>> WatchAsync(ApiEndpoint endpoint, CancellationToken cancellationToken)
    {
        var unhealthy = new List<string>();
        using var client = new HttpClient(
            new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } }
        );
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                using var answer = await client.GetAsync($"https://{endpoint.Host}:{endpoint.Port}/readyz", cancellationToken);
                if (!answer.IsSuccessStatusCode)
                {
                    unhealthy.Add(await answer.Content.ReadAsStringAsync(cancellationToken));
                }
            }
            catch (Exception cut) when (cut is HttpRequestException or OperationCanceledException)
            {
                // The address moves, or the test is over.
            }
        }

        return unhealthy;
    }

    [Fact]
    public async Task A_kubeadm_join_that_no_attempt_mends_ends_at_once_with_the_line_that_says_why()
    {
        const string Why = "kubeadm join: [ERROR DirAvailable--etc-kubernetes-manifests]: /etc/kubernetes/manifests is not empty";
        var cluster = Cluster(1, 1, new EndpointChoice.VirtualIp()) with
        {
            Nodes = new NodeEnvironment
            {
                PreKubeadmCommands =
                [
                    "if [ -e /var/lib/gantry/bootstrap/discovery.conf ]; then touch /etc/kubernetes/manifests/stray.yaml; fi",
                ],
            },
        };

        // The limit for a join is half an hour.
        await WantAsync(cluster, status => status.Conditions.Any(one => one.Reason is Reasons.InstallationFails));

        var condition = Statuses[cluster.Id].Conditions.Single(one => one.Reason is Reasons.InstallationFails);
        Assert.Contains(Why, condition.Message, StringComparison.Ordinal);
        var quarantined = await Engine.ListQuarantineAsync(Stop);
        Assert.Equal(3, quarantined.Count);
        Assert.All(
            quarantined,
            one =>
            {
                Assert.Equal($"ScriptFailed: the machine's own script failed; MAAS: {Why}", one.Reason);
                Assert.Contains(one.Evidence, line => line.Contains(Why, StringComparison.Ordinal));
            }
        );
    }
}
