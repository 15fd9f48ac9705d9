using Gantry.Clusters.Model;
using Gantry.Engine;
using Gantry.Engine.Ledger;
using Gantry.Simulator.Consoles;
using Gantry.Simulator.Scenarios;

namespace Gantry.Simulator;

/// <summary>Many small clusters in one simulated data centre without faults, for measuring a gateway's cost.</summary>
public sealed class Fleet
{
    private static readonly TimeSpan Longest = TimeSpan.FromHours(12);

    private readonly Simulation _simulation;
    private readonly int _clusters;

    /// <param name="clusters">The number of clusters, each with one control plane and one worker machine.</param>
    /// <c>null</c> for a ledger in memory.
    /// <c>null</c> for ten machines more than the clusters need.
    public Fleet(int clusters, ILedger? ledger = null, int? machines = null)
    {
        _clusters = clusters;
        var settings = new Settings
        {
            Clusters = clusters,
            Machines = machines ?? (clusters * 2) + 10,
            Faults = FaultFamilies.None,
        };
        _simulation = new Simulation(new Scenario(1, settings, []), new EngineOptions());
        if (ledger is not null)
        {
            _simulation.Ledger.Ledger = ledger;
        }

        _simulation.StartGateway();
    }

    public TimeSpan Elapsed => _simulation.Time.Elapsed;

    public long Calls => _simulation.Calls;

    public int Running => _simulation.Console.Clusters.Count(cluster => cluster.Status?.Phase is ClusterPhase.Running);

    public void Ask()
    {
        for (var number = 0; number < _clusters; number++)
        {
            _simulation.Console.Write(Cluster(number, _simulation.Time.Now));
        }
    }

    /// <summary>Advances time until this many clusters are Running.</summary>
    /// <exception cref="InvalidOperationException">An invariant is violated, or the time limit is exceeded.</exception>
    public void RunUntilRunning(int clusters)
    {
        var end = _simulation.Time.Ticks + Longest.Ticks;
        while (Running < clusters && _simulation.Time.Ticks < end && !_simulation.Ended)
        {
            Pass(TimeSpan.FromSeconds(15));
        }

        Check();
        if (Running < clusters)
        {
            throw new InvalidOperationException($"only {Running} clusters run after {Elapsed}");
        }
    }

    public void Pass(TimeSpan span)
    {
        _simulation.RunUntil(_simulation.Time.Ticks + span.Ticks);
        Check();
    }

    /// <summary>Kills the gateway.</summary>
    public void Kill() => _simulation.KillGateway(restarts: false);

    /// <summary>Restarts the gateway on the same disk and waits until it has reconciled every cluster.</summary>
    /// <returns>The simulated time until then.</returns>
    public TimeSpan StartUntilResumed(ILedger? ledger = null)
    {
        if (ledger is not null)
        {
            _simulation.Ledger.Ledger = ledger;
        }

        var began = Elapsed;
        _simulation.ReportedClusters.Clear();
        _simulation.StartGateway();
        while (_simulation.ReportedClusters.Count < _clusters && Elapsed - began < Longest && !_simulation.Ended)
        {
            Pass(TimeSpan.FromMilliseconds(250));
        }

        return Elapsed - began;
    }

    /// <summary>Drops the gateway's memory; only its disk remains.</summary>
    public void Forget()
    {
        _simulation.ForgetGateway();

        // Advances past the timers of dead processes and the polls the console still holds.
        Pass(TimeSpan.FromHours(24));
    }

    private void Check()
    {
        if (_simulation.Violation is { } violation)
        {
            throw new InvalidOperationException(violation.ToString());
        }
    }

    private static ClusterSpec Cluster(int number, DateTimeOffset now) =>
        new()
        {
            Id = new ClusterId($"cluster-{number:0000}"),
            Name = DnsLabel.Parse($"c{number:0000}"),
            Account = ConsoleModel.Account.Id,
            CreatedAt = now,
            KubernetesVersion = KubernetesVersion.Parse("1.33.4"),
            Image = ImageName.Parse("ubuntu/noble"),
            Endpoint = new EndpointChoice.VirtualIp(),
            Addons = [new AddonLayer("cilium", "1.18", "cni", "network manifest")],
            Pools =
            [
                new MachinePool
                {
                    Name = DnsLabel.Parse("control-plane"),
                    Role = PoolRole.ControlPlane,
                    Size = 1,
                },
                new MachinePool
                {
                    Name = DnsLabel.Parse("workers"),
                    Role = PoolRole.Worker,
                    Size = 1,
                },
            ],
        };
}
