using System.Text.Json.Nodes;
using Gantry.Api;
using Gantry.Cli.Pools;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Tests.Pools;

public sealed class PoolEditTests
{
    private static readonly MachinePoolView Workers = Documents.Read<CloudConfigView>(Samples.CloudConfig).Spec.MachinePoolConfig[
        1
    ];

    [Fact]
    public void What_is_not_said_stays_as_it_is_even_where_this_program_does_not_know_it()
    {
        var wire = new PoolEdit { Rolling = RollingChoice.ContractFirst }
            .Over(Workers)
            .Sent();

        Assert.Equal("RollingUpdateScaleIn", (string?)wire["poolConfig"]!["updateStrategy"]!["type"]);
        Assert.Equal(3, (int)wire["poolConfig"]!["size"]!);
        Assert.Equal(7, (int)wire["poolConfig"]!["somethingNewer"]!);
        Assert.Equal("db", (string?)wire["poolConfig"]!["additionalLabels"]!["team"]);
        Assert.Equal("general", (string?)wire["cloudConfig"]!["resourcePool"]);
        Assert.Equal(16384, (int)wire["cloudConfig"]!["instanceType"]!["minMemInMB"]!);
        Assert.Equal(["a"], wire["cloudConfig"]!["azs"]!.AsArray().Select(zone => (string?)zone));
    }

    [Fact]
    public void Limits_of_a_scaler_that_equal_the_size_go_with_it()
    {
        var pool = new PoolEdit { Size = 5 }
            .Over(Workers)
            .Sent()["poolConfig"]!;

        Assert.Equal([5, 5, 5], new[] { "size", "minSize", "maxSize" }.Select(name => (int)pool[name]!));
    }

    [Fact]
    public void Labels_and_taints_are_put_beside_those_that_are_there_and_taken_away_with_a_dash()
    {
        var put = new PoolEdit
        {
            Labels = [new LabelEdit("rack", "r1")],
            Taints = [new TaintEdit("gpu", "no", TaintEffect.NoExecute, Remove: false)],
        }
            .Over(Workers)
            .Sent()["poolConfig"]!;
        var taken = new PoolEdit
        {
            Labels = [new LabelEdit("team", null)],
            Taints = [new TaintEdit("gpu", "", null, Remove: true)],
        }
            .Over(Workers)
            .Sent()["poolConfig"]!;

        Assert.Equal("""{"team":"db","rack":"r1"}""", put["additionalLabels"]!.ToJsonString());
        Assert.Equal(["NoSchedule", "NoExecute"], put["taints"]!.AsArray().Select(taint => (string?)taint!["effect"]));
        Assert.Empty(taken["additionalLabels"]!.AsObject());
        Assert.Empty(taken["taints"]!.AsArray());
    }

    [Fact]
    public void Lists_replace_those_that_were_there_and_clear_takes_them_away_first()
    {
        var cloud = new PoolEdit { Zones = ["b", "c"], Clear = [PoolField.Tags, PoolField.ResourcePool] }
            .Over(Workers)
            .Sent()["cloudConfig"]!;

        Assert.Equal(["b", "c"], cloud["azs"]!.AsArray().Select(zone => (string?)zone));
        Assert.Empty(cloud["tags"]!.AsArray());
        Assert.Equal("", (string?)cloud["resourcePool"]);
    }

    [Fact]
    public void An_edit_is_said_in_one_sentence() =>
        Assert.Equal(
            "no zones, 5 machines, at least 65536 MiB of memory per machine, label team=web, no taint gpu:NoSchedule, "
                + "rolling with surge 2 and 0 unavailable and at least 10 min between replacements",
            new PoolEdit
            {
                Clear = [PoolField.Zones],
                Size = 5,
                MinMemoryMiB = 65536,
                Labels = [new LabelEdit("team", "web")],
                Taints = [new TaintEdit("gpu", "", TaintEffect.NoSchedule, Remove: true)],
                Rolling = RollingChoice.Of("2", "0"),
                RepaveInterval = TimeSpan.FromMinutes(10),
            }.Sentence
        );

    [Fact]
    public void An_edit_of_nothing_says_so()
    {
        Assert.True(new PoolEdit().SaysNothing);
        Assert.False(new PoolEdit { Erase = ErasePolicy.None }.SaysNothing);
        Assert.False(new PoolEdit { Clear = [PoolField.Tags] }.SaysNothing);
    }
}
