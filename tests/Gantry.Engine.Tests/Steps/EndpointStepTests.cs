using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.Ports;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests.Steps;

/// <summary>Address and DNS record of the API server: claimed before MAAS is asked, and given back only when they are ours.</summary>
public sealed class EndpointStepTests
{
    private const string Name = "demo.maas";
    private const string Address = "10.0.9.9";

    [Fact]
    public async Task A_name_is_claimed_and_recorded()
    {
        var scene = await SceneAsync();

        Assert.Equal(StepOutcome.Finished, await scene.DoAsync(Record()));

        Assert.Equal(["10.0.0.1"], scene.Place.Region.FindDns(Name)!);
        Assert.Equal(
            new EndpointRecord(EndpointKind.DnsRecord, Name, 6443, true, ["10.0.0.1"]) { Written = ["10.0.0.1"] },
            scene.Record.Endpoint
        );
    }

    [Fact]
    public async Task A_name_that_somebody_else_has_is_refused_and_not_claimed()
    {
        var scene = await SceneAsync();
        scene.Place.Region.RecordDns(Name, ["10.9.9.9"]);

        var refused = Assert.IsType<StepOutcome.Refused>(await scene.DoAsync(Record()));

        Assert.Equal(Reasons.AddressUnavailable, refused.Reason);
        Assert.Null(scene.Record.Endpoint);
        Assert.Equal(["10.9.9.9"], scene.Place.Region.FindDns(Name)!);
    }

    [Fact]
    public async Task A_name_that_MAAS_refuses_is_given_up()
    {
        var scene = await SceneAsync();
        scene.Interfere("RecordDns", Fate.Conflict);

        Assert.IsType<StepOutcome.Refused>(await scene.DoAsync(Record()));

        Assert.Null(scene.Record.Endpoint);
    }

    [Fact]
    public async Task A_refused_name_that_an_earlier_call_may_have_recorded_is_waited_for()
    {
        var scene = await SceneAsync();
        scene.Interfere("RecordDns", Fate.Lost);
        await Assert.ThrowsAnyAsync<Exception>(() => scene.DoAsync(Record()));
        scene.Interfere("RecordDns", Fate.Conflict);

        Assert.IsType<StepOutcome.Waiting>(await scene.DoAsync(Record()));

        Assert.Equal(Name, scene.Record.Endpoint!.Host);
    }

    [Fact]
    public async Task A_refused_name_that_is_recorded_by_now_is_waited_for()
    {
        var scene = await SceneAsync();
        scene.Change(record => record with { Endpoint = new EndpointRecord(EndpointKind.DnsRecord, Name, 6443, false, []) });
        scene.Place.Region.RecordDns(Name, []);
        scene.Interfere("RecordDns", Fate.Conflict);

        Assert.IsType<StepOutcome.Waiting>(await scene.DoAsync(Record()));

        Assert.Equal(Name, scene.Record.Endpoint!.Host);
    }

    [Fact]
    public async Task A_refusal_of_new_addresses_leaves_the_record_ours()
    {
        var scene = await SceneAsync();
        await scene.DoAsync(Record());
        scene.Interfere("RecordDns", Fate.Conflict);

        await Assert.ThrowsAnyAsync<Exception>(() => scene.DoAsync(Record()));

        Assert.True(scene.Record.Endpoint!.Taken);
    }

    [Fact]
    public async Task An_address_that_was_claimed_and_not_reserved_is_reserved()
    {
        var scene = await SceneAsync();
        scene.Change(record => record with { Endpoint = Claimed(taken: false) });

        Assert.Equal(StepOutcome.Finished, await scene.DoAsync(new Step.ReserveAddress(null, null, "the virtual IP")));

        Assert.True(scene.Place.Region.Reserved.ContainsKey(Address));
        Assert.True(scene.Record.Endpoint!.Taken);
    }

    [Fact]
    public async Task An_address_that_was_claimed_and_reserved_is_not_reserved_twice()
    {
        var scene = await SceneAsync();
        scene.Change(record => record with { Endpoint = Claimed(taken: false) });
        scene.Place.Region.Reserve(WorldDataCentre.Operator, Address);

        Assert.Equal(StepOutcome.Finished, await scene.DoAsync(new Step.ReserveAddress(null, null, "the virtual IP")));

        Assert.DoesNotContain(scene.Place.Script.Calls, call => call.Is(ActKind.Reserve));
        Assert.True(scene.Record.Endpoint!.Taken);
    }

    [Theory]
    [InlineData(null, null, "endpoint.subnet: no virtual IP can be reserved in the control plane's subnet")]
    [InlineData("10.0.0.0/16", null, "endpoint.subnet: no virtual IP can be reserved in 10.0.0.0/16")]
    [InlineData(null, Address, "endpoint.address: 10.0.9.9 cannot be reserved")]
    public async Task A_refused_address_is_given_up_with_the_field_to_change(string? subnet, string? address, string message)
    {
        var scene = await SceneAsync();
        scene.Change(record => record with { Endpoint = Claimed(taken: false) });
        scene.Interfere("ReserveAsync", Fate.Conflict);

        var refused = Assert.IsType<StepOutcome.Refused>(
            await scene.DoAsync(new Step.ReserveAddress(subnet, address, "the virtual IP"))
        );

        Assert.StartsWith(message, refused.Message, StringComparison.Ordinal);
        Assert.Null(scene.Record.Endpoint);
    }

