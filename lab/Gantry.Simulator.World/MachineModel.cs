using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;
using Gantry.Engine.Workloads;
using Gantry.Lab.Kubernetes;
using Gantry.Simulator.Time;

namespace Gantry.Simulator.World;

/// <summary>
/// The model of installed systems: they boot, run kubeadm, become nodes and etcd members, fail and recover. It implements
/// kubeadm's rules (token, endpoint, version skew, one etcd member at a time) and is independent of the engine.
/// </summary>
public sealed class MachineModel(VirtualTime time, Chance chance, WorldRegion region, Documents documents) : IMachineModel
{
    private readonly Dictionary<ClusterId, WorldCluster> _clusters = [];
    private readonly HashSet<ClusterId> _joinsScheduled = [];

    public IEnumerable<WorldCluster> Clusters => _clusters.Values;

    /// <summary>
    /// Called on a second <c>kubeadm init</c> beside a running control plane, which puts two clusters behind one endpoint.
    /// </summary>
    public Action<WorldCluster, WorldMachine>? InitializedTwice { get; set; }

    public Action<WorldCluster>? Changed { get; set; }

    /// <summary>The Kubernetes version in every image, overriding the desired one; <c>null</c> for the desired version.</summary>
    public KubernetesVersion? ImagesBring { get; set; }

    /// <summary>Tags of etcd's image that the registry of the machines does not have.</summary>
    public HashSet<string> MissingEtcdTags { get; } = new(StringComparer.Ordinal);

    public WorldCluster? Find(ClusterId cluster) => _clusters.GetValueOrDefault(cluster);

    public void Boot(WorldMachine machine)
    {
        StopSystem(machine);
        machine.Life++;
        machine.Installed = true;
        machine.KubeVipStopped = false;
        machine.ScriptFailure = null;
        machine.PullFailure = null;
        machine.Document = machine.UserData is { } text ? documents.Find(text) : null;
        machine.Cluster = null;
        if (machine.Dead)
        {
            machine.Power = "off";
            return;
        }

        if (machine.NeverBoots)
        {
            return;
        }

        machine.System = SystemState.Booting;
        After(
            machine,
            chance.Seconds(20, 60, "cloud-init", machine.Index, machine.Deployments),
            () =>
            {
                machine.System = SystemState.Running;
                if (machine.Document is { } document)
                {
                    RunKubeadm(machine, document);
                }
            }
        );
    }

    public void PowerOn(WorldMachine machine)
    {
        if (machine.Dead || !machine.Installed || machine.NeverBoots || machine.System is not SystemState.Off)
        {
            return;
        }

        machine.System = SystemState.Booting;
        After(machine, chance.Seconds(60, 150, "reboot", machine.Index, machine.Life), () => Booted(machine));
    }

    public void PowerOff(WorldMachine machine) => Stop(machine, SystemState.Off);

    public void Wipe(WorldMachine machine)
    {
        Stop(machine, SystemState.Off);
        machine.Life++;
        machine.Installed = false;
        machine.ScriptFailure = null;
        machine.PullFailure = null;
        machine.Document = null;
        machine.Cluster = null;
        machine.NeverBoots = false;
        foreach (var cluster in _clusters.Values)
        {
            cluster.HalfInitialized.Remove(machine);
        }
    }

    /// <summary>The system hangs; its power stays on.</summary>
    public void Hang(WorldMachine machine)
    {
        if (machine.Runs)
        {
            Stop(machine, SystemState.Hung);
        }
    }

    /// <summary>The hardware fails permanently; a power cycle does not fix it.</summary>
    public void Die(WorldMachine machine)
    {
        machine.Dead = true;
        machine.Power = "off";
        region.Changed(machine);
        Stop(machine, SystemState.Off);
    }

    /// <summary>The hardware is repaired and powered on.</summary>
    public void Revive(WorldMachine machine)
    {
        machine.Dead = false;
        if (machine.Status is MaasStatus.Deployed && machine.System is SystemState.Off or SystemState.Hung)
        {
            machine.Power = "on";
            region.Changed(machine);
            machine.System = SystemState.Booting;
            After(machine, TimeSpan.FromSeconds(90), () => Booted(machine));
        }
    }

    /// <summary>The kubelet reports its node as not Ready, or as Ready again.</summary>
    public void Sicken(WorldMachine machine, bool sick)
    {
        machine.Sick = sick;
        if (machine.Cluster is { } cluster && NodeOf(machine) is { } node)
        {
            Refresh(cluster, node, TimeSpan.FromSeconds(5));
        }
    }

