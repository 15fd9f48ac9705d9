using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ports;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests.Steps;

/// <summary>What a step of a repair stores, whatever MAAS and the BMC answer.</summary>
public sealed class RepairStepTests
{
    private static readonly SystemId Machine = StepScene.Machine;

    [Fact]
    public async Task A_power_cut_is_counted_and_remembered_as_ours()
    {
        var scene = await SilentAsync(new Repair(Power: "on", AskedAt: DateTimeOffset.UnixEpoch));

        Assert.Equal(StepOutcome.Finished, await scene.DoAsync(new Step.PowerCycle(Machine, "it is silent")));

        Assert.Equal("off", scene.Place[Machine].Power);
        Assert.Equal(
            new Repair(Power: "on", Cycles: 1, Acts: 1, ActedAt: scene.Place.Time.Now, WeCutPower: true),
            scene.Member.Repair
        );
    }

    [Fact]
    public async Task A_second_cut_of_the_same_cycle_is_another_act_and_no_other_cycle()
    {
        var scene = await SilentAsync(new Repair(Power: "on", Cycles: 1, Acts: 1, WeCutPower: true));

        await scene.DoAsync(new Step.PowerCycle(Machine, "it ignored the cut"));

        Assert.Equal((1, 2, true), (scene.Member.Repair!.Cycles, scene.Member.Repair.Acts, scene.Member.Repair.WeCutPower));
    }

    [Fact]
    public async Task A_power_cut_that_MAAS_refuses_is_waited_for_and_stays_remembered()
    {
        var scene = await SilentAsync(new Repair(Power: "on"));
        scene.BmcIsSilent();

        var waiting = Assert.IsType<StepOutcome.Waiting>(await scene.DoAsync(new Step.PowerCycle(Machine, "it is silent")));

        Assert.Equal(Reasons.PowerUnknown, waiting.Reason);
        Assert.True(scene.Member.Repair!.WeCutPower);
    }

    [Fact]
    public async Task A_machine_that_is_not_ours_any_more_keeps_its_power()
    {
        var scene = await SilentAsync(new Repair(Power: "on"));
        scene.Place.Region.Release(WorldDataCentre.Operator, Machine, ErasePolicy.None);

        var waiting = Assert.IsType<StepOutcome.Waiting>(await scene.DoAsync(new Step.PowerCycle(Machine, "it is silent")));

        Assert.Equal(Reasons.Observing, waiting.Reason);
        Assert.Equal(new Repair(Power: "on"), scene.Member.Repair);
    }

    [Fact]
    public async Task Power_on_ends_the_cut_and_is_counted()
    {
        var scene = await SilentAsync(new Repair(Power: "off", AskedAt: DateTimeOffset.UnixEpoch, Acts: 1, WeCutPower: true));

        Assert.Equal(StepOutcome.Finished, await scene.DoAsync(new Step.PowerOn(Machine, "its power was cut")));

        Assert.Equal("on", scene.Place[Machine].Power);
        Assert.Equal(new Repair(Power: "off", Acts: 2, ActedAt: scene.Place.Time.Now), scene.Member.Repair);
    }

    [Fact]
    public async Task A_power_on_that_MAAS_refuses_is_counted_and_the_cut_stays_ours()
    {
        var scene = await SilentAsync(new Repair(Power: "off", Acts: 1, WeCutPower: true));
        scene.BmcIsSilent();

        var waiting = Assert.IsType<StepOutcome.Waiting>(await scene.DoAsync(new Step.PowerOn(Machine, "its power was cut")));

        Assert.Equal(Reasons.PowerUnknown, waiting.Reason);
        Assert.Equal((2, true), (scene.Member.Repair!.Acts, scene.Member.Repair.WeCutPower));
    }

    [Fact]
    public async Task A_BMC_that_does_not_answer_counts_as_unknown_and_is_named()
    {
        var scene = await SilentAsync(new Repair(Power: "off"));
        scene.BmcIsSilent();

        Assert.Equal(StepOutcome.Finished, await scene.DoAsync(new Step.QueryPower(Machine, "it is silent")));

        Assert.Equal(("unknown", scene.Place.Time.Now), (scene.Member.Repair!.Power, scene.Member.Repair.AskedAt));
        Assert.Equal(Reasons.PowerUnknown, Assert.Single(scene.Events).Reason);
    }

    [Fact]
    public async Task A_node_that_was_in_use_is_marked_and_one_that_never_was_Ready_fails()
    {
        var used = await SilentAsync(new Repair());
        await used.DoAsync(new Step.MarkForReplacement(Machine, "it broke"));
        Assert.Equal((MachineState.NotReady, "it broke"), (used.Member.State, used.Member.Repair!.MarkedForReplacement));

        var unused = await StepScene.WithWorkerAsync(member => member with { State = MachineState.Joining });
        await unused.DoAsync(new Step.MarkForReplacement(Machine, "it never was Ready"));
        Assert.Equal((MachineState.Failed, "it never was Ready"), (unused.Member.State, unused.Member.Failure));
    }

    [Fact]
    public async Task A_machine_is_quarantined_once_with_what_was_installed_on_it()
    {
        var scene = await StepScene.WithWorkerAsync(member => member with { State = MachineState.Failed, Failure = "no lease" });

        Assert.Equal(StepOutcome.FinishedAndRecorded, await scene.DoAsync(new Step.Quarantine(Machine, "no lease")));

        Assert.True(scene.Member.Quarantined);
        var kept = scene.Quarantined!;
        Assert.Equal(("DeployFailed: no lease", scene.Member.Build), (kept.Reason, kept.Build));
        Assert.Equal((EventSeverity.Error, Reasons.DeployFailed), (scene.Events.Single().Severity, scene.Events.Single().Reason));
    }

    [Fact]
    public async Task A_machine_that_was_installed_and_had_its_turn_did_not_join_in_time()
    {
        var scene = await StepScene.WithWorkerAsync(member =>
            member with
            {
                State = MachineState.Failed,
                AdmittedAt = DateTimeOffset.UnixEpoch,
            }
        );

        await scene.DoAsync(new Step.Quarantine(Machine, "its node did not appear"));

        Assert.Equal("JoinTimedOut: its node did not appear", scene.Quarantined!.Reason);
    }

    [Fact]
    public async Task What_was_installed_on_a_machine_that_joined_is_not_suspected()
    {
        var scene = await SilentAsync(new Repair(MarkedForReplacement: "it broke"));
        scene.Change(member => member with { JoinedAt = DateTimeOffset.UnixEpoch });

        await scene.DoAsync(new Step.Quarantine(Machine, "it broke"));

        Assert.Null(scene.Quarantined!.Build);
    }

    private static Task<StepScene> SilentAsync(Repair repair) =>
        StepScene.WithWorkerAsync(member =>
            member with
            {
                State = MachineState.NotReady,
                AdmittedAt = DateTimeOffset.UnixEpoch,
                JoinedAt = DateTimeOffset.UnixEpoch,
                Repair = repair,
            }
        );
}