    [Theory]
    [InlineData("account", Address, true)]
    [InlineData("account", "10.0.9.8", false)]
    [InlineData("another", Address, false)]
    public async Task An_address_that_another_cluster_of_the_account_has_is_not_reserved(
        string account,
        string address,
        bool refused
    )
    {
        var scene = await SceneAsync();
        var mine = account is "account" ? scene.Spec.Account : new AccountId(account);
        foreach (var (id, host) in ((string, string)[])[("older", address), ("third", "10.0.9.7")])
        {
            await scene.HoldAsync(
                scene.Record with
                {
                    Spec = scene.Spec with { Id = new ClusterId(id), Account = mine },
                    Endpoint = Claimed(taken: true) with { Host = host },
                }
            );
        }

        var outcome = await scene.DoAsync(new Step.ReserveAddress(null, Address, "the virtual IP"));

        Assert.Equal(refused, outcome is StepOutcome.Refused);
        Assert.Equal(refused, scene.Record.Endpoint is null);
        Assert.Equal(!refused, scene.Place.Region.Reserved.ContainsKey(Address));
    }

    [Fact]
    public async Task The_virtual_IP_comes_from_the_subnet_that_was_asked_for_or_from_the_control_planes()
    {
        var scene = await SceneAsync();
        scene.Change(member => member with { Role = PoolRole.ControlPlane });

        await scene.DoAsync(new Step.ReserveAddress(null, null, "the virtual IP"));
        await scene.DoAsync(new Step.ReleaseEndpoint("the cluster is deleted"));
        var asked = await scene.DoAsync(new Step.ReserveAddress("no such subnet", null, "the virtual IP"));

        Assert.Contains("no such subnet", Assert.IsType<StepOutcome.Refused>(asked).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.9.0.0/16", true, false)]
    [InlineData("10.0.0.0/16", true, true)]
    [InlineData("10.0.0.0/16", false, false)]
    public async Task A_virtual_IP_inside_of_the_pods_is_refused_before_the_first_installation(
        string pods,
        bool isNew,
        bool refused
    )
    {
        var scene = await SceneAsync();
        scene.Change(member =>
            member with
            {
                Role = PoolRole.ControlPlane,
                State = isNew ? MachineState.Allocated : MachineState.Ready,
                Build = isNew ? null : member.Build,
            }
        );
        scene.Want(spec => spec with { Network = spec.Network with { PodCidr = Cidr.Parse(pods) } });

        var outcome = await scene.DoAsync(new Step.ReserveAddress(null, null, "the virtual IP"));

        Assert.Equal(refused, outcome is StepOutcome.Refused);
        Assert.Equal(!refused, scene.Record.Endpoint is { Taken: true });
    }

    [Fact]
    public void An_address_that_an_earlier_process_asked_for_is_not_forgotten()
    {
        using var place = new EngineInWorld(machines: 1).Start();
        var cluster = Some.Cluster();
        place.Script.Interfere = call => call.Is(ActKind.Reserve) ? Fate.Late : Fate.Arrives;
        place.Want(cluster);
        place.Until(() => place.Script.Sent(ActKind.Reserve));
        place.Stop();

        // MAAS refuses while the first call is still on its way.
        place.Script.Interfere = call =>
            call.Is(ActKind.Reserve) && place.Region.Reserved.Count is 0 ? Fate.Conflict : Fate.Arrives;
        place.Start();
        place.Until(() => place.Is(cluster, ClusterPhase.Running));

        Assert.Equal(place.Status(cluster).Endpoint!.Host, Assert.Single(place.Region.Reserved).Key);
    }

    [Fact]
    public async Task A_reserved_address_and_a_record_are_given_back()
    {
        var scene = await SceneAsync();
        scene.Place.Region.Reserve(WorldDataCentre.Operator, Address);
        scene.Change(record => record with { Endpoint = Claimed(taken: true) });
        Assert.Equal(StepOutcome.Finished, await scene.DoAsync(new Step.ReleaseEndpoint("the cluster is deleted")));
        Assert.Empty(scene.Place.Region.Reserved);

        await scene.DoAsync(Record());
        Assert.Equal(StepOutcome.Finished, await scene.DoAsync(new Step.ReleaseEndpoint("the cluster is deleted")));
        Assert.Null(scene.Place.Region.FindDns(Name));
        Assert.Null(scene.Record.Endpoint);
    }

    [Fact]
    public async Task An_endpoint_is_not_given_back_while_a_call_for_it_may_arrive()
    {
        var scene = await SceneAsync();
        scene.Interfere("RecordDns", Fate.Lost);
        await Assert.ThrowsAnyAsync<Exception>(() => scene.DoAsync(Record()));

        Assert.IsType<StepOutcome.Waiting>(await scene.DoAsync(new Step.ReleaseEndpoint("the cluster is deleted")));

        Assert.NotNull(scene.Record.Endpoint);
    }

    private static Task<StepScene> SceneAsync() => StepScene.WithWorkerAsync(member => member);

    private static Step.RecordDns Record() => new(Name, ["10.0.0.1"], "the name of the API server");

    private static EndpointRecord Claimed(bool taken) => new(EndpointKind.ReservedAddress, Address, 6443, taken, []);
}
