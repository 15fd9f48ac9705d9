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
    public void A_patch_holds_only_the_edited_fields() =>
        Assert.Equal(
            """{"updateStrategy":{"type":"RollingUpdateScaleIn"}}""",
            Patch(new PoolEdit { Rolling = RollingChoice.ContractFirst })
        );

    [Fact]
    public void An_edit_to_present_values_changes_nothing() =>
        Assert.Equal(
            "{}",
            Patch(
                new PoolEdit
                {
                    Size = 3,
                    Zones = ["a"],
                    Labels = [new LabelEdit("team", "db")],
                }
            )
        );

    [Fact]
    public void A_minimum_is_set_and_the_others_stay() =>
        Assert.Equal("""{"instanceType":{"minCPU":16}}""", Patch(new PoolEdit { MinCpu = 16 }));

    [Fact]
    public void Labels_and_taints_are_added_and_a_dash_removes_them()
    {
        Assert.Equal(
            """{"additionalLabels":{"rack":"r1"},"taints":[{"key":"gpu","value":"yes","effect":"NoSchedule"},"""
                + """{"key":"gpu","value":"no","effect":"NoExecute"}]}""",
            Patch(
                new PoolEdit
                {
                    Labels = [new LabelEdit("rack", "r1")],
                    Taints = [new TaintEdit("gpu", "no", TaintEffect.NoExecute, Remove: false)],
                }
            )
        );
        Assert.Equal(
            """{"additionalLabels":{"team":null},"taints":[]}""",
            Patch(
                new PoolEdit { Labels = [new LabelEdit("team", null)], Taints = [new TaintEdit("gpu", "", null, Remove: true)] }
            )
        );
    }

    [Fact]
    public void Lists_replace_earlier_ones_and_clear_empties_them_first() =>
        Assert.Equal(
            """{"additionalLabels":{"tier":"gold","team":null},"azs":["b","c"],"resourcePool":"","tags":[]}""",
            Patch(
                new PoolEdit
                {
                    Zones = ["b", "c"],
                    Labels = [new LabelEdit("tier", "gold")],
                    Clear = [PoolField.Labels, PoolField.Tags, PoolField.ResourcePool],
                }
            )
        );

    [Fact]
    public void Changing_the_update_strategy_drops_the_bounds_of_the_old_one()
    {
        var bounded = new PoolEdit { Rolling = RollingChoice.Of("2", "0") }.Over(Workers);

        Assert.Equal(
            """{"updateStrategy":{"type":"RollingUpdateScaleIn","maxSurge":null,"maxUnavailable":null}}""",
            Patch(new PoolEdit { Rolling = RollingChoice.ContractFirst }, bounded)
        );
    }

    [Fact]
    public void A_new_pool_is_written_whole()
    {
        var pool = new PoolEdit
        {
            Size = 2,
            MinMemoryMiB = 65536,
            Tags = ["gpu"],
            Labels = [new LabelEdit("team", "web")],
        }
            .New("gpu", controlPlane: false)
            .Sent();

        Assert.Equal("gpu", (string?)pool["poolConfig"]!["name"]);
        Assert.Equal(2, (int)pool["poolConfig"]!["size"]!);
        Assert.Equal("web", (string?)pool["poolConfig"]!["additionalLabels"]!["team"]);
        Assert.Equal("""{"minCPU":0,"minMemInMB":65536}""", pool["cloudConfig"]!["instanceType"]!.ToJsonString());
        Assert.Equal("""["gpu"]""", pool["cloudConfig"]!["tags"]!.ToJsonString());
    }

    [Fact]
    public void An_edit_is_described_in_one_sentence() =>
        Assert.Equal(
            "no zones, 5 machines, at least 65536 MiB of memory per machine, label team=web, no taint gpu:NoSchedule, "
                + "rolling with surge 2 and 0 unavailable, at least 10 min between replacements and drains end after 15 min",
            new PoolEdit
            {
                Clear = [PoolField.Zones],
                Size = 5,
                MinMemoryMiB = 65536,
                Labels = [new LabelEdit("team", "web")],
                Taints = [new TaintEdit("gpu", "", TaintEffect.NoSchedule, Remove: true)],
                Rolling = RollingChoice.Of("2", "0"),
                RepaveInterval = TimeSpan.FromMinutes(10),
                DrainTimeout = TimeSpan.FromMinutes(15),
            }.Sentence
        );

    [Fact]
    public void A_pools_own_limit_of_drains_is_set_and_taken_back()
    {
        Assert.Equal("""{"nodeDrainTimeout":90}""", Patch(new PoolEdit { DrainTimeout = TimeSpan.FromSeconds(90) }));
        Assert.Equal("""{"nodeDrainTimeout":0}""", Patch(new PoolEdit { DrainTimeout = TimeSpan.Zero }));
        Assert.Equal(
            """{"nodeDrainTimeout":null}""",
            Patch(new PoolEdit { Clear = [PoolField.DrainTimeout] }, Workers with { NodeDrainTimeout = 90 })
        );
        Assert.Equal("drains without limit", new PoolEdit { DrainTimeout = TimeSpan.Zero }.Sentence);
    }

    [Fact]
    public void An_edit_without_settings_is_empty()
    {
        Assert.True(new PoolEdit().IsEmpty);
        Assert.False(new PoolEdit { Erase = ErasePolicy.None }.IsEmpty);
        Assert.False(new PoolEdit { Clear = [PoolField.Tags] }.IsEmpty);
    }

    private static string Patch(PoolEdit edit, MachinePoolView? pool = null) =>
        MachinePoolPatch.Between(pool ?? Workers, edit.Over(pool ?? Workers)).Changes.GetRawText();
}
