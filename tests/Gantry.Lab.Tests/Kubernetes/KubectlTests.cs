namespace Gantry.Lab.Tests.Kubernetes;

/// <summary>The real kubectl against the emulated API server.</summary>
public sealed class KubectlTests
{
    [Fact]
    public async Task Get_nodes_shows_roles_versions_and_addresses()
    {
        Kubectl.SkipWhenMissing();
        await using var api = await LabApi.StartAsync(TestContext.Current.CancellationToken);

        var nodes = await api.KubectlAsync("get nodes -o wide");

        Assert.Matches(@"cp-1 +Ready +control-plane +\S+ +v1.32.4 +10.0.0.10 ", nodes);
        Assert.Matches(@"worker-3 +Ready +<none> .*Ubuntu 24.04.2 LTS .*containerd://1.7.27", nodes);
    }
}
