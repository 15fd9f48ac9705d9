using System.Text.Json.Nodes;
using Gantry.Api;
using Gantry.Cli.Quarantine;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Model;
using Gantry.Testing;

namespace Gantry.Cli.Tests.Quarantine;

public sealed class QuarantineTextTests
{
    private static readonly QuarantinedMachine[] Entries =
    [
        new()
        {
            Machine = "s00007",
            Hostname = "node-07",
            Cluster = FakeConsole.Uid,
            Reason = "MAAS shows Failed deployment",
            Evidence =
            [
                "Failed deployment: no DHCP lease on enp1s0",
                "15:01:10 Node changed status: From 'Deploying' to 'Failed deployment'",
            ],
            At = TestHost.Now.AddMinutes(-95),
        },
        new()
        {
            Machine = "s00011",
            Hostname = "node-11",
            Cluster = FakeConsole.Uid,
            Reason = "No node within 30 minutes",
            Evidence = [],
            At = TestHost.Now.AddDays(-2),
        },
    ];

    [Theory]
    [InlineData(100, "quarantine.wide.txt")]
    [InlineData(50, "quarantine.narrow.txt")]
    public void Each_machine_is_shown_with_its_evidence(int width, string golden) =>
        Golden.Match(
            QuarantineCommand.Text(
                [.. Entries.Select((entry, index) => Shown(entry, index is 0 ? "demo" : null))],
                TestHost.Clock(),
                new TextLayout(width, new TextStyle(Colors: false))
            ),
            golden
        );

    [Fact]
    public void An_empty_list_prints_a_message() =>
        Assert.Equal(
            "No machine is in quarantine.\n",
            QuarantineCommand.Text([], TestHost.Clock(), new TextLayout(null, new TextStyle(Colors: false)))
        );

    // The console keeps a deleted cluster's name for a while only.
    private static Quarantined Shown(QuarantinedMachine entry, string? cluster) =>
        new(FakeConsole.AccountUid, entry with { ClusterName = cluster });
}
