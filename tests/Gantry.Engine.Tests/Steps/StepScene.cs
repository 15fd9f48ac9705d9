using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;
using Gantry.Engine.Steps;
using Gantry.Engine.Tests.Support;
using Gantry.Engine.Views;
using Gantry.Simulator.Ports;
using Gantry.Simulator.Time;
using Gantry.Simulator.World;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gantry.Engine.Tests.Steps;

/// <summary>One step at a time, carried out on a machine that the cluster has installed. Calls take effect at once.</summary>
internal sealed class StepScene : IDesiredClusters, IEngineReports, IRegionSource
{
    public static readonly SystemId Machine = new("m01");

    private readonly OneThread _thread = new();
    private readonly EngineState _state;
    private readonly RegionPort _region;
    private readonly RegionView _view;

    private StepScene()
    {
        Place.Script.IsInstant = true;
        var process = new ProcessContext(_thread);
        var clock = new ProcessClock(Place.Time, process);
        var transport = new ScriptedTransport(Place.Time, process, Place.Script);
        _region = Place.Open(transport);
        _view = new RegionView(_region, clock);
        _state = new EngineState(
            new EnginePorts(new MemoryLedger(), this, Place.OpenWorkloads(transport), Place.Documents, this, this),
            new EngineOptions(),
            clock,
            NullLogger.Instance
        );
    }

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public WorldDataCentre Place { get; } = new(machines: 4);

    public ClusterSpec Spec { get; private set; } = Some.Cluster(1, 1);

    public ClusterRecord Record { get; private set; } = null!;

    public Member Member => Record.FindMember(Machine)!;

    public QuarantinedMachine? Quarantined => _state.Machines.FindQuarantined(Machine);

    public List<ClusterEvent> Events { get; } = [];

    public IReadOnlyList<ClusterSpec> All => [Spec];

    public long Version => 1;

    public ClusterSpec? Find(ClusterId cluster) => cluster == Spec.Id ? Spec : null;

    public Observation<ClusterStatus> FindLastReport(ClusterId cluster) => new Observation<ClusterStatus>.Absent();

    public bool? HasEnded(ClusterId cluster) => false;

    public IRegion? Find(AccountId account) => _region;

    public void Report(ClusterStatus status) { }

    public void Report(ClusterEvent happened) => Events.Add(happened);

    /// <summary>A worker that MAAS has installed for the cluster.</summary>
    /// <param name="change">What the ledger knows of it beyond that.</param>
    public static async Task<StepScene> WithWorkerAsync(Func<Member, Member> change)
    {
        var scene = new StepScene();
        scene.Pass(TimeSpan.FromMinutes(1));
        scene.Record = new ClusterRecord
        {
            Spec = scene.Spec,
            Initialized = true,
            Members =
            [
                new Member
                {
                    Machine = Machine,
                    Hostname = "host-m01",
                    Pool = DnsLabel.Parse("workers"),
                    Role = PoolRole.Worker,
                    State = MachineState.Selected,
                    Since = scene.Place.Time.Now,
                    Intent = await scene._state.Machines.NewIntentAsync(Cancel),
                },
            ],
        };
        await scene.RunAsync(run => scene._state.Machines.AllocateAsync(run, run.Member(Machine), Cancel));
        scene.Change(member => member with { Build = NodeBuild.Of(scene.Spec, scene.Spec.Pools[1], "1") });
        await scene.RunAsync(run =>
            scene._state.Machines.DeployAsync(run, run.Member(Machine), scene.Spec.Image, "#cloud-config", Cancel)
        );
        scene.Pass(TimeSpan.FromMinutes(20));
        scene.Change(change);
        return scene;
    }

    public void Change(Func<Member, Member> change) => Record = Record.With(change(Member));

    public void Want(Func<ClusterSpec, ClusterSpec> change) => Spec = change(Spec);

    public void Change(Func<ClusterRecord, ClusterRecord> change) => Record = change(Record);

    /// <summary>The ledger holds another cluster.</summary>
    public Task HoldAsync(ClusterRecord other) => new LedgerJournal(_state).SaveAsync(other, Cancel);

    public Task<StepOutcome> DoAsync(Step step) => RunAsync(run => StepExecutors.ExecuteAsync(run, step, Cancel));

    /// <summary>MAAS is too busy for whatever concerns power.</summary>
    public void BmcIsSilent() => Interfere("Power", Fate.Unavailable);

    /// <param name="operation">A part of the names of the calls that are meant.</param>
    public void Interfere(string operation, Fate fate) =>
        Place.Script.Interfere = call => call.Operation.Contains(operation, StringComparison.Ordinal) ? fate : Fate.Arrives;

    public void Pass(TimeSpan span) => Place.Pass(span);

    private async Task<StepOutcome> RunAsync(Func<RunScope, Task<StepOutcome>> act)
    {
        var run = new RunScope(_state, Spec, Record, _view, new LedgerJournal(_state));
        await _view.RefreshAsync(TimeSpan.Zero, Cancel);
        try
        {
            return await act(run);
        }
        finally
        {
            Record = run.Record;
        }
    }
}
