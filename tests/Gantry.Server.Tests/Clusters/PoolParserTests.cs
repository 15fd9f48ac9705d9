using Gantry.Api;
using Gantry.Clusters.Model;
using Gantry.Server.Api;
using Gantry.Server.Clusters;

namespace Gantry.Server.Tests.Clusters;

public sealed class PoolParserTests
{
    [Theory]
    [InlineData("Quick", "quick")]
    [InlineData(" secure ", "secure")]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void An_erase_policy_is_accepted_in_any_case_and_read_back_as_the_contract_writes_it(string? written, string? read) =>
        Assert.Equal(
            read,
            PoolParser
                .Complete(new PoolEntity { CloudConfig = new PoolCloudConfig { ErasePolicy = written } })
                .CloudConfig!.ErasePolicy
        );

    [Fact]
    public void An_update_strategy_without_a_type_is_read_back_as_the_one_that_is_used() =>
        Assert.Equal(
            new UpdateStrategy(UpdateStrategies.RollingUpdateScaleOut, "1", null),
            PoolParser
                .Complete(new PoolEntity { PoolConfig = new PoolConfig { UpdateStrategy = new UpdateStrategy("", "1", null) } })
                .PoolConfig!.UpdateStrategy
        );

    [Theory]
    [InlineData("kubernetes.io/hostname")]
    [InlineData("topology.kubernetes.io/zone")]
    [InlineData("node-role.kubernetes.io/control-plane")]
    [InlineData("gantry.dev/pool")]
    [InlineData("a b")]
    [InlineData("role\n")]
    public void A_label_that_is_set_by_others_or_is_none_is_refused(string key) =>
        Assert.Equal(
            [$"pool.poolConfig.additionalLabels.{key}"],
            Problems(new PoolConfig { AdditionalLabels = new Dictionary<string, string> { [key] = "x" } })
        );

    [Theory]
    [InlineData("node-role.kubernetes.io/gpu", "")]
    [InlineData("topology.kubernetes.io/region", "eu")]
    [InlineData("team", "web")]
    public void Other_labels_of_kubernetes_are_for_pools_to_set(string key, string value) =>
        Assert.Empty(Problems(new PoolConfig { AdditionalLabels = new Dictionary<string, string> { [key] = value } }));

    [Theory]
    [InlineData("node.kubernetes.io/unreachable", "NoExecute", "key")]
    [InlineData("node-role.kubernetes.io/control-plane", "NoSchedule", "key")]
    [InlineData("gpu\n", "NoSchedule", "key")]
    [InlineData("gpu", "1", "effect")]
    [InlineData("gpu", "noschedule", "effect")]
    public void A_taint_that_kubernetes_sets_or_refuses_is_refused(string key, string effect, string field) =>
        Assert.Equal(
            [$"pool.poolConfig.taints[0].{field}"],
            Problems(new PoolConfig { Taints = [new TaintInput(key, "yes", effect)] })
        );

    [Fact]
    public void Two_taints_of_one_key_and_effect_are_refused() =>
        Assert.Equal(
            ["pool.poolConfig.taints[2]"],
            Problems(
                new PoolConfig
                {
                    Taints =
                    [
                        new TaintInput("gpu", "yes", "NoSchedule"),
                        new TaintInput("gpu", "yes", "NoExecute"),
                        new TaintInput("gpu", "no", "NoSchedule"),
                    ],
                }
            )
        );

    [Theory]
    [InlineData("Example.com/owner", 10, null)]
    [InlineData("gantry.dev/applied", 10, "gantry.dev/applied")]
    [InlineData("a b", 10, "a b")]
    [InlineData("owner", MachinePool.MostAnnotationBytes - 5, null)]
    [InlineData("owner", MachinePool.MostAnnotationBytes - 4, "")]
    public void Annotations_have_keys_and_sizes_that_kubernetes_takes(string key, int size, string? field) =>
        Assert.Equal(
            field is null ? [] : [$"pool.poolConfig.additionalAnnotations{(field.Length is 0 ? "" : $".{field}")}"],
            Problems(new PoolConfig { AdditionalAnnotations = new Dictionary<string, string> { [key] = new string('x', size) } })
        );

    [Theory]
    [InlineData("fast\nlane")]
    [InlineData("a,b")]
    public void A_tag_that_maas_cannot_have_is_refused(string tag) =>
        Assert.Equal(["pool.cloudConfig.tags[0]"], Problems(new PoolConfig(), new PoolCloudConfig { Tags = [tag] }));

    private static IEnumerable<string> Problems(PoolConfig config, PoolCloudConfig? cloud = null)
    {
        var check = new Check();
        PoolParser.Read(
            check,
            "pool",
            new PoolEntity { PoolConfig = config with { Name = "workers", Size = 1 }, CloudConfig = cloud }
        );
        return check.Problems.Select(problem => problem.Field);
    }
}
