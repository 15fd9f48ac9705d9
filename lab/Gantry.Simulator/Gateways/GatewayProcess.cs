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

    private GatewayProcess(Simulation simulation, OneThread thread, int life)
    {
        _simulation = simulation;
        _context = new ProcessContext(thread);
        Clock = new ProcessClock(simulation.Time, _context) { Offset = simulation.Faults.ClockOffset };
        Knowledge = new Knowledge(simulation.Time, simulation.LastKnowledge);
        Transport = new GatewayTransport(simulation, _context, Knowledge);

        var log = NullLogger.Instance;
        var disk = simulation.Disk;
        var kept = disk.Load();
        var notes = new LimitNotes(Clock, log);
        var region = new RegionPort(Transport, simulation.Region, simulation.User, simulation.Chance);
        var accounts = new Accounts(
            new LimitedRegion(
                ConsoleModelAccount.Id,
                () => region,
                new GatewayLimits { ReleasesPerHour = 1000 },
                disk,
                notes,
                Clock
            )
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
            new BackOff(new Random((life * 2) + 1)),
            Clock,
            log
        );
        Engine = new ClusterEngine(
            simulation.Around(
                new EnginePorts(
                    new LedgerPort(Transport, new WatchedLedger(simulation)),
                    accounts,
                    new WorkloadPorts(Transport, simulation.MachineModel, simulation.Chance),
                    simulation.Documents,
                    Desired,
                    this
                )
            ),
            simulation.EngineOptions,
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
            new LinkReport(null, _ => { }, log),
            Engine.Enqueue,
            TimeSpan.FromSeconds(30),
            new BackOff(new Random(life * 2)),
            Clock,
            log
        );
    }

    public ProcessClock Clock { get; }

    public Knowledge Knowledge { get; }

    public GatewayTransport Transport { get; }

    public ClusterEngine Engine { get; }

    public DesiredClusters Desired { get; }

    public Polling Polling { get; }

    private static SealedAccount ConsoleModelAccount => Consoles.ConsoleModel.Account;

    /// <param name="life">The number of starts, which seeds the jitter of waiting times.</param>
    public static GatewayProcess Start(Simulation simulation, OneThread thread, int life)
    {
        var process = new GatewayProcess(simulation, thread, life);
        process._context.Run(() =>
        {
            _ = process.WatchAsync("engine", process.Engine.RunAsync);
            _ = process.WatchAsync("polling", process.Polling.RunAsync);
            _ = process.WatchAsync("reporting", process._reporting.RunAsync);
        });
        return process;
    }

    public void Kill()
    {
        _context.Dead = true;
        Transport.CutOff();
    }

    public void Report(ClusterStatus status)
    {
        if (!_context.Dead)
        {
            _simulation.Published(status);
            _reporting.Report(status);
        }
    }

    public void Report(ClusterEvent happened)
    {
        if (!_context.Dead)
        {
            _simulation.Published(happened);
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
            default:
                return new GatewayError("Invalid", "the simulator does not send this");
        }
    }

    private sealed class Accounts(IRegion region) : IAccounts, IRegionSource
    {
        private readonly HashSet<AccountId> _known = [];

        public IReadOnlySet<AccountId> Apply(IEnumerable<SealedAccount> changed, IEnumerable<AccountId> removed) =>
            changed.Select(account => account.Id).Where(_known.Add).ToHashSet();

        public IRegion? Find(AccountId account) => _known.Contains(account) ? region : null;
    }
}
