using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Tests.Fakes;

/// <summary>What the world outside the engine is: a MAAS region, its machines, and the clusters that run on them.</summary>
public sealed class FakeMaas(TimeProvider time)
{
    private readonly SortedDictionary<string, FakeMachine> _machines = new(StringComparer.Ordinal);

    public TimeSpan DeployTakes { get; set; } = TimeSpan.FromMinutes(5);

    public TimeSpan ReleaseTakes { get; set; } = TimeSpan.FromSeconds(20);

    public TimeSpan BootTakes { get; set; } = TimeSpan.FromMinutes(1);

    public IEnumerable<FakeMachine> Machines => _machines.Values;

    public HashSet<string> Reserved { get; } = [];

    public Dictionary<string, IReadOnlyList<string>> Dns { get; } = [];

    public List<string> Images { get; } = ["ubuntu/noble"];

    public Dictionary<string, FakeCluster> Clusters { get; } = [];

    /// <summary>Machines whose deployment ends in a failure.</summary>
    public HashSet<string> FailToDeploy { get; } = [];

    /// <summary>Machines that MAAS gives up releasing.</summary>
    public HashSet<string> FailToRelease { get; } = [];

    /// <summary>Machines that are installed and then never say anything again.</summary>
    public HashSet<string> NeverBoot { get; } = [];

    /// <summary>How often each machine was allocated.</summary>
    public Dictionary<string, int> Allocations { get; } = [];

    public Exception? Down { get; set; }

    /// <summary>
    /// What becomes of a call, by the words it is listed with in <see cref="Calls"/> or by the name of the port's method.
    /// </summary>
    public Func<string, Mishap> Interfere { get; set; } = _ => Mishap.None;

    /// <summary>Calls that were cut off and take effect when somebody says so.</summary>
    public Queue<Action> Late { get; } = new();

    public T Carry<T>(string name, Func<T> act, Func<Exception> noAnswer, Func<Exception> busy)
    {
        switch (Interfere(name))
        {
            case Mishap.AnswerLost:
                act();
                throw noAnswer();
            case Mishap.Late:
                Late.Enqueue(() => act());
                throw noAnswer();
            case Mishap.Busy:
                throw busy();
            case Mishap.Twice:
                act();
                return act();
            default:
                return act();
        }
    }

    public List<string> Calls { get; } = [];

    /// <summary>Somebody deletes it from MAAS.</summary>
    public void Delete(string machine) => _machines.Remove(machine);

    public FakeMaas With(int count, int cpu = 8, string pool = "default")
    {
        for (var index = 0; index < count; index++)
        {
            var number = _machines.Count + 1;
            _machines.Add(
                $"m{number:00}",
                new FakeMachine
                {
                    Id = $"m{number:00}",
                    Zone = $"az{(number % 3) + 1}",
                    Pool = pool,
                    Cpu = cpu,
                    Address = $"10.0.0.{number}",
                }
            );
        }

        return this;
    }

    public FakeMachine this[string id] => _machines[id];

    public IEnumerable<FakeMachine> Held => _machines.Values.Where(machine => machine.Status is not MaasStatus.Ready);

    public FakeCluster ClusterOf(string name)
    {
        if (!Clusters.TryGetValue(name, out var cluster))
        {
            Clusters[name] = cluster = new FakeCluster();
        }

        return cluster;
    }

    /// <summary>
    /// Draws which machines advance: one that has had its time advances with a chance of one in sixty each second, so machines
    /// overtake each other. Without it, each advances as soon as it has had its time.
    /// </summary>
    public Random? Order { get; set; }

    /// <summary>Lets everything happen that has had its time.</summary>
    public void Progress()
    {
        var now = time.GetUtcNow();
        foreach (var machine in _machines.Values.Where(_ => Order is null || Order.Next(60) is 0))
        {
            if (machine.Status is MaasStatus.Deploying && now - machine.Since >= DeployTakes)
            {
                machine.Enter(FailToDeploy.Contains(machine.Id) ? MaasStatus.FailedDeployment : MaasStatus.Deployed, now);
            }
            else if (machine.Status is MaasStatus.Releasing && now - machine.Since >= ReleaseTakes)
            {
                if (FailToRelease.Contains(machine.Id))
                {
                    machine.Enter(MaasStatus.FailedReleasing, now);
                }
                else
                {
                    machine.Free(now);
                }
            }
            else if (
                machine.Status is MaasStatus.Deployed
                && now - machine.Since >= BootTakes
                && !NeverBoot.Contains(machine.Id)
                && !machine.Joined
            )
            {
                Boot(machine, now);
            }
        }
    }

    /// <summary>The Kubernetes version that images bring, whatever is asked for; <c>null</c> for the one that is.</summary>
    public string? ImageBrings { get; set; }

    /// <summary>Machines come back to life when they are switched on.</summary>
    public bool Revives { get; set; }

