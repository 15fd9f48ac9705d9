using Gantry.Api;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Tests;

/// <summary>Answers of a console, as the API describes them.</summary>
internal static class Samples
{
    public const string KubernetesValues =
        "pack:\n  # the pods' network\n  podCIDR: \"192.168.0.0/16\"\n\nkubeadmconfig:\n  kubeletExtraArgs: {}\n";

    public const string OsValues = "# what MAAS deploys\nimage: custom/ubuntu-24.04-k8s-{kubernetesVersion}\n\nfiles: []\n";

    public static string Cluster { get; } =
        $$"""
            {
              "metadata": { "name": "demo", "uid": "{{FakeConsole.Uid}}", "creationTimestamp": "2026-03-01T08:00:00Z" },
              "spec": {
                "cloudConfigRef": { "kind": "maas", "uid": "{{FakeConsole.ConfigUid}}" },
                "clusterProfileTemplates": [
                  { "uid": "p1", "name": "base", "packs": [
                    { "layer": "os", "name": "ubuntu-maas", "tag": "24.04", "type": "spectro", "values": {{Quoted(OsValues)}} },
                    { "layer": "k8s", "name": "kubernetes", "tag": "1.33.5", "type": "spectro", "values": {{Quoted(
                KubernetesValues
            )}} },
                    { "layer": "cni", "name": "cni-flannel", "tag": "0.27.4", "type": "spectro", "values": "a: 1\n" }
                  ] }
                ]
              },
              "status": { "state": "Running", "repave": { "state": "" } },
              "generation": 4
            }
            """;

    public static string CloudConfig { get; } =
        """
            { "spec": { "machinePoolConfig": [
              { "name": "control-plane-pool", "size": 3, "minSize": 0, "maxSize": 0, "isControlPlane": true,
                "labels": ["control-plane"],
                "azs": [], "instanceType": { "minCPU": 0, "minMemInMB": 0 }, "resourcePool": "", "tags": [],
                  "useLxdVm": false, "taints": [] },
              { "name": "worker-pool", "size": 3, "minSize": 3, "maxSize": 3, "isControlPlane": false, "labels": ["worker"],
                "additionalLabels": { "team": "db" }, "taints": [ { "key": "gpu", "value": "yes", "effect": "NoSchedule" } ],
                "azs": ["a"], "instanceType": { "minCPU": 4, "minMemInMB": 16384 }, "resourcePool": "general",
                  "tags": ["ssd"], "useLxdVm": false,
                "somethingNewer": 7 }
            ] } }
            """;

    public static string Document { get; } =
        """
            { "apiVersion": "gantry.dev/v1", "kind": "Cluster", "metadata": { "name": "demo" }, "spec": {
              "account": "berlin", "profiles": [ { "name": "base:1.0.0" } ], "kubernetes": "1.33.5", "drainTimeoutSeconds": 600,
              "pools": [
                { "name": "control-plane-pool", "size": 3, "controlPlane": true, "schedulable": true },
                { "name": "worker-pool", "size": 3, "minCpu": 4, "minMemoryMiB": 16384, "minDiskGB": 500, "zones": ["a", "b"],
                  "resourcePool": "general", "tags": ["ssd", "fast"], "notTags": ["old"], "architecture": "amd64",
                  "subnet": "space:production", "labels": { "team": "db" },
                  "taints": [ { "key": "gpu", "value": "yes", "effect": "NoSchedule" } ],
                  "rollingUpdate": { "maxSurge": "0", "maxUnavailable": "1" }, "repaveIntervalSeconds": 600,
                  "drainTimeoutSeconds": 0, "erase": "quick" } ] } }
            """;

