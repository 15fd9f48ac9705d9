using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Gantry.Lab.Kubernetes;
using Gantry.Lab.Maas;
using Gantry.Lab.Machines;
using Gantry.Lab.Machines.Clusters;
using Gantry.Lab.Store;
using Gantry.Testing;

namespace Gantry.Lab.Tests.Machines;

/// <summary>Calls the etcd of an emulated cluster over TLS.</summary>
public sealed class EtcdTests : IMachineReports, IAsyncDisposable
{
    private const string Vip = "127.92.0.100";

    private readonly ConcurrentQueue<string> _reports = new();
    private bool _hangsAtItsLastReport;
    private readonly MemoryLabStore _store = new();
    private readonly ClusterDocuments _documents = new(Vip);
    private LabMachines _machines = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync() => await _machines.DisposeAsync();

    [Fact]
    public async Task Each_control_plane_is_a_voting_member_under_its_nodes_name_and_one_leads()
    {
        await FormAsync(3);

        var members = await MembersAsync(1);
        Assert.Equal(["cp1", "cp2", "cp3"], members.Select(member => member["name"]!.ToString()));
        Assert.Equal("https://127.92.0.2:2379", members[1]["clientURLs"]![0]!.ToString());
        Assert.All(members, member => Assert.Null(member["isLearner"]));
        Assert.Equal(members[0]["ID"]!.ToString(), (await CallAsync(2, "maintenance/status"))["leader"]!.ToString());
        Assert.Equal(
            members[1]["ID"]!.ToString(),
            (await CallAsync(2, "maintenance/status"))["header"]!["member_id"]!.ToString()
        );
        Assert.Null((await CallAsync(1, "maintenance/alarm", """{"action":"GET"}"""))["alarms"]);
    }

