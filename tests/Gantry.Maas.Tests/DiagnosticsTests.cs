using System.Net;
using Gantry.Maas.Http;
using Gantry.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Maas.Tests;

public sealed class DiagnosticsTests
{
    [Theory]
    [InlineData("GET", "machines/", "machines.list")]
    [InlineData("GET", "machines/?status=ready", "machines.list")]
    [InlineData("GET", "machines/abc123/", "machines.read")]
    [InlineData("GET", "machines/abc123/?op=query_power_state", "machines.query_power_state")]
    [InlineData("POST", "machines/?op=allocate", "machines.allocate")]
    [InlineData("POST", "zones/", "zones.create")]
    [InlineData("PUT", "zones/z1/", "zones.update")]
    [InlineData("DELETE", "zones/z1/", "zones.delete")]
    [InlineData("PUT", "/MAAS/api/2.0/boot-resources/7/upload/1/", "boot-resources.update")]
    public void An_operation_is_named_by_noun_and_verb_and_never_by_an_id(string method, string path, string operation) =>
        Assert.Equal(operation, MaasCall.OperationOf(new HttpMethod(method), path));

    [Fact]
    public async Task Every_attempt_is_measured_with_its_operation_and_outcome()
    {
        using var measured = new Measurements(MaasDiagnostics.Name);
        using var maas = new StubTransport();
        maas.Answer(HttpStatusCode.Forbidden, "no", "text/plain").Answer(HttpStatusCode.OK, "[]");
        using var client = new MaasClient(
            new MaasClientOptions(MaasEndpoint.Parse("http://maas:5240"), MaasApiKey.Parse("a:b:c")),
            new FakeTimeProvider(),
            maas
        );

        await Assert.ThrowsAsync<MaasForbiddenException>(() => client.VmHosts.ListAsync(TestContext.Current.CancellationToken));
        await client.VmHosts.ListAsync(TestContext.Current.CancellationToken);

        Assert.Equal("s", measured.Instruments["maas.client.request.duration"]);
        var outcomes = measured
            .Of("maas.client.request.duration")
            .Where(one => one.Tag("maas.operation") is "vm-hosts.list")
            .Select(one => one.Tag("outcome"))
            .ToList();
        Assert.Contains("forbidden", outcomes);
        Assert.Contains("success", outcomes);
    }
}