    public static string Progress { get; } =
        $$"""
            { "uid": "{{FakeConsole.Uid}}", "name": "demo", "generation": 4, "phase": "Running", "autoRepair": true,
              "autoRepairFrom": "cluster", "status": {
              "id": "{{FakeConsole.Uid}}", "observedGeneration": 4, "phase": "Running", "health": "Healthy",
                "message": "as it should be", "progress": 100,
              "machines": [
                { "systemId": "cp0001", "hostname": "node-01", "pool": "control-plane-pool", "role": "ControlPlane",
                  "zone": "a", "stage": "ready", "state": "Ready", "nodeReady": true },
                { "systemId": "cp0002", "hostname": "node-02", "pool": "control-plane-pool", "role": "ControlPlane",
                  "zone": "a", "stage": "ready", "state": "Ready", "nodeReady": true },
                { "systemId": "cp0003", "hostname": "node-03", "pool": "control-plane-pool", "role": "ControlPlane",
                  "zone": "a", "stage": "ready", "state": "Ready", "nodeReady": true },
                { "systemId": "wk0001", "hostname": "node-04", "pool": "worker-pool", "role": "Worker", "zone": "a",
                  "stage": "ready", "state": "Ready", "nodeReady": true },
                { "systemId": "wk0002", "hostname": "node-05", "pool": "worker-pool", "role": "Worker", "zone": "a",
                  "stage": "ready", "state": "Ready", "nodeReady": true },
                { "systemId": "wk0003", "hostname": "node-06", "pool": "worker-pool", "role": "Worker", "zone": "a",
                  "stage": "ready", "state": "Ready", "nodeReady": true }
              ] } }
            """;

    /// <summary>An upgrade, expand first, that also grows the pool and is blocked by missing machines.</summary>
    public static PlanAnswer Upgrade { get; } =
        new(
            "3f9c2d71a0b4",
            [
                Step(
                    "+ Allocate",
                    "s00007 node-07 worker-pool b",
                    "worker-pool wants 4 machines and has 3; cheapest that fits",
                    240,
                    420
                ),
                Step("+ Deploy", "s00007 node-07 worker-pool b", "it is to become a worker with Kubernetes 1.34.1", 480, 900),
                Step(
                    "~ Upgrade",
                    "s00001 node-01 control-plane-pool a",
                    "kubeadm-config, kube-proxy and CoreDNS go to 1.34.1 before any node",
                    35,
                    60
                ),
                Step(
                    "+ JoinWorker",
                    "s00007 node-07 worker-pool b",
                    "expand first: the new node is ready before an old one leaves",
                    90,
                    180
                ),
                Step(
                    "- Drain",
                    "s00004 node-04 worker-pool a",
                    "Kubernetes 1.33.5 → 1.34.1; 12 pods move, the budget of shop/cart lets one go at a time",
                    120,
                    600
                ),
                Step("- Release", "s00004 node-04 worker-pool a", "its pods are gone and its node is deleted", 300, 700),
            ],
            ["1 control-plane change at a time: node-02 after node-01 is Ready"],
            [],
            [
                Change("+ node-08 worker-pool b", null, "the pool wants 4 machines and has 3"),
                Change("~ node-01 control-plane-pool a", null, "label team=web is put on the node"),
                Change("-/+ node-04 worker-pool a", "node-07", "Kubernetes 1.33.5 → 1.34.1"),
                Change("- node-06 old-pool c", null, "the pool goes away"),
            ]
        )
        {
            ExpectedSeconds = 2100,
            SlowSeconds = 3600,
        };

    private static PlanStepView Step(string action, string machine, string reason, double expected, double slow)
    {
        var (what, where) = (action.Split(' '), machine.Split(' '));
        return new PlanStepView
        {
            Symbol = what[0],
            Action = what[1],
            Machine = where[0],
            Hostname = where[1],
            Pool = where[2],
            Zone = where[3],
            Reason = reason,
            Disruptive = what[0] is "-",
            ExpectedSeconds = expected,
            SlowSeconds = slow,
        };
    }

    private static MachineChangeView Change(string machine, string? replacedBy, string reason)
    {
        var parts = machine.Split(' ');
        return new MachineChangeView
        {
            Symbol = parts[0],
            Hostname = parts[1],
            Pool = parts[2],
            Zone = parts[3],
            ReplacedBy = replacedBy,
            Disruptive = parts[0] is "-" or "-/+",
            Reason = reason,
        };
    }

