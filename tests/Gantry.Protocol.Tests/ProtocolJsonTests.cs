using System.Text.Json;
using Gantry.Clusters.Model;

namespace Gantry.Protocol.Tests;

/// <summary>Every record of the protocol survives a round trip through JSON. The samples leave no field at its default.</summary>
public sealed class ProtocolJsonTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 1, 8, 0, 0, TimeSpan.FromHours(1));
    private static readonly SealedAccount Account = new(
        new AccountId("acc"),
        "lab",
        "http://maas:5240/MAAS",
        new SealedSecret("ephemeral", "box"),
        "pem"
    );

    public static TheoryData<string, object> Records =>
        new()
        {
            { "instance", new GatewayInstance("i2", ["i1"], "rack2") },
            {
                "lease of an instance",
                new InstanceLease("i2", "rack2", At) { Rival = new Rival("i3", "rack3", At), Copies = ["i3"] }
            },
            { "refused instance", new Rival("i3", "rack3", At) },
            { "pair request", new PairRequest("code", "rack", "signing", "sealing", "1.0") },
            { "pair response", new PairResponse("gw", "rack", "ab:cd") },
            {
                "desired state request",
                new DesiredStateRequest(
                    7,
                    30,
                    new GatewayReport("1.0", At, 3),
                    "epoch",
                    Unrecorded: [new ClusterId("c")],
                    Undesired: [new ClusterId("d")],
                    Instance: new GatewayInstance("i2", ["i1"], "rack2")
                )
            },
            {
                "desired state",
                new DesiredState(
                    9,
                    [Spec(new EndpointChoice.VirtualIp("10.0.0.0/24", IpAddress.Parse("10.0.0.9")))],
                    [Account],
                    [new ClusterId("gone")],
                    [new AccountId("old")],
                    [new GatewayRequest.ListProperties("a1", new AccountId("acc"))],
                    "epoch",
                    LastReports: [Status()],
                    Ended: [new ClusterId("d")],
                    Strange: [new ClusterId("e")]
                )
            },
            { "cluster with a DNS endpoint", Spec(new EndpointChoice.MaasDns(DnsName.Parse("maas"))) },
            { "cluster with a given endpoint", Spec(new EndpointChoice.Given(HostAddress.Parse("k8s.example"), 443)) },
            {
                "status report",
                new StatusReport(
                    [Status()],
                    [
                        new ClusterEvent(
                            "e1",
                            new ClusterId("c"),
                            new SystemId("abc123"),
                            EventSeverity.Error,
                            "Deploy",
                            "failed",
                            At
                        ),
                    ]
                )
            },
            { "request to validate", new GatewayRequest.ValidateAccount("a1", Account) },
            { "request for properties", new GatewayRequest.ListProperties("a2", new AccountId("acc")) },
            {
                "request for a kubeconfig",
                new GatewayRequest.IssueKubeconfig("a3", new ClusterId("c"), "ada", TimeSpan.FromHours(8))
            },
            { "request for a plan", new GatewayRequest.PlanCluster("a4", Spec(new EndpointChoice.VirtualIp())) },
            { "request why not", new GatewayRequest.WhyNot("a5", Spec(new EndpointChoice.VirtualIp())) },
            { "request what if", new GatewayRequest.WhatIf("a6", Spec(new EndpointChoice.VirtualIp()), 20) },
            { "request for the quarantine", new GatewayRequest.ListQuarantine("a7") },
            {
                "request to clear the quarantine",
                new GatewayRequest.ClearQuarantine("a8", new AccountId("acc"), new SystemId("abc123"), Commission: true)
            },
            {
                "request to add to the quarantine",
                new GatewayRequest.AddQuarantine("a12", new AccountId("acc"), "node-07", "DIMM B2 fails")
            },
            { "request to dismiss residue", new GatewayRequest.DismissResidue("a9", new ClusterId("c")) },
            { "request to adopt", new GatewayRequest.AdoptCluster("a10", new ClusterId("c")) },
            {
                "request to abandon a machine",
                new GatewayRequest.AbandonMachine("a11", new ClusterId("c"), new SystemId("abc123"))
            },
            {
                "answer",
                new GatewayAnswer(
                    "a1",
                    JsonSerializer.SerializeToElement(new AccountFacts("3.6", "ada", true), ProtocolJson.Options),
                    null
                )
            },
            { "failed answer", new GatewayAnswer("a1", null, new GatewayError("Unreachable", "no way")) },
            { "facts", new AccountFacts("3.6", "ada", true) },
            {
                "properties",
                new AccountProperties(
                    [new NamedId("1", "az1")],
                    [new NamedId("0", "default")],
                    [new NamedId("0", "maas")],
                    [new SubnetChoice("7", "pxe", "10.0.0.0/24", "12", "fabric-0")],
                    ["gpu"],
                    ["ubuntu/noble"]
                )
                {
                    Sizes = [new MachineSize(8, 32768, 480)],
                }
            },
            { "kubeconfig", new IssuedKubeconfig("yaml", At) },
            {
                "why not",
                new WhyNotDocument([
                    new PoolWhyNot(
                        DnsLabel.Parse("workers"),
                        2,
                        0,
                        [new ConstraintFailures("memory ≥ 65536 MiB", 3, 1)],
                        [new MachineWhyNot(new SystemId("abc123"), "node-1", ["locked in MAAS"])],
                        [new Relaxation(["memory from 65536 to 32768 MiB"], 2, new PoolPlacement { MinMemoryMiB = 32768 })]
                    ),
                ])
            },
            { "capacity", new CapacityAnswer(3, 1, CanRoll: true, 8, 3, ["workers: too few"]) },
            {
                "quarantine",
                new QuarantineEntry(new SystemId("abc123"), "node-1", new ClusterId("c"), "DeployFailed", ["no lease"], At)
            },
            {
                "plan with machines",
                new PlanDocument(
                    "h",
                    [
                        new PlannedStep(
                            "-",
                            "Drain",
                            "abc123",
                            "node-1",
                            DnsLabel.Parse("workers"),
                            "az1",
                            "shrinks",
                            Disruptive: true,
                            60,
                            600
                        ),
                    ],
                    [],
                    [],
                    [new MachineChange("-/+", "node-1", "node-2", "workers", "az1", Disruptive: true, "a new image")],
                    900,
                    3600
                )
            },
            {
                "plan",
                new PlanDocument(
                    "h",
                    [new PlannedStep("+", "Deploy", "abc123", "node-1", DnsLabel.Parse("cp"), "az1", "first")],
                    ["waits"],
                    [new Blocker("TooFewMachines", "2 lack")]
                )
            },
        };

    [Theory]
    [MemberData(nameof(Records))]
    public void A_record_is_read_back_as_it_was_written(string name, object record)
    {
        var type = record is GatewayRequest ? typeof(GatewayRequest) : record.GetType();
        var written = JsonSerializer.Serialize(record, type, ProtocolJson.Options);

        var read = JsonSerializer.Deserialize(written, type, ProtocolJson.Options);

        Assert.True(record.GetType() == read!.GetType(), name);
        Assert.Equivalent(record, read, strict: true);
        Assert.Equal(written, JsonSerializer.Serialize(read, type, ProtocolJson.Options));
    }

    [Fact]
    public void Every_record_of_the_protocol_has_a_sample()
    {
        var parts = new[]
        {
            typeof(GatewayReport),
            typeof(SealedAccount),
            typeof(SealedSecret),
            typeof(KeyDestination),
            typeof(GatewayError),
            typeof(MachineSize),
            typeof(NamedId),
            typeof(SubnetChoice),
        };
        var sampled = Records.Select(row => row.Data.Item2.GetType()).Concat(parts).ToHashSet();

        var records = typeof(ProtocolJson)
            .Assembly.GetExportedTypes()
            .Where(type => type is { IsClass: true, IsAbstract: false } && type.GetMethod("<Clone>$") is not null)
            .Where(type => !typeof(GatewayTokenVerdict).IsAssignableFrom(type));

        Assert.Empty(records.Except(sampled));
    }

    [Fact]
    public void Ids_are_plain_strings_and_enums_are_names()
    {
        var written = JsonSerializer.SerializeToElement(Status(), ProtocolJson.Options);

        Assert.Equal("c", written.GetProperty("id").GetString());
        Assert.Equal("Provisioning", written.GetProperty("phase").GetString());
    }

    [Fact]
    public void The_kind_of_a_request_may_stand_anywhere_among_its_properties()
    {
        var request = JsonSerializer.Deserialize<GatewayRequest>(
            """{"id":"a2","account":"acc","kind":"listProperties"}""",
            ProtocolJson.Options
        );

        Assert.Equal(new GatewayRequest.ListProperties("a2", new AccountId("acc")), request);
    }

    [Fact]
    public void A_record_with_a_private_key_does_not_print_it() =>
        Assert.DoesNotContain("PRIVATE", new IssuedKubeconfig("PRIVATE KEY", At).ToString(), StringComparison.Ordinal);

    private static ClusterSpec Spec(EndpointChoice endpoint) =>
        new()
        {
            Id = new ClusterId("c"),
            Name = DnsLabel.Parse("web"),
            Account = new AccountId("acc"),
            Generation = 4,
            CreatedAt = At,
            KubernetesVersion = KubernetesVersion.Parse("1.33.4"),
            Image = ImageName.Parse("ubuntu/noble"),
            Endpoint = endpoint,
            Network = new ClusterNetwork
            {
                PodCidr = Cidr.Parse("10.1.0.0/16"),
                ServiceCidr = Cidr.Parse("10.2.0.0/16"),
                DnsDomain = "k8s.local",
            },
            Nodes = new NodeEnvironment
            {
                Proxy = new ProxySettings("http://p:1", "http://p:2", ["10.0.0.0/8"]),
                RegistryMirrors = [new RegistryMirror("docker.io", ["https://mirror"], "pem")],
                NtpServers = ["ntp"],
                SshKeys = ["ssh-ed25519 AAAA"],
                PreKubeadmCommands = ["true"],
                PostKubeadmCommands = ["false"],
                Files = [new NodeFile("/etc/x", "content", "0600", "ada:ada", true)],
                ExtraArgs = [new("kubelet", [new ExtraArg("v", "4")])],
            },
            Pools =
            [
                new MachinePool
                {
                    Name = DnsLabel.Parse("cp"),
                    Role = PoolRole.ControlPlane,
                    Size = 3,
                    Placement = new PoolPlacement
                    {
                        ResourcePool = "default",
                        Zones = ["az1"],
                        MinCpu = 4,
                        MinMemoryMiB = 8192,
                        MinDiskGB = 100,
                        Architecture = "amd64",
                        Tags = ["ssd"],
                        NotTags = ["old"],
                    },
                    Labels = [new(LabelKey.Parse("tier"), LabelValue.Parse("one"))],
                    Annotations = [new(LabelKey.Parse("note"), "two")],
                    Taints = [Taint.Parse("k=v:NoExecute")],
                    AlsoWorker = true,
                    RollingUpdate = RollingUpdate.ContractFirst,
                    Erase = ErasePolicy.Secure,
                },
            ],
            Addons = [new AddonLayer("calico", "3.30", "cni", "kind: ConfigMap")],
            UpdateWorkerPoolsInParallel = true,
            Deletion = new Deletion(At, Force: true),
        };

    private static ClusterStatus Status() =>
        new()
        {
            Id = new ClusterId("c"),
            ObservedGeneration = 4,
            Phase = ClusterPhase.Provisioning,
            Health = Health.UnHealthy,
            Message = "deploys",
            Progress = 40,
            Conditions = [new ClusterCondition("NodesReady", ConditionStatus.False, "Joining", "node-1 joins", At)],
            Machines =
            [
                new MachineStatus
                {
                    SystemId = new SystemId("abc123"),
                    Hostname = "node-1",
                    Pool = DnsLabel.Parse("cp"),
                    Role = PoolRole.ControlPlane,
                    Zone = "az1",
                    ResourcePool = "default",
                    State = "Joining",
                    Stage = "boots",
                    StateSince = At,
                    Addresses = ["10.0.0.1"],
                    NodeReady = true,
                    KubernetesVersion = "1.33.4",
                    CpuCount = 8,
                    MemoryMiB = 16384,
                    Tags = ["ssd"],
                    PowerState = "on",
                },
            ],
            Endpoint = new ApiEndpoint("10.0.0.9", 6443),
            KubernetesVersion = KubernetesVersion.Parse("1.33.4"),
            Residue = ["machine node-2"],
            ReportedAt = At,
        };
}
