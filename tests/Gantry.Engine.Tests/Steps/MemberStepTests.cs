using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;

namespace Gantry.Engine.Tests.Steps;

/// <summary>What a step makes of the machines in the ledger.</summary>
public sealed class MemberStepTests
{
    private static readonly SystemId Machine = StepScene.Machine;

    [Theory]
    [InlineData("workers", ErasePolicy.Quick)]
    [InlineData("gone", ErasePolicy.None)]
    public async Task A_machine_is_erased_as_its_pool_asks(string pool, ErasePolicy erased)
    {
        var scene = await StepScene.WithWorkerAsync(member =>
            member with
            {
                State = MachineState.Ready,
                Pool = DnsLabel.Parse(pool),
            }
        );
        scene.Want(spec => spec with { Pools = [spec.Pools[0], spec.Pools[1] with { Erase = ErasePolicy.Quick }] });

        await scene.DoAsync(new Step.Release(Machine, "the pool shrinks"));

        Assert.Equal(erased, scene.Place[Machine].Erase);
    }

    [Fact]
    public async Task A_machine_that_is_left_behind_is_told_with_its_reason()
    {
        var scene = await StepScene.WithWorkerAsync(member => member with { State = MachineState.Releasing });

        await scene.DoAsync(new Step.Abandon(Machine, "MAAS did not release it"));

        Assert.Equal("MAAS did not release it", scene.Member.Residue);
        Assert.Equal((EventSeverity.Warning, Machine), (scene.Events.Single().Severity, scene.Events.Single().Machine!.Value));
    }

    [Theory]
    [InlineData(MachineState.Allocated, true, false, MachineState.Failed)]
    [InlineData(MachineState.Deploying, true, false, MachineState.Failed)]
    [InlineData(MachineState.Joining, true, false, MachineState.Failed)]
    [InlineData(MachineState.Ready, true, false, MachineState.Failed)]
    [InlineData(MachineState.NotReady, true, false, MachineState.Failed)]
    [InlineData(MachineState.Ready, false, true, MachineState.Releasing)]
    [InlineData(MachineState.NotReady, false, true, MachineState.Releasing)]
    [InlineData(MachineState.Draining, false, true, MachineState.Releasing)]
    [InlineData(MachineState.Joining, false, true, MachineState.Releasing)]
    [InlineData(MachineState.Joining, false, false, MachineState.Joining)]
    [InlineData(MachineState.Deploying, false, true, MachineState.Deploying)]
    public async Task A_control_plane_that_begins_anew_keeps_only_machines_that_still_wait(
        MachineState state,
        bool initializes,
        bool admitted,
        MachineState after
    )
    {
        var scene = await StepScene.WithWorkerAsync(member =>
            member with
            {
                State = state,
                Initializes = initializes,
                AdmittedAt = admitted ? DateTimeOffset.UnixEpoch : null,
                AdmittedUntil = admitted ? DateTimeOffset.UnixEpoch : null,
            }
        );

        await scene.DoAsync(new Step.Rebootstrap("no control plane ever answered"));

        Assert.Equal(after, scene.Member.State);
        Assert.True(after is not MachineState.Deploying and not MachineState.Joining || scene.Member.AdmittedUntil is null);
        Assert.False(scene.Record.Initialized);
    }

    private static ValueList<string> Labels(Member member, MachinePool pool) =>
        [.. Engine.Steps.PoolMetadata.Of(member, pool).Labels.Select(label => $"{label.Key}={label.Value}").Order()];

    [Theory]
    [InlineData(
        "az 1",
        PoolRole.Worker,
        false,
        "gantry.dev/pool=p node-role.kubernetes.io/worker= topology.kubernetes.io/zone=az-1"
    )]
    [InlineData("", PoolRole.Worker, false, "gantry.dev/pool=p node-role.kubernetes.io/worker=")]
    [InlineData("", PoolRole.ControlPlane, false, "gantry.dev/pool=p node-role.kubernetes.io/control-plane=")]
    [InlineData(
        "",
        PoolRole.ControlPlane,
        true,
        "gantry.dev/pool=p node-role.kubernetes.io/control-plane= node-role.kubernetes.io/worker="
    )]
    public void A_node_names_its_pool_its_zone_and_its_role(string zone, PoolRole role, bool alsoWorker, string labels)
    {
        var pool = new MachinePool
        {
            Name = DnsLabel.Parse("p"),
            Role = role,
            Size = 1,
            AlsoWorker = alsoWorker,
        };
        var member = new Member
        {
            Machine = Machine,
            Hostname = "host-m01",
            Zone = zone,
            Pool = pool.Name,
            Role = role,
            State = MachineState.Ready,
            Since = DateTimeOffset.UnixEpoch,
            Intent = "intent",
        };

        Assert.Equal(labels, string.Join(' ', Labels(member, pool)));
    }
}
