using Gantry.Cli.Clusters;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Tests.Clusters;

public sealed class KubeconfigsTests
{
    [Theory]
    [InlineData("https://127.0.0.1:6443", null)]
    [InlineData("https://[::1]:6443", null)]
    [InlineData("https://localhost:6443", null)]
    [InlineData("https://demo-api.data-centre.invalid:6443", "demo-api.data-centre.invalid")]
    public async Task A_name_that_is_not_known_here_is_found(string server, string? unknown) =>
        Assert.Equal(
            unknown,
            await Kubeconfigs.UnknownNameAsync(
                new Kubeconfig("demo", server, "", "ada", "", ""),
                TestContext.Current.CancellationToken
            )
        );
}
