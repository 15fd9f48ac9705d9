namespace Gantry.Lab.Tests.Kubernetes;

public sealed class ExploreTests
{
    [Fact]
    public async Task Explore()
    {
        await using var api = await LabApi.StartAsync(TestContext.Current.CancellationToken);
        File.Copy(api.Kubeconfig, "/tmp/dev/kubeconfig", true);
        while (!File.Exists("/tmp/dev/stop")) { await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, TestContext.Current.CancellationToken); }
    }
}
