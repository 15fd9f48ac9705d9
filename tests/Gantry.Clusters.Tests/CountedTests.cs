using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;

namespace Gantry.Clusters.Tests;

public sealed class CountedTests
{
    [Theory]
    [InlineData(0, "0 nodes", "0 machines wait")]
    [InlineData(1, "1 node", "1 machine waits")]
    [InlineData(2, "2 nodes", "2 machines wait")]
    public void Only_one_of_something_is_singular(int count, string counted, string sentence)
    {
        Assert.Equal(counted, Counted.Of(count, "node"));
        Assert.Equal(sentence, Counted.Of(count, "machine waits", "machines wait"));
    }
}
