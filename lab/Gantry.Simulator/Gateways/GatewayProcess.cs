using Gantry.Clusters.Model;
using Gantry.Engine;
using Gantry.Engine.Ports;
using Gantry.Gateway.Accounts;
using Gantry.Gateway.Limits;
using Gantry.Gateway.Link;
using Gantry.Gateway.Requests;
using Gantry.Gateway.Sync;
using Gantry.Protocol;
using Gantry.Simulator.Ports;
using Gantry.Simulator.Scenarios;
using Gantry.Simulator.Time;
using Gantry.Simulator.World;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gantry.Simulator.Gateways;

/// <summary>
/// One process of a gateway: the engine with the gateway's polling, reporting and limits over simulated ports. It starts from the
/// disk and ends by a kill, without any cleanup.
/// </summary>
internal sealed class GatewayProcess : IEngineReports
{
    private const string Uid = "gateway";

    private readonly ProcessContext _context;
    private readonly Simulation _simulation;
    private readonly Reporting _reporting;
    private readonly GatewayFolder _folder;
    private readonly LinkReport _link;

    private GatewayProcess(Simulation simulation, OneThread thread, int life, GatewayFolder folder)
    {
        _simulation = simulation;
        _folder = folder;
        Instance = $"instance-{life}";
        _context = new ProcessContext(thread);
        Clock = new ProcessClock(simulation.Time, _context) { Offset = simulation.Faults.ClockOffset };
        Knowledge = new Knowledge(simulation.Time, simulation.LastKnowledge);
        Transport = new GatewayTransport(simulation, _context, Knowledge) { IsCopy = folder.IsCopy };

        var log = NullLogger.Instance;
        var disk = folder.Disk;
        var instance = new GatewayInstance(Instance, disk.BeginInstance(Instance, atMost: 64), folder.IsCopy ? "copy" : "host");
        _link = new LinkReport(null, _ => { }, log);
        var kept = disk.Load();
        var notes = new LimitNotes(Clock, log);
        var accounts = new Accounts(
            simulation,
            user =>
            {
                var region = new RegionPort(Transport, simulation.Region, user, simulation.Chance);
                return new LimitedRegion(
                    ConsoleModelAccount.Id,
                    () => region,
                    new GatewayLimits { ReleasesPerHour = 1000 },
                    disk,
                    notes,
                    Clock
                );
            }
        );
        accounts.Apply(kept.Accounts, []);
        Desired = new DesiredClusters(kept.Clusters);
        var statuses = new StatusOutbox(Clock);
        var console = new ConsolePort(Transport, simulation);
        _reporting = new Reporting(
            statuses,
            disk,
            notes,
            Desired,
            console,
            Uid,
            Instance,
            new BackOff(new Random((life * 2) + 1)),
            Clock,
            log
        );
        Engine = new ClusterEngine(
            simulation.Around(
                new EnginePorts(
                    new LedgerPort(Transport, folder.Ledger),
                    accounts,
                    new WorkloadPorts(Transport, simulation.MachineModel, simulation.Chance),
                    simulation.Documents,
                    Desired,
                    this
                )
            ),
            simulation.EngineOptions with
            {
                Instance = Instance,
            },
            Clock
        );
        var requests = new RequestHandler(
            AnswerAsync,
            (answer, cancellationToken) => console.AnswerAsync(Uid, answer, cancellationToken),
            Clock,
            log
        );
        Polling = new Polling(
            console,
            Uid,
            kept,
            disk,
            Desired,
            accounts,
            statuses,
            requests,
            _link,
            Engine,
            instance,
            TimeSpan.FromSeconds(30),
            new BackOff(new Random(life * 2)),
            Clock,
            log
        );
    }

    public string Instance { get; }

    public ProcessClock Clock { get; }

    public Knowledge Knowledge { get; }

    public GatewayTransport Transport { get; }

    public ClusterEngine Engine { get; }

    public DesiredClusters Desired { get; }

    public Polling Polling { get; }

    private static SealedAccount ConsoleModelAccount => Consoles.ConsoleModel.Account;