    [Fact]
    public async Task A_client_without_a_certificate_of_etcds_authority_is_refused()
    {
        await FormAsync(1);

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => CallAsync(1, "cluster/member/list", client: null));
        await Assert.ThrowsAnyAsync<HttpRequestException>(() =>
            CallAsync(1, "cluster/member/list", client: _documents.ClientCertificate())
        );
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => CallAsync(1, "cluster/member/list", trust: _documents.Ca.Pem));
        Assert.Single(await MembersAsync(1));
    }

    [Fact]
    public async Task The_leader_and_no_other_member_transfers_the_leadership()
    {
        await FormAsync(3);
        var ids = (await MembersAsync(1)).Select(member => member["ID"]!.ToString()).ToArray();

        Assert.Contains(
            "not leader",
            await RefusalAsync(2, "maintenance/transfer-leadership", $$"""{"targetID":"{{ids[2]}}"}"""),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "bad leader transferee",
            await RefusalAsync(1, "maintenance/transfer-leadership", """{"targetID":"7"}"""),
            StringComparison.Ordinal
        );
        await CallAsync(1, "maintenance/transfer-leadership", $$"""{"targetID":"{{ids[2]}}"}""");

        Assert.Equal(ids[2], (await CallAsync(1, "maintenance/status"))["leader"]!.ToString());
    }

    [Fact]
    public async Task A_removed_member_stops_answering_and_its_node_becomes_not_ready()
    {
        await FormAsync(3);
        AddNetwork();
        await NodeAsync("cp3", "True");
        var removed = (await MembersAsync(1))[2]["ID"]!.ToString();

        await CallAsync(1, "cluster/member/remove", $$"""{"ID":"{{removed}}"}""");
        Assert.Contains(
            "member not found",
            await RefusalAsync(1, "cluster/member/remove", $$"""{"ID":"{{removed}}"}"""),
            StringComparison.Ordinal
        );

        Assert.Equal(["cp1", "cp2"], (await MembersAsync(2)).Select(member => member["name"]!.ToString()));
        await Eventually.HoldsAsync(async () =>
        {
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => MembersAsync(3));
            Assert.NotNull(await ProbeAsync("127.92.0.3"));
            Assert.Null(await ProbeAsync(Vip));
        });
        await NodeAsync("cp3", "Unknown");

        // A restart does not bring the member back: it is no longer in etcd.
        _machines.PowerOff("cp3-id");
        _machines.PowerOn("cp3-id");
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => MembersAsync(3));
    }

    [Fact]
    public async Task Without_a_quorum_there_is_no_leader_no_api_server_and_no_change()
    {
        await FormAsync(3);
        var ids = (await MembersAsync(1)).Select(member => member["ID"]!.ToString()).ToArray();

        _machines.PowerOff("cp1-id");
        await Eventually.HoldsAsync(async () =>
        {
            Assert.Equal(ids[1], (await CallAsync(2, "maintenance/status"))["leader"]!.ToString());
            Assert.Null(await ProbeAsync(Vip));
        });
        Assert.Contains(
            "unhealthy cluster",
            await RefusalAsync(2, "cluster/member/remove", $$"""{"ID":"{{ids[2]}}"}"""),
            StringComparison.Ordinal
        );

        _machines.PowerOff("cp2-id");
        await Eventually.HoldsAsync(async () => Assert.NotNull(await ProbeAsync(Vip)));
        var status = await CallAsync(3, "maintenance/status");
        Assert.Null(status["leader"]);
        Assert.Equal("etcdserver: no leader", status["errors"]![0]!.ToString());
        Assert.Equal(3, (await MembersAsync(3)).Length);
        Assert.Contains(
            "timed out",
            await RefusalAsync(3, "cluster/member/remove", $$"""{"ID":"{{ids[0]}}"}"""),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "timed out",
            await RefusalAsync(3, "cluster/member/list", """{"linearizable":true}"""),
            StringComparison.Ordinal
        );

        _machines.PowerOn("cp2-id");
        await Eventually.HoldsAsync(async () =>
        {
            Assert.NotNull((await CallAsync(3, "maintenance/status"))["leader"]);
            Assert.Null(await ProbeAsync(Vip));
        });

        // A member that is down can be removed; then two of two vote.
        await CallAsync(3, "cluster/member/remove", $$"""{"ID":"{{ids[0]}}"}""");
        Assert.Equal(2, (await MembersAsync(2)).Length);
    }

    [Fact]
    public async Task The_last_member_cannot_be_removed()
    {
        await FormAsync(1);
        var id = (await MembersAsync(1))[0]["ID"]!.ToString();

        Assert.Contains(
            "re-configuration failed due to not enough started members",
            await RefusalAsync(1, "cluster/member/remove", $$"""{"ID":"{{id}}"}"""),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task No_member_joins_while_another_is_down()
    {
        await FormAsync(3);
        _machines.PowerOff("cp2-id");

        _machines.Boot(ClusterDocuments.Machine("cp4", "127.92.0.4", _documents.JoinControlPlane()));

        await ReportedAsync("cp4-id", "etcd cluster is not healthy: failed to dial endpoint https://127.92.0.2:2379");
        Assert.Equal(3, (await MembersAsync(1)).Length);
    }

    [Fact]
    public async Task A_control_plane_with_another_etcd_authority_does_not_join()
    {
        await FormAsync(1);

        _machines.Boot(
            ClusterDocuments.Machine(
                "cp2",
                "127.92.0.2",
                (_documents with { EtcdCa = ClusterDocuments.Authority("etcd-ca") }).JoinControlPlane()
            )
        );

        await ReportedAsync("cp2-id", "x509: certificate signed by unknown authority");
    }

    [Fact]
    public async Task A_machine_that_stops_while_joining_leaves_a_learner_that_must_be_removed_before_others_join()
    {
        await FormAsync(1);
        await _machines.DisposeAsync();

        // Slow enough to stop the machine after its learner is added and before the learner is promoted.
        await StartAsync(speed: 30);
        _machines.Boot(ClusterDocuments.Machine("cp2", "127.92.0.2", _documents.JoinControlPlane()));
        await Eventually.HoldsAsync(async () => Assert.Equal(2, (await MembersAsync(1)).Length), TimeSpan.FromSeconds(30));
        _machines.PowerOff("cp2-id");
        var learner = (await MembersAsync(1))[1];
        Assert.True(learner["isLearner"]!.GetValue<bool>());
        await _machines.DisposeAsync();
        await StartAsync();
        _machines.Boot(ClusterDocuments.Machine("cp3", "127.92.0.3", _documents.JoinControlPlane()));
        await Eventually.HoldsAsync(() =>
        {
            Assert.Contains(
                _reports,
                line =>
                    line.StartsWith("cp3-id", StringComparison.Ordinal)
                    && (
                        line.Contains("too many learner members", StringComparison.Ordinal)
                        || line.Contains("etcd cluster is not healthy", StringComparison.Ordinal)
                    )
            );
            return Task.CompletedTask;
        });

        await CallAsync(1, "cluster/member/remove", $$"""{"ID":"{{learner["ID"]}}"}""");
        _machines.Boot(ClusterDocuments.Machine("cp4", "127.92.0.4", _documents.JoinControlPlane()));
        await BootedAsync("cp4");
        Assert.Equal(["cp1", "cp4"], (await MembersAsync(1)).Select(member => member["name"]!.ToString()));
    }

    [Fact]
    public async Task Members_and_leader_are_restored_after_a_restart_of_the_lab()
    {
        await FormAsync(3);
        var before = (await CallAsync(1, "cluster/member/list"))["members"]!.ToJsonString();
        await _machines.DisposeAsync();

        await StartAsync();

        // The machines boot again one after the other.
        await Eventually.HoldsAsync(async () =>
        {
            Assert.Equal(before, (await CallAsync(1, "cluster/member/list"))["members"]!.ToJsonString());
            Assert.NotNull((await CallAsync(1, "maintenance/status"))["leader"]);
        });
    }

    [Fact]
    public async Task A_kubelet_that_hangs_stays_silent_until_a_power_cycle_and_etcd_keeps_running()
    {
        await FormAsync(1);
        AddNetwork();
        await NodeAsync("cp1", "True");

        _machines.Hang("cp1-id", hangs: true);
        await NodeAsync("cp1", "Unknown");
        Assert.Single(await MembersAsync(1));

        _machines.PowerOff("cp1-id");
        _machines.PowerOn("cp1-id");
        await NodeAsync("cp1", "True");
    }

    [Fact]
    public async Task A_machine_that_hangs_in_its_boot_stays_silent_until_a_power_cycle()
    {
        // The last report comes before the machine counts as booted, and before its node has a network.
        _hangsAtItsLastReport = true;
        await FormAsync(1);
        _hangsAtItsLastReport = false;
        AddNetwork();
        await NodeAsync("cp1", "Unknown");

        _machines.PowerOff("cp1-id");
        _machines.PowerOn("cp1-id");
        await NodeAsync("cp1", "True");
    }

    void IMachineReports.CloudInit(string systemId, string name, string description, bool success)
    {
        if (_hangsAtItsLastReport && name == "modules-final")
        {
            _machines.Hang(systemId, hangs: true);
        }

        _reports.Enqueue($"{systemId} {name} {success} {description}");
    }

    private LabCluster Cluster => _machines.Clusters.OfMember("cp1-id")!.Cluster;

    private async Task StartAsync(double speed = 1000)
    {
        _machines = await LabMachines.StartAsync(new LabMachinesOptions { Speed = speed }, _store, TimeProvider.System, Stop);
        _machines.Resume(this);
    }

    private async Task FormAsync(int controlPlanes)
    {
        await StartAsync();
        _machines.Boot(ClusterDocuments.Machine("cp1", "127.92.0.1", _documents.Init()));
        await BootedAsync("cp1");
        for (var i = 2; i <= controlPlanes; i++)
        {
            _machines.Boot(ClusterDocuments.Machine($"cp{i}", $"127.92.0.{i}", _documents.JoinControlPlane()));
            await BootedAsync($"cp{i}");
        }
    }

    private async Task<JsonObject[]> MembersAsync(int machine) =>
        [.. (await CallAsync(machine, "cluster/member/list"))["members"]!.AsArray().OfType<JsonObject>()];

    private Task<JsonObject> CallAsync(int machine, string call, string body = "{}") =>
        CallAsync(
            machine,
            call,
            ClusterDocuments.ClientCertificate(_documents.EtcdCa),
            _documents.EtcdCa.Pem,
            body,
            refused: false
        );

    private Task<JsonObject> CallAsync(int machine, string call, X509Certificate2? client) =>
        CallAsync(machine, call, client, _documents.EtcdCa.Pem, "{}", refused: false);

    private Task<JsonObject> CallAsync(int machine, string call, string trust, X509Certificate2? client = null) =>
        CallAsync(machine, call, client ?? ClusterDocuments.ClientCertificate(_documents.EtcdCa), trust, "{}", refused: false);

    private async Task<string> RefusalAsync(int machine, string call, string body) =>
        (
            await CallAsync(
                machine,
                call,
                ClusterDocuments.ClientCertificate(_documents.EtcdCa),
                _documents.EtcdCa.Pem,
                body,
                refused: true
            )
        )["message"]!.ToString();

    private static async Task<JsonObject> CallAsync(
        int machine,
        string call,
        X509Certificate2? client,
        string trust,
        string body,
        bool refused
    )
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.ImportFromPem(trust);
        using var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = policy,
                LocalCertificateSelectionCallback = client is null ? null : (_, _, _, _, _) => client,
                ClientCertificates = client is null ? null : [client],
            },
        };
        using var http = new HttpClient(handler);
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync(new Uri($"https://127.92.0.{machine}:2379/v3/{call}"), content, Stop);
        var text = await answer.Content.ReadAsStringAsync(Stop);
        Assert.True(answer.IsSuccessStatusCode != refused, text);
        return JsonNode.Parse(text)!.AsObject();
    }

    private Task BootedAsync(string name) =>
        Eventually.HoldsAsync(() =>
        {
            Assert.True(
                _reports.Any(line => line.StartsWith($"{name}-id modules-final True", StringComparison.Ordinal)),
                string.Join('\n', _reports)
            );
            return Task.CompletedTask;
        });

    private Task ReportedAsync(string systemId, string what) =>
        Eventually.HoldsAsync(() =>
        {
            Assert.True(
                _reports.Any(line =>
                    line.StartsWith(systemId, StringComparison.Ordinal) && line.Contains(what, StringComparison.Ordinal)
                ),
                string.Join('\n', _reports)
            );
            return Task.CompletedTask;
        });

    private Task NodeAsync(string name, string ready) =>
        Eventually.HoldsAsync(() =>
        {
            var node = Cluster.Get(KubeResources.Nodes, null, name);
            Assert.Equal(
                ready,
                node["status"]!["conditions"]!.AsArray().First(c => c!["type"]!.ToString() == "Ready")!["status"]!.ToString()
            );
            return Task.CompletedTask;
        });

    private Task<string?> ProbeAsync(string address) =>
        _machines.Clusters.Network.ProbeAsync(
            new ApiTarget(address, new IPEndPoint(IPAddress.Parse(address), 6443)),
            _documents.Ca.Pem,
            Stop
        );

    private void AddNetwork() =>
        Cluster.Create(
            KubeResources.DaemonSets,
            JsonNode
                .Parse(
                    """
                    {"metadata":{"name":"cni","namespace":"kube-system"},"spec":{"selector":{"matchLabels":{"app":"cni"}},
                     "template":{"metadata":{"labels":{"app":"cni"}},"spec":{"hostNetwork":true,
                       "tolerations":[{"operator":"Exists"}],
                     "containers":[{"name":"cni","image":"cni:1"}]}}}}
                    """
                )!
                .AsObject()
        );
}