    /// <summary>The kubelet stops reporting until it or its machine restarts; the machine keeps running.</summary>
    public void StopKubelet(WorldMachine machine, bool stopped = true)
    {
        machine.KubeletStopped = stopped;
        if (machine.Cluster is { } cluster && NodeOf(machine) is { } node)
        {
            Refresh(cluster, node, stopped ? TimeSpan.FromSeconds(40) : TimeSpan.FromSeconds(5));
        }
    }

    /// <summary>etcd's disk becomes full or slow, or recovers; the kubelet is not affected.</summary>
    public void SickenEtcd(WorldMachine machine, bool sick)
    {
        machine.EtcdSick = sick;
        if (machine.Cluster is { } cluster)
        {
            Elect(cluster);
            ShowChange(cluster);
        }
    }

    /// <summary>kube-vip stops on the machine, or starts again.</summary>
    public void StopKubeVip(WorldMachine machine, bool stopped = true)
    {
        machine.KubeVipStopped = stopped;
        if (machine.Cluster is { } cluster)
        {
            ShowChange(cluster);
        }
    }

    // Requests to the cluster's API server.

    public void Admit(WorldCluster cluster, string token, DateTimeOffset expires)
    {
        cluster.Tokens[token] = expires;
        ScheduleJoins(cluster);
    }

    public void Apply(WorldCluster cluster, string manifest)
    {
        cluster.Manifests.Add(manifest);
        cluster.Objects.UnionWith(AddonManifests.Read(manifest).Select(one => one.Identity));
        if (!cluster.HasNetwork && manifest.Contains("network", StringComparison.OrdinalIgnoreCase))
        {
            cluster.HasNetwork = true;
            foreach (var node in cluster.Nodes.Values.ToList())
            {
                Refresh(cluster, node, ReadyAfter(node));
            }
        }
    }

    /// <summary>Without its object, the network plug-in sets up no further node; nodes that are Ready stay so.</summary>
    public void Delete(WorldCluster cluster, AddonObject old)
    {
        if (cluster.Objects.Remove(old.Identity) && old.Name.Contains("network", StringComparison.OrdinalIgnoreCase))
        {
            cluster.HasNetwork = false;
        }
    }

    public void Set(WorldCluster cluster, KubeadmSettings settings)
    {
        cluster.KubeadmVersion = settings.Version;
        cluster.Set(settings);
        ScheduleJoins(cluster);
    }

    public void DeleteNode(WorldCluster cluster, string name)
    {
        if (cluster.Nodes.Remove(name, out var node))
        {
            ShowChange(cluster);

            // A kubelet that restarts after its node was deleted registers the node again.
            if (node.Reports && chance.Is(0.1, "registers again", node.Machine.Index, time.Ticks))
            {
                After(
                    node.Machine,
                    TimeSpan.FromSeconds(20),
                    () => Register(cluster, node.Machine, node.ControlPlane, node.Version)
                );
            }
        }
    }

    public void RemoveEtcdMember(WorldCluster cluster, WorldEtcd member)
    {
        cluster.Etcd.Remove(member);
        if (member.Leader)
        {
            Elect(cluster);
        }

        ShowChange(cluster);
        ScheduleJoins(cluster);
    }

    public bool IsInEtcd(WorldMachine machine) => _clusters.Values.Any(cluster => cluster.MemberOf(machine) is not null);

    /// <summary>A person sets the addresses behind a given endpoint.</summary>
    public void Balance(ClusterId id, IEnumerable<string> addresses)
    {
        if (!_clusters.TryGetValue(id, out var cluster))
        {
            _clusters[id] = cluster = new WorldCluster(id);
        }

        var before = cluster.Balancer;
        cluster.Balancer = [.. addresses];
        if (before is null || !before.SetEquals(cluster.Balancer))
        {
            cluster.BalancedAt = time.Now;
        }

        ScheduleJoins(cluster);
    }

    public void Resolve(string name)
    {
        foreach (var cluster in _clusters.Values.Where(cluster => cluster.DnsName == name))
        {
            ScheduleJoins(cluster);
        }
    }

