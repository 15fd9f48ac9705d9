using Gantry.Server.Tests.Hosting;

namespace Gantry.Server.Tests.Api;

/// <summary>Clients take the code of an object that is not there for an empty answer, so that no unknown route may have it.</summary>
public sealed class UnknownRouteTests
{
    [Theory]
    [InlineData("/v1/clusterTemplates")]
    [InlineData("/v1/clusterprofiles/macros")]
    [InlineData("/v1/dashboard/spectroclusters/meta")]
    [InlineData("/v1/projects/alerts")]
    [InlineData("/v1/registries/pack/summary")]
    [InlineData("/v1/spectroclusters/meta")]
    [InlineData("/v1/users/assets/sshkeys")]
    public async Task A_read_of_what_this_console_has_not_says_so_with_a_code_of_its_own(string path)
    {
        await using var console = await TestConsole.StartAsync();

        var refused = await TestConsole.ReadAsync(await console.Client.GetAsync(path), 404);

        Assert.Equal("RouteNotFound", refused.GetProperty("code").GetString());
        Assert.Contains(path, TestConsole.Message(refused), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/spectroclusters/demo")]
    [InlineData("/v1/clusterprofiles/0123456789abcdef01234567")]
    public async Task An_object_that_is_not_there_keeps_the_code_that_clients_know(string path)
    {
        await using var console = await TestConsole.StartAsync();

        var refused = await TestConsole.ReadAsync(await console.Client.GetAsync(path), 404);

        Assert.Equal("ResourceNotFound", refused.GetProperty("code").GetString());
    }
}
