using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Machines;
using Gantry.Engine.Ports;
using Gantry.Engine.Views;
using Gantry.Simulator.Ports;
using Gantry.Simulator.Time;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests.Machines;

/// <summary>Allocation and release of machines for an owner without a cluster.</summary>
public sealed class MachineServiceTests
{
    private static readonly SystemId M01 = new("m01");

    private readonly OneThread _thread = new();
    private readonly MemoryLedger _ledger = new();
    private readonly WorldDataCentre _place = new(machines: 2);
    private Owner _owner;
    private MachineService _service;

    public MachineServiceTests()
    {
        _place.Script.IsInstant = true;
        (_service, _owner) = Process();

        // A call of the process before this one can no longer arrive.
        Pass(TimeSpan.FromMinutes(1));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_machine_is_taken_installed_and_given_back()
    {
        await ChooseAsync();
        Assert.Equal(StepOutcome.Finished, await AllocateAsync());
        Assert.Equal(MachineState.Allocated, _owner.Machine!.State);

        Assert.Equal(StepOutcome.Finished, await DeployAsync());
        Assert.Equal((MachineState.Deploying, "#cloud-config"), (_owner.Machine.State, _place[M01].UserData));

        Assert.Equal(StepOutcome.Finished, await ReleaseAsync());
        Pass(TimeSpan.FromMinutes(1));
        Assert.Equal(StepOutcome.Finished, await ReleaseAsync());
        Assert.Null(_owner.Machine);
        Assert.Empty(_place.Held);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_crash_between_intent_and_answer_takes_no_machine_twice(bool afterMaasActed)
    {
        _place.Script.KillAt(1, afterMaasActed);
        await ChooseAsync();
        Assert.False(AllocateAsync().IsCompleted);
        Assert.Equal(afterMaasActed, _place[M01].Status is MaasStatus.Allocated);

        Restart();
        Assert.Equal(StepOutcome.Finished, await AllocateAsync());

        Assert.Equal((MachineState.Allocated, 1), (_owner.Machine!.State, _place.Script.Allocations(M01)));
        Assert.Equal(afterMaasActed ? ["Adopted"] : [], _owner.Events);
    }

    [Fact]
    public async Task A_crash_at_any_call_leaks_no_resource()
    {
        for (var crashAt = 1; crashAt < 12; crashAt++)
        {
            foreach (var afterwards in (bool[])[false, true])
            {
                (_service, _owner) = Process();
                _place.Script.KillAt(crashAt, afterwards);
                Pass(TimeSpan.FromMinutes(1));
                await ChooseAsync();
                var way = ThereAndBackAsync();
                if (!way.IsCompleted)
                {
                    Restart();
                    Pass(TimeSpan.FromMinutes(2));
                    while (_owner.Machine is not null)
                    {
                        await ReleaseAsync();
                        Pass(TimeSpan.FromMinutes(1));
                    }
                }

                Assert.Null(_owner.Machine);
                Assert.Empty(_place.Held);
            }
        }
    }

    [Fact]
    public async Task A_machine_whose_answer_was_lost_is_found_by_its_intent()
    {
        await ChooseAsync();
        _place.Script.Interfere = call => call.Is(ActKind.Allocate) ? Fate.AnswerLost : Fate.Arrives;
        await Assert.ThrowsAsync<RegionException>(AllocateAsync);
        Assert.Equal(MachineState.Selected, _owner.Machine!.State);

        _place.Script.Interfere = _ => Fate.Arrives;
        Assert.Equal(StepOutcome.Finished, await AllocateAsync());
        Assert.Equal((MachineState.Allocated, 1), (_owner.Machine.State, _place.Script.Allocations(M01)));
    }

    [Fact]
    public async Task A_machine_that_a_late_call_may_still_take_is_not_forgotten()
    {
        await ChooseAsync();
        _place.Script.Interfere = call => call.Is(ActKind.Allocate) ? Fate.Late : Fate.Arrives;
        await Assert.ThrowsAsync<RegionException>(AllocateAsync);
        _place.Script.Interfere = _ => Fate.Arrives;

        Assert.IsType<StepOutcome.Waiting>(await ReleaseAsync());
        Assert.NotNull(_owner.Machine);
        Pass(TimeSpan.FromMinutes(1));
        Assert.Equal(StepOutcome.Finished, await ReleaseAsync());
        Pass(TimeSpan.FromMinutes(1));
        await ReleaseAsync();

        Assert.Null(_owner.Machine);
        Assert.Empty(_place.Held);
    }

    [Fact]
    public async Task A_machine_allocated_by_another_user_is_dropped_and_avoided_for_a_while()
    {
        await ChooseAsync();
        TakenBySomebody();

        var waiting = Assert.IsType<StepOutcome.Waiting>(await AllocateAsync());
        Assert.Contains("did not allocate host-m01", waiting.Message, StringComparison.Ordinal);
        Assert.Null(_owner.Machine);
        Assert.Equal(_place.Time.Now.AddMinutes(5), _service.AvoidedUntil(M01));

        Pass(TimeSpan.FromMinutes(5));
        Assert.Null(_service.AvoidedUntil(M01));
    }

    [Fact]
    public async Task A_machine_that_was_freed_and_allocated_by_another_user_is_not_released_again()
    {
        await ChooseAsync();
        await AllocateAsync();
        await ReleaseAsync();
        Pass(TimeSpan.FromMinutes(1));
        TakenBySomebody();

        Assert.Equal(StepOutcome.Finished, await ReleaseAsync());

        Assert.Null(_owner.Machine);
        Assert.Equal("somebody", _place[M01].Agent);
        Assert.Equal(MaasStatus.Allocated, _place[M01].Status);
        Assert.Single(_place.Script.Calls, call => call.Is(ActKind.Release, M01));
    }

    [Fact]
    public async Task A_release_that_is_asked_for_twice_is_made_once()
    {
        await ChooseAsync();
        await AllocateAsync();
        await DeployAsync();
        Pass(TimeSpan.FromMinutes(20));
        await ReleaseAsync();

        // MAAS forgets the intent of a machine when its release begins.
        Assert.Equal((MaasStatus.Releasing, ""), (_place[M01].Status, _place[M01].Agent));
        Assert.Equal(Reasons.Releasing, Assert.IsType<StepOutcome.Waiting>(await ReleaseAsync()).Reason);
        Assert.Single(_place.Script.Calls, call => call.Is(ActKind.Release, M01));
    }

    [Fact]
    public async Task A_new_process_waits_for_calls_of_the_one_before()
    {
        await ChooseAsync();
        await AllocateAsync();
        Restart();

        Assert.Equal(Reasons.Observing, Assert.IsType<StepOutcome.Waiting>(await ReleaseAsync()).Reason);
        Pass(TimeSpan.FromSeconds(30));
        Assert.Equal(StepOutcome.Finished, await ReleaseAsync());
    }

    [Fact]
    public async Task A_selection_that_was_never_sent_is_dropped_without_a_call()
    {
        await ChooseAsync();
        _place.Script.Calls.Clear();

        Assert.Equal(StepOutcome.Finished, await ReleaseAsync());
        Assert.Null(_owner.Machine);
        Assert.Empty(_place.Script.Calls);
    }

    [Fact]
    public async Task An_installation_is_not_asked_for_before_it_is_stored()
    {
        await ChooseAsync();
        await AllocateAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            _service.DeployAsync(_owner, _owner.Machine!, ImageName.Parse("ubuntu/noble"), "#cloud-config", Cancel)
        );
        Assert.Equal(MaasStatus.Allocated, _place[M01].Status);
    }

    [Fact]
    public async Task A_locked_machine_is_named_and_kept()
    {
        await ChooseAsync();
        await AllocateAsync();
        await DeployAsync();
        _place.Region.Lock(WorldDataCentre.Operator, M01, locked: true);

        var refused = Assert.IsType<StepOutcome.Refused>(await ReleaseAsync());
        Assert.Equal(Reasons.MachineLocked, refused.Reason);
        Assert.Equal(MachineState.Deploying, _owner.Machine!.State);
    }

    [Fact]
    public async Task A_failed_machine_is_kept_with_its_evidence_until_a_person_clears_it()
    {
        await ChooseAsync();
        await AllocateAsync();
        await DeployAsync();
        _place[M01].FailsToDeploy = true;
        Pass(TimeSpan.FromMinutes(10));
        await _owner.View.RefreshAsync(TimeSpan.Zero, Cancel);

        await _service.QuarantineAsync(
            _owner,
            new QuarantinedMachine(M01, "host-m01", _owner.Id, "DeployFailed: it did not boot", [], _place.Time.Now),
            Cancel
        );
        Restart();
        await _service.LoadAsync(Cancel);

        Assert.Contains(
            _service.FindQuarantined(M01)!.Evidence,
            line => line.Contains("Installation failed", StringComparison.Ordinal)
        );
        await _service.ClearQuarantineAsync(M01, Cancel);
        Restart();
        await _service.LoadAsync(Cancel);
        Assert.Null(_service.FindQuarantined(M01));
    }

    private (MachineService Service, Owner Owner) Process()
    {
        var process = new ProcessContext(_thread);
        var clock = new ProcessClock(_place.Time, process);
        var region = _place.Open(new ScriptedTransport(_place.Time, process, _place.Script));
        return (
            new MachineService(_ledger, new MachineOptions(TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(5)), clock),
            new Owner(new RegionView(region, clock))
        );
    }

    // A new process: what the owner stored is all that is left.
    private void Restart()
    {
        var stored = _owner.Machine;
        (_service, _owner) = Process();
        _owner.Machine = stored;
    }

    private async Task ChooseAsync() =>
        await _owner.SaveAsync(
            new Plain
            {
                Machine = M01,
                Hostname = "host-m01",
                State = MachineState.Selected,
                Since = _place.Time.Now,
                Intent = await _service.NewIntentAsync(Cancel),
            },
            Cancel
        );

    private Task<StepOutcome> AllocateAsync() => _service.AllocateAsync(_owner, _owner.Machine!, Cancel);

    private async Task<StepOutcome> DeployAsync()
    {
        await _owner.SaveAsync(_owner.Machine! with { Installs = true }, Cancel);
        return await _service.DeployAsync(_owner, _owner.Machine!, ImageName.Parse("ubuntu/noble"), "#cloud-config", Cancel);
    }

    private Task<StepOutcome> ReleaseAsync() => _service.ReleaseAsync(_owner, _owner.Machine!, ErasePolicy.None, "done", Cancel);

    private async Task ThereAndBackAsync()
    {
        await AllocateAsync();
        await DeployAsync();
        await ReleaseAsync();
        Pass(TimeSpan.FromMinutes(1));
        await ReleaseAsync();
    }

    private void Pass(TimeSpan span)
    {
        _place.Pass(span);
    }

    private void TakenBySomebody()
    {
        _place.Region.Allocate(WorldDataCentre.Operator, M01, "somebody");
    }

    private sealed record Plain : HeldMachine
    {
        public bool Installs { get; init; }

        public override bool DeployWasAsked => Installs;

        public override bool WasInUse => false;
    }

    private sealed class Owner(RegionView view) : IMachineOwner
    {
        public Plain? Machine { get; set; }

        public List<string> Events { get; } = [];

        public ClusterId Id { get; } = new("a-machine-deployment");

        public RegionView View { get; } = view;

        public Task SaveAsync(HeldMachine machine, CancellationToken cancellationToken)
        {
            Machine = machine.State is MachineState.Released ? null : (Plain)machine;
            return Task.CompletedTask;
        }

        public IReadOnlyDictionary<string, string> Annotate(HeldMachine machine) =>
            new Dictionary<string, string> { ["intent"] = machine.Intent };

        public void RecordEvent(EventSeverity severity, string reason, string message, SystemId machine) => Events.Add(reason);
    }
}