    /// <param name="life">The number of starts, which seeds the jitter of waiting times.</param>
    public static GatewayProcess Start(Simulation simulation, OneThread thread, int life, GatewayFolder folder)
    {
        var process = new GatewayProcess(simulation, thread, life, folder);
        process._context.Run(() =>
        {
            _ = process.WatchAsync(
                "engine",
                cancellationToken => EngineRun.WhilePermittedAsync(process.Engine, process._link, cancellationToken)
            );
            _ = process.WatchAsync("polling", process.Polling.RunAsync);
            _ = process.WatchAsync("reporting", process._reporting.RunAsync);
        });
        return process;
    }

    public void Kill()
    {
        _context.Dead = true;
        _simulation.Console.HangUp(Instance);
        Transport.CutOff();
    }

    /// <summary>The account has another key.</summary>
    public void KeyChanged() =>
        _context.Run(() =>
        {
            foreach (var cluster in Desired.All)
            {
                Engine.Enqueue(cluster.Id);
            }
        });

    public void Report(ClusterStatus status)
    {
        if (!_context.Dead)
        {
            if (!_folder.IsCopy)
            {
                _simulation.Published(status);
            }

            _reporting.Report(status);
        }
    }

    public void Report(ClusterEvent happened)
    {
        if (!_context.Dead)
        {
            if (!_folder.IsCopy)
            {
                _simulation.Published(happened);
            }

            _reporting.Report(happened);
        }
    }

    // A gateway loop that ends by itself leaves the gateway down until it is restarted.
    private async Task WatchAsync(string part, Func<CancellationToken, Task> run)
    {
        try
        {
            await run(CancellationToken.None);
            _simulation.PartEnded(part, "it ended");
        }
        catch (Exception fault)
        {
            _simulation.PartEnded(part, fault.ToString());
        }
    }

    private async Task<object> AnswerAsync(GatewayRequest request, CancellationToken cancellationToken)
    {
        switch (request)
        {
            case GatewayRequest.ClearQuarantine clear:
                return await Engine.ClearQuarantineAsync(clear.Account, clear.Machine, clear.Commission, cancellationToken);
            case GatewayRequest.PlanCluster plan:
                return await Engine.PlanAsync(plan.Cluster, cancellationToken);
            case GatewayRequest.AbandonMachine abandon:
                return await AbandonAsync(abandon, cancellationToken);
            case GatewayRequest.AdoptCluster adopt when Desired.Find(adopt.Cluster) is { } cluster:
                return await AdoptAsync(cluster, cancellationToken);
            default:
                return new GatewayError("Invalid", "the simulator does not send this");
        }
    }

    private async Task<object> AbandonAsync(GatewayRequest.AbandonMachine request, CancellationToken cancellationToken)
    {
        try
        {
            await Engine.AbandonAsync(request.Cluster, request.Machine, cancellationToken);
            return true;
        }
        catch (RegionException refused)
        {
            return new GatewayError("Invalid", refused.Message);
        }
    }

    private async Task<object> AdoptAsync(ClusterSpec cluster, CancellationToken cancellationToken)
    {
        try
        {
            return await Engine.AdoptAsync(cluster, cancellationToken);
        }
        catch (RegionException refused)
        {
            _simulation.AdoptionRefused(cluster.Id, refused.Failure);
            return new GatewayError("Invalid", refused.Message);
        }
    }

    /// <summary>Opens the region once for each user of the account's key, as an account with another key is opened anew.</summary>
    private sealed class Accounts(Simulation simulation, Func<MaasUser, IRegion> open) : IAccounts, IRegionSource
    {
        private readonly HashSet<AccountId> _known = [];
        private readonly Dictionary<MaasUser, IRegion> _regions = [];

        public IReadOnlySet<AccountId> Apply(IEnumerable<SealedAccount> changed, IEnumerable<AccountId> removed) =>
            changed.Select(account => account.Id).Where(_known.Add).ToHashSet();

        public IRegion? Find(AccountId account)
        {
            if (!_known.Contains(account))
            {
                return null;
            }

            var user = simulation.KeyOf;
            return _regions.TryGetValue(user, out var region) ? region : _regions[user] = open(user);
        }
    }
}