    /// <summary>Evicts the pods that may be evicted; returns the pods that may not, or that do not end.</summary>
    public IReadOnlyList<string> Drain(WorldCluster cluster, WorldNode node, bool force)
    {
        var now = time.Now;
        List<string> left = [];
        foreach (var app in cluster.Apps)
        {
            Schedule(cluster, app);
            var available = app.Pods.Count(pod => IsAvailable(cluster, pod, now));
            foreach (var pod in app.Pods.Where(pod => pod.Node == node.Name).ToList())
            {
                if (app.NeverEnds && !node.Silent)
                {
                    left.Add($"default/{app.Name} is ending");
                    continue;
                }

                var counts = IsAvailable(cluster, pod, now);
                var mayGo = force || node.Silent || !counts || available > app.Replicas - 1 || app.PatienceUntil < now;
                if (!mayGo)
                {
                    app.PatienceUntil ??= now + TimeSpan.FromMinutes(30);
                    left.Add($"default/{app.Name}: its disruption budget allows no eviction now");
                    continue;
                }

                available -= counts ? 1 : 0;
                pod.Node = null;
                app.PatienceUntil = null;
            }

            Schedule(cluster, app);
        }

        return left;
    }

    private Version EtcdOf(NodeDocument document, WorldCluster cluster) =>
        EtcdImages.VersionOf(new KubeVersion(1, VersionOf(document).Minor, VersionOf(document).Patch), cluster.EtcdImageTag);

    private KubernetesVersion VersionOf(NodeDocument document) => ImagesBring ?? document.Cluster.KubernetesVersion;

    private static bool IsAvailable(WorldCluster cluster, WorldPod pod, DateTimeOffset now) =>
        pod.Node is { } name && pod.ReadyAt <= now && cluster.Nodes.GetValueOrDefault(name) is { Ready: true };

    private void Schedule(WorldCluster cluster, WorldApp app)
    {
        foreach (var pod in app.Pods)
        {
            if (pod.Node is { } name && cluster.Nodes.ContainsKey(name))
            {
                continue;
            }

            pod.Node = cluster
                .Nodes.Values.Where(node => node is { Ready: true, Unschedulable: false, ControlPlane: false })
                .OrderBy(node => app.Pods.Count(other => other.Node == node.Name))
                .ThenBy(node => node.Machine.Index)
                .FirstOrDefault()
                ?.Name;
            pod.ReadyAt = time.Now + TimeSpan.FromSeconds(45);
        }
    }

    private void RunKubeadm(WorldMachine machine, NodeDocument document)
    {
        if ((machine.PackagesRefused ?? machine.KubeadmRefuses) is { } refusal)
        {
            machine.ScriptFailure = refusal;
            region.Changed(machine);
            return;
        }

        if (machine.KubeadmRetries is not null && document.Bootstrap is not Bootstrap.InitControlPlane)
        {
            region.Changed(machine);
            After(machine, TimeSpan.FromSeconds(10), () => RunKubeadm(machine, document));
            return;
        }

        if (!_clusters.TryGetValue(document.Cluster.Id, out var cluster))
        {
            _clusters[document.Cluster.Id] = cluster = new WorldCluster(document.Cluster.Id);
        }

        cluster.DnsName = document.Cluster.Endpoint is EndpointChoice.MaasDns ? document.Endpoint.Host : null;
        cluster.GivenHost = document.Cluster.Endpoint is EndpointChoice.Given ? document.Endpoint.Host : null;
        if (document.Bootstrap is Bootstrap.InitControlPlane)
        {
            After(
                machine,
                chance.Seconds(40, 120, "kubeadm init", machine.Index, machine.Deployments),
                () => Initialize(cluster, machine, document)
            );
        }
        else
        {
            cluster.Waiting.Add(machine);
            ScheduleJoins(cluster);
        }
    }

    private void Initialize(WorldCluster cluster, WorldMachine machine, NodeDocument document)
    {
        if (!machine.Runs)
        {
            return;
        }

        if (cluster.Etcd.Exists(member => member.Healthy))
        {
            InitializedTwice?.Invoke(cluster, machine);
        }

        // The API server runs, but kubeadm cannot store its configuration through the endpoint.
        if (!cluster.LeadsTo(machine))
        {
            cluster.HalfInitialized.Add(machine);
            machine.ScriptFailure = "'kubeadm init' failed: Get https://" + document.Endpoint.Host + ": dial tcp: i/o timeout";
            region.Changed(machine);
            return;
        }

        cluster.BeginAnew(KubeadmSettings.Of(document.Cluster, []), document.Cluster.Addons.Count is 0);
        cluster.VirtualIp =
            document.Cluster.Endpoint is EndpointChoice.VirtualIp
                ? new WorldVirtualIp(time, chance, cluster, () => ScheduleJoins(cluster))
                : null;
        machine.Arguments = cluster.KubeadmArguments;
        machine.Volumes = cluster.KubeadmVolumes;
        cluster.Etcd.Add(
            new WorldEtcd($"{cluster.NextEtcdId++}", machine)
            {
                Voting = true,
                Leader = true,
                Version = EtcdOf(document, cluster),
            }
        );
        Register(cluster, machine, controlPlane: true, VersionOf(document));
        cluster.Apps.Add(new WorldApp("shop", 2));
        ScheduleJoins(cluster);
    }

