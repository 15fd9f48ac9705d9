using System.Text.Json.Nodes;
using Gantry.Cli.Quarantine;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Model;
using Gantry.Testing;

namespace Gantry.Cli.Tests.Quarantine;

public sealed class QuarantineTextTests
{
    private static readonly QuarantineEntry[] s_entries =
    [
        new(
            new SystemId("s00007"), "node-07", new ClusterId(FakeConsole.Uid), "MAAS shows Failed deployment",
            ["Failed deployment: no DHCP lease on enp1s0", "15:01:10 Node changed status: From 'Deploying' to 'Failed deployment'"],
            TestHost.Now.AddMinutes(-95)),
        new(new SystemId("s00011"), "node-11", new ClusterId(FakeConsole.Uid), "No node within 30 minutes", [], TestHost.Now.AddDays(-2)),
    ];

    [Theory]
    [InlineData(100, "quarantine.wide.txt")]
    [InlineData(50, "quarantine.narrow.txt")]
    public void Each_machine_is_shown_with_its_evidence(int width, string golden) =>
        Golden.Match(QuarantineCommand.Text([.. s_entries.Select((entry, index) => Shown(entry, index is 0 ? "demo" : null))], TestHost.Clock(), new Page(width, new Ink(Colours: false))), golden);

    [Fact]
    public void An_empty_list_is_said() =>
        Assert.Equal("No machine is in quarantine.\n", QuarantineCommand.Text([], TestHost.Clock(), new Page(null, new Ink(Colours: false))));

    // The console keeps a deleted cluster's name for a while only.
    private static Quarantined Shown(QuarantineEntry entry, string? cluster) => new(FakeConsole.AccountUid, entry, new JsonObject { ["clusterName"] = cluster });
}
