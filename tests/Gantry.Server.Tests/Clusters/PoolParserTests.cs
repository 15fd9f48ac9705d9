using Gantry.Api;
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
}