    // Any change that may allow a join is followed by one check of all waiting machines: kubeadm retries every few seconds.
    private void ScheduleJoins(WorldCluster cluster)
    {
        if (cluster.Waiting.Count > 0 && _joinsScheduled.Add(cluster.Id))
        {
            time.In(
                chance.Seconds(3, 12, "tries again", time.Ticks),
                () =>
                {
                    _joinsScheduled.Remove(cluster.Id);
                    foreach (var machine in cluster.Waiting.ToList())
                    {
                        TryJoin(cluster, machine);
                    }
                }
            );
        }
    }

    private void TryJoin(WorldCluster cluster, WorldMachine machine)
    {
        var document = machine.Document!;
        if (!MayJoin(cluster, machine, document))
        {
            return;
        }

        cluster.Waiting.Remove(machine);
        var controlPlane = document.Bootstrap is Bootstrap.JoinControlPlane;
        var incarnation = cluster.Incarnation;
        if (controlPlane)
        {
            machine.Arguments = cluster.KubeadmArguments;
            machine.Volumes = cluster.KubeadmVolumes;
            cluster.Etcd.Add(new WorldEtcd($"{cluster.NextEtcdId++}", machine) { Version = EtcdOf(document, cluster) });
            ShowChange(cluster);
        }

        After(
            machine,
            chance.Seconds(15, 45, "kubeadm join", machine.Index, machine.Deployments),
            () =>
            {
                if (incarnation != cluster.Incarnation || !machine.Runs || (controlPlane && cluster.MemberOf(machine) is null))
                {
                    return;
                }

                if (!cluster.Serves)
                {
                    // kubeadm fails half-way, and the document's loop retries. The added learner stays.
                    cluster.Waiting.Add(machine);
                    return;
                }

                // As in kubeadm 1.29 and later, the node can be Ready while its etcd member is still a learner.
                Register(cluster, machine, controlPlane, VersionOf(document));
                if (controlPlane)
                {
                    Promote(cluster, machine, incarnation);
                }
            }
        );
    }

    private bool MayJoin(WorldCluster cluster, WorldMachine machine, NodeDocument document)
    {
        if (
            !machine.Runs
            || cluster.Incarnation is 0
            || !cluster.Serves
            || !(cluster.Tokens.TryGetValue(document.Token, out var until) && until > time.Now)
            || !Resolves(cluster)
            || !cluster.IsReachable
        )
        {
            return false;
        }

        if (cluster.MemberOf(machine) is { } begun)
        {
            cluster.Etcd.Remove(begun);
        }

        // kubeadm and the cluster's configuration must have the same minor version.
        if (VersionOf(document).Minor != cluster.KubeadmVersion.Minor)
        {
            return false;
        }

        if (document.Bootstrap is not Bootstrap.JoinControlPlane)
        {
            return true;
        }

        machine.PullFailure = MissingEtcdTags.Contains(cluster.EtcdImageTag)
            ? $"'kubeadm join' failed: [ERROR ImagePull]: failed to pull image registry.k8s.io/etcd:{cluster.EtcdImageTag}: not found"
            : null;
        if (machine.PullFailure is not null)
        {
            region.Changed(machine);
            return false;
        }

        var oldest = cluster
            .Nodes.Values.Where(node => node.ControlPlane)
            .Select(node => node.Version.Minor)
            .DefaultIfEmpty(0)
            .Min();
        return cluster.Etcd.TrueForAll(member => member.Voting)
            && VersionOf(document).Minor - oldest <= 1
            && EtcdImages.MayJoin(EtcdOf(document, cluster), cluster.Etcd.Select(member => member.Version).OfType<Version>());
    }

    private bool Resolves(WorldCluster cluster) =>
        cluster.DnsName is not { } name
        || (
            region.FindDns(name) is { } addresses
            && cluster.Etcd.Exists(member => member.Healthy && addresses.Contains(member.Machine.Address))
        );

    private void Promote(WorldCluster cluster, WorldMachine machine, int incarnation) =>
        After(
            machine,
            chance.Seconds(10, 40, "learner catches up", machine.Index, time.Ticks),
            () =>
            {
                if (incarnation != cluster.Incarnation || cluster.MemberOf(machine) is not { Voting: false } member)
                {
                    return;
                }

                // etcd does not promote a learner that lags behind the leader.
                if (!cluster.Serves || !member.Healthy)
                {
                    Promote(cluster, machine, incarnation);
                    return;
                }

                member.Voting = true;
                ShowChange(cluster);
                ScheduleJoins(cluster);
            }
        );