    public string PowerOn(FakeMachine machine)
    {
        foreach (var cluster in Clusters.Values.Where(cluster => Revives && cluster.Nodes.ContainsKey($"host-{machine.Id}")))
        {
            cluster.Nodes[$"host-{machine.Id}"].Ready = true;
        }

        return machine.Power = "on";
    }

    public string PowerOff(FakeMachine machine) => machine.Power = "off";

    private void Boot(FakeMachine machine, DateTimeOffset now)
    {
        var document = machine.Document!.Split('|');
        var cluster = ClusterOf(document[1]);
        if (document[0] is "InitControlPlane")
        {
            if (cluster.InitializedBy is not null && cluster.InitializedBy != machine.Id)
            {
                throw new InvalidOperationException(
                    $"{machine.Id} ran kubeadm init in a cluster that {cluster.InitializedBy} had begun."
                );
            }

            cluster.InitializedBy = machine.Id;
            machine.Joined = true;
            cluster.Join(machine.Id, controlPlane: true, ImageBrings ?? document[4], now);
        }
        else if (cluster.InitializedBy is not null && cluster.Tokens.TryGetValue(document[2], out var until) && until > now)
        {
            machine.Joined = true;
            cluster.Join(machine.Id, document[0] is "JoinControlPlane", ImageBrings ?? document[4], now);
        }
    }
}

public enum Mishap
{
    None,

    /// <summary>It takes effect and nobody hears of it.</summary>
    AnswerLost,

    /// <summary>Nobody hears of it, and it takes effect later: see <see cref="FakeMaas.Late"/>.</summary>
    Late,

    /// <summary>The other side refuses for now.</summary>
    Busy,

    /// <summary>It is delivered twice; the second answer is the one that counts.</summary>
    Twice,
}

public sealed class FakeMachine
{
    public required string Id { get; init; }

    public string Zone { get; init; } = "default";

    public string Pool { get; init; } = "default";

    public int Cpu { get; init; }

    public required string Address { get; init; }

    public int Status { get; private set; } = MaasStatus.Ready;

    public DateTimeOffset Since { get; private set; }

    public bool Ours { get; set; }

    public string? Intent { get; set; }

    public string? Document { get; set; }

    /// <summary>The image that was deployed last.</summary>
    public string? Image { get; set; }

    /// <summary>kubeadm has done its work, which it does once after an installation.</summary>
    public bool Joined { get; set; }

    public bool Locked { get; set; }

    public string Power { get; set; } = "on";

    public void Enter(int status, DateTimeOffset now)
    {
        Status = status;
        Since = now;
    }

    public void Free(DateTimeOffset now)
    {
        Enter(MaasStatus.Ready, now);
        Ours = false;
        Intent = null;
        Document = null;
    }

    public RegionMachine Show() =>
        new()
        {
            Id = new SystemId(Id),
            Hostname = $"host-{Id}",
            Status = Status,
            StatusName = Status.ToString(),
            StatusMessage = Status is MaasStatus.FailedDeployment ? "Installation failed" : $"status {Status}",
            IsOurs = Ours,
            Locked = Locked,
            Zone = Zone,
            ResourcePool = Pool,
            CpuCount = Cpu,
            MemoryMiB = 16384,
            Disks = [500_000_000_000],
            Addresses = Status is MaasStatus.Deploying or MaasStatus.Deployed ? [Address] : [],
            Subnet = "10.0.0.0/24",
        };
}

/// <summary>The API server of one cluster.</summary>
public sealed class FakeCluster
{
    public string? InitializedBy { get; set; }

    public Dictionary<string, DateTimeOffset> Tokens { get; } = [];

    public Dictionary<string, FakeNode> Nodes { get; } = [];

    public List<string> Applied { get; } = [];

    public bool Silent { get; set; }

    /// <summary>Pods that do not let themselves be evicted, by node.</summary>
    public Dictionary<string, string> Stubborn { get; } = [];

    public List<string> Drained { get; } = [];

    public IReadOnlyList<EtcdMember> Etcd { get; set; } = [];

    public string? KubeadmVersion { get; set; }

    public string? AddonVersion { get; set; }

    public void Join(string machine, bool controlPlane, string version, DateTimeOffset now)
    {
        var name = $"host-{machine}";
        if (Nodes.TryAdd(name, new FakeNode { Since = now, Version = version }) && controlPlane)
        {
            Etcd =
            [
                .. Etcd.Where(member => member.Name != name),
                new EtcdMember(name, name, Voting: true, Healthy: true, Leader: Etcd.Count is 0),
            ];
        }
    }
}

public sealed class FakeNode
{
    public DateTimeOffset Since { get; init; }

    public string Version { get; init; } = "1.33.4";

    public bool Ready { get; set; } = true;

    /// <summary>Its kubelet goes on reporting, and says itself that the node is not Ready.</summary>
    public bool Complains { get; set; }

    public bool Unschedulable { get; set; }

    public NodeMetadata? Marks { get; set; }
}