    /// <summary>A thousand machines, of which few fit.</summary>
    public static WhyNotAnswer WhyNot { get; } = ThousandMachines();

    public static HistoryOf History { get; } = new();

    private static string Quoted(string text) => System.Text.Json.JsonSerializer.Serialize(text);

    private static WhyNotAnswer ThousandMachines()
    {
        const string memory = "memory ≥ 262144 MiB";
        const string zone = "zone a or b";
        const string tag = "tag gpu";
        var machines = Enumerable
            .Range(1, 1000)
            .Select(number => new MachineWhyNotView(
                $"m{number:00000}",
                $"node-{number:0000}",
                [
                    .. number % 5 < 2 ? [$"owned by cluster{number % 7}"] : Array.Empty<string>(),
                    .. number % 50 == 3 ? ["goes to control-plane-pool"] : Array.Empty<string>(),
                    .. number % 10 != 0 ? [memory] : Array.Empty<string>(),
                    .. number % 3 == 0 ? [zone] : Array.Empty<string>(),
                    .. number % 4 != 0 ? [tag] : Array.Empty<string>(),
                ]
            ))
            .OrderBy(machine => machine.Failed.Count)
            .ToList();
        return new WhyNotAnswer([
            new PoolWhyNotView(
                "gpu",
                6,
                machines.Count(machine => machine.Failed.Count == 0),
                [
                    Count("free", failed => failed.StartsWith("owned", StringComparison.Ordinal)),
                    Count("left by the pools before", failed => failed.StartsWith("goes to", StringComparison.Ordinal)),
                    .. new[] { memory, zone, tag }.Select(constraint => Count(constraint, failed => failed == constraint)),
                ],
                [.. machines],
                [
                    new RelaxationView(["memory from 262144 to 131072 MiB"], 41),
                    new RelaxationView(["zone to any", "tag gpu left out"], 12),
                    new RelaxationView(["clear the quarantine"], 7),
                ]
            ),
        ])
        {
            NotFree =
            [
                new NotFreeView("Quarantine", "in quarantine", 7),
                new NotFreeView("OfCluster", "belong to clusters", 392),
                new NotFreeView("InMaas", "Broken in MAAS", 1),
            ],
        };

        ConstraintView Count(string constraint, Func<string, bool> fails) =>
            new(
                constraint,
                machines.Count(machine => machine.Failed.Any(fails)),
                machines.Count(machine => machine.Failed is [var only] && fails(only))
            );
    }

    /// <summary>The answer of the history call.</summary>
    internal sealed class HistoryOf
    {
        public string Json { get; } =
            """
                { "items": [
                  { "generation": 4, "at": "2026-03-01T22:50:00Z", "actor": { "name": "Ada", "type": "user" }, "action": "update",
                    "request": "worker-pool from 3 to 4 machines", "before": {}, "after": {}, "events": [
                      { "at": "2026-03-01T22:50:02Z", "kind": "Planned", "severity": "Info", "reason": "Plan",
                        "message": "1 to add, 0 to change, 0 to remove, about 14 min" },
                      { "at": "2026-03-01T22:50:03Z", "kind": "Completed", "severity": "Info", "reason": "Allocate",
                        "machine": "s00007", "message": "cheapest machine that fits" },
                      { "at": "2026-03-01T23:01:12Z", "kind": "Observed", "severity": "Warning",
                        "reason": "DeployFailed", "machine": "s00007",
                        "message": "MAAS: Failed deployment: no DHCP lease on enp1s0" },
                      { "at": "2026-03-01T23:01:13Z", "kind": "Completed", "severity": "Info", "reason": "Quarantine",
                        "machine": "node-07", "message": "it failed; node-09 takes its place" },
                      { "at": "2026-03-02T00:04:40Z", "kind": "Result", "severity": "Info", "reason": "AsAsked",
                        "message": "worker-pool has 4 ready machines, after 1 h 14 min" }
                    ] },
                  { "generation": 3, "at": "2026-03-01T20:00:00Z", "actor": null, "action": "create",
                    "request": "a new cluster", "events": [] }
                ], "listmeta": {} }
                """;
    }
}