    private void Register(WorldCluster cluster, WorldMachine machine, bool controlPlane, KubernetesVersion version)
    {
        if (!machine.Runs)
        {
            return;
        }

        machine.Cluster = cluster;
        machine.Incarnation = cluster.Incarnation;
        var node = new WorldNode(machine.Hostname, machine)
        {
            ControlPlane = controlPlane,
            Version = version,
            Taints = controlPlane && machine.Document is { Pool.AlsoWorker: false } ? [NodeMetadataCheck.ControlPlaneTaint] : [],
        };
        if (cluster.Nodes.GetValueOrDefault(node.Name) is { } there)
        {
            // A kubelet reuses an existing node object of its name.
            node.TakeOver(there);
        }

        if (controlPlane)
        {
            node.MarkAsControlPlane();
        }

        cluster.Nodes[node.Name] = node;
        ShowChange(cluster);
        Refresh(cluster, node, ReadyAfter(node));
    }

    private TimeSpan ReadyAfter(WorldNode node) => chance.Seconds(10, 30, "node becomes Ready", node.Machine.Index, node.Life);

    /// <summary>Updates the status of the node after a delay.</summary>
    private void Refresh(WorldCluster cluster, WorldNode node, TimeSpan wait) =>
        time.In(
            wait,
            () =>
            {
                if (cluster.Nodes.GetValueOrDefault(node.Name) != node)
                {
                    return;
                }

                var network = cluster.HasNetwork || node.Ready;
                node.Set(node.Reports && network && !node.Machine.Sick, !node.Reports, node.Reports && !network, time.Now);
                cluster.Apps.ForEach(app => Schedule(cluster, app));
                ShowChange(cluster);
            }
        );

    private void Booted(WorldMachine machine)
    {
        machine.System = SystemState.Running;
        if (machine.Cluster is not { } cluster || cluster.Incarnation != machine.Incarnation)
        {
            // Only the first boot runs kubeadm: a machine interrupted before that does not become a node.
            return;
        }

        Elect(cluster);
        if (cluster.MemberOf(machine) is { Voting: false })
        {
            Promote(cluster, machine, cluster.Incarnation);
        }

        if (NodeOf(machine) is { } node)
        {
            Refresh(cluster, node, ReadyAfter(node));
        }
        else if (cluster.Serves)
        {
            Register(cluster, machine, cluster.MemberOf(machine) is not null, VersionOf(machine.Document!));
        }

        ShowChange(cluster);
        ScheduleJoins(cluster);
    }

    private void Stop(WorldMachine machine, SystemState state)
    {
        StopSystem(machine);
        machine.System = machine.Installed || state is SystemState.Off ? state : machine.System;
    }

    private void StopSystem(WorldMachine machine)
    {
        machine.System = SystemState.Off;
        machine.KubeletStopped = false;
        machine.Session++;
        foreach (var cluster in _clusters.Values)
        {
            cluster.Waiting.Remove(machine);
        }

        if (machine.Cluster is { } joined)
        {
            Elect(joined);
            ShowChange(joined);
            if (NodeOf(machine) is { } node)
            {
                Refresh(joined, node, TimeSpan.FromSeconds(40));
            }
        }
    }

    private static WorldNode? NodeOf(WorldMachine machine) =>
        machine.Cluster?.Nodes.GetValueOrDefault(machine.Hostname) is { } node
        && node.Machine == machine
        && node.Life == machine.Life
            ? node
            : null;

    private static void Elect(WorldCluster cluster)
    {
        if (!cluster.Etcd.Exists(member => member is { Leader: true, Healthy: true }))
        {
            cluster.Etcd.ForEach(member => member.Leader = false);
            if (cluster.Serves)
            {
                cluster.Etcd.First(member => member is { Voting: true, Healthy: true }).Leader = true;
            }
        }
    }

    private void ShowChange(WorldCluster cluster)
    {
        cluster.Touch();
        cluster.VirtualIp?.Follow();
        Changed?.Invoke(cluster);
    }

    // Runs the action unless the system has ended meanwhile.
    private void After(WorldMachine machine, TimeSpan wait, Action act)
    {
        var session = machine.Session;
        time.In(
            wait,
            () =>
            {
                if (machine.Session == session)
                {
                    act();
                }
            }
        );
    }
}
