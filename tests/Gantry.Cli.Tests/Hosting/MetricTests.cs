using System.Runtime.CompilerServices;
using Gantry.Engine;
using Gantry.Gateway;
using Gantry.Maas;
using Gantry.Testing;

namespace Gantry.Cli.Tests.Hosting;

/// <summary>docs/observability.md lists every metric.</summary>
public sealed class MetricTests
{
    [Theory]
    [InlineData(EngineMetrics.Name, typeof(EngineMetrics), "Gantry.Engine.EngineMetrics")]
    [InlineData(GatewayMetrics.Name, typeof(GatewayMetrics), "Gantry.Gateway.GatewayMetrics")]
    [InlineData(MaasDiagnostics.Name, typeof(MaasDiagnostics), "Gantry.Maas.Http.MaasCall")]
    public void Every_instrument_is_documented_with_its_unit(string meter, Type project, string owner)
    {
        using var measured = new Measurements(meter);
        RuntimeHelpers.RunClassConstructor(project.Assembly.GetType(owner, throwOnError: true)!.TypeHandle);

        var document = File.ReadAllText(Document());
        Assert.NotEmpty(measured.Instruments);
        Assert.All(
            measured.Instruments,
            instrument =>
                Assert.Contains($"| {meter} | `{instrument.Key}` | {instrument.Value} |", document, StringComparison.Ordinal)
        );
    }

    private static string Document()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var file = Path.Combine(folder.FullName, "docs", "observability.md");
            if (File.Exists(file))
            {
                return file;
            }
        }

        throw new FileNotFoundException("docs/observability.md is not above the tests");
    }
}
