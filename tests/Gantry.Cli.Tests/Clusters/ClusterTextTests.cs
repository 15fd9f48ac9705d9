using System.Text.Json.Nodes;
using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Clusters;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Model;
using Gantry.Testing;

namespace Gantry.Cli.Tests.Clusters;

public sealed class ClusterTextTests
{
    private static readonly ReportedRepave Need = new(
        "h1",
        [
            new ReportedRepaveReason(
                "NodeTemplateChanged",
                "the nodes' registry mirrors changed",
                "none",
                "https://mirror.example"
            ),
            new ReportedRepaveReason("CertificatesEnd", "the certificates of the control plane end on 2026-04-01"),
        ],
        ["node-01", "node-02", "node-03"]
    );

    [Theory]
    [InlineData(100, "repave.wide.txt")]
    [InlineData(50, "repave.narrow.txt")]
    public void A_repave_shows_its_reasons_and_the_command_that_approves_it(int width, string golden) =>
        Golden.Match(
            RepaveCommand.Text(
                Documents.Read<RepaveView>(
                    """
                    { "metadata": { "name": "demo" },
                      "spec": { "source": "hubble", "hash": "h1", "machines": ["node-01", "node-02", "node-03"], "reasons": [
                        { "code": "NodeTemplateChanged", "message": "the nodes' registry mirrors changed",
                          "pack": { "current": { "version": "none" }, "target": { "version": "https://mirror.example" } } },
                        { "code": "CertificatesEnd", "message": "the certificates of the control plane end on 2026-04-01" } ] },
                      "status": { "state": "Pending" } }
                    """
                ),
                new TextLayout(width, new TextStyle(Colors: false))
            ),
            golden
        );

    [Theory]
    [InlineData("Nothing waits for an approval.")]
    [InlineData("The repave was approved and is carried out.")]
    public void Without_a_pending_repave_the_console_gives_the_reason(string message) =>
        Assert.Equal(
            $"demo: {message}\n",
            RepaveCommand.Text(
                Documents.Read<RepaveView>(
                    $$"""
                    {"metadata":{"name":"demo"},"spec":{"reasons":[]},"status":{"state":"Approved",
                      "message":"{{message}}"} }
                    """
                ),
                new TextLayout(null, new TextStyle(Colors: false))
            )
        );

    [Theory]
    [InlineData(100, "residue.wide.txt")]
    [InlineData(50, "residue.narrow.txt")]
    public void Residue_lists_each_resource(int width, string golden) =>
        Golden.Match(
            ResidueCommand.Text(
                "demo",
                Documents.Read<ResidueAnswer>(
                    """
                    {"dismissed":[],"items":["machine node-07 (s00007): MAAS answers 403 to its release",
                      "address 10.0.0.7 (virtual IP of the API server)"]}
                    """
                ),
                TestHost.Clock(),
                new TextLayout(width, new TextStyle(Colors: false))
            ),
            golden
        );

    [Fact]
    public void Dismissed_residue_shows_who_dismissed_it_and_when() =>
        Assert.Equal(
            """
            demo: dismissed by ada@example.com at 2026-03-02 14:00:00

              -  machine r01-u11 (s00011): is locked
              -  address 127.65.249.254

            """.ReplaceLineEndings("\n"),
            ResidueCommand.Text(
                "demo",
                Documents.Read<ResidueAnswer>(
                    """
                    { "items": [], "dismissed": [
                      { "at": "2026-03-02T14:00:00Z", "by": "ada@example.com",
                        "items": ["machine r01-u11 (s00011): is locked", "address 127.65.249.254"] } ] }
                    """
                ),
                TestHost.Clock(),
                new TextLayout(null, new TextStyle(Colors: false))
            )
        );

    [Fact]
    public void Without_residue_or_dismissals_everything_was_released() =>
        Assert.Equal(
            "demo: everything was released\n",
            ResidueCommand.Text(
                "demo",
                Documents.Read<ResidueAnswer>("""{"items":[],"dismissed":[]}"""),
                TestHost.Clock(),
                new TextLayout(null, new TextStyle(Colors: false))
            )
        );

    [Theory]
    [InlineData(false, "project", "Auto-repair: off (from the project)\n")]
    [InlineData(false, "cluster", "Auto-repair: off\n")]
    [InlineData(true, "cluster", null)]
    public void A_cluster_without_automatic_repair_shows_it(bool on, string from, string? expected)
    {
        var status = new ReportedStatus
        {
            Id = "c1",
            ObservedGeneration = 1,
            Phase = ClusterPhases.Running,
            Message = "",
        };

        var text = ClusterTables.Describe(new("c1", "demo", status) { AutoRepair = on, AutoRepairFrom = from }, TestHost.Now);

        Assert.Equal(expected is not null, text.Contains("Auto-repair", StringComparison.Ordinal));
        Assert.Contains(expected ?? "", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cluster_shows_what_belongs_behind_an_endpoint_that_its_operator_keeps()
    {
        var status = new ReportedStatus
        {
            Id = "c1",
            ObservedGeneration = 1,
            Phase = ClusterPhases.Running,
            Message = "",
            Endpoint = new ApiEndpointView("api.example", 6443),
            Backends = new ReportedBackends(["10.0.0.1", "10.0.0.2"], ["10.0.0.1"], ["10.0.0.2"], ["10.0.0.9"]),
        };

        Assert.Contains(
            "behind api.example:6443 belong 10.0.0.1, 10.0.0.2; never met there: 10.0.0.2; to take away: 10.0.0.9\n",
            ClusterTables.Describe(new("c1", "demo", status), TestHost.Now),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_cluster_shows_stale_machines_pending_repaves_and_drift() =>
        Golden.Match(
            ClusterTables.Describe(
                new(
                    "c1",
                    "demo",
                    new ReportedStatus
                    {
                        Id = "c1",
                        ObservedGeneration = 1,
                        Phase = ClusterPhases.Running,
                        Health = HealthStates.Healthy,
                        Message = "waits for your agreement",
                        Progress = 100,
                        Machines =
                        [
                            new ReportedMachine
                            {
                                SystemId = "s1",
                                Hostname = "node-01",
                                Pool = "cp",
                                Role = "ControlPlane",
                                State = "Ready",
                                NodeReady = true,
                                StaleReasons = ["its certificates end on 2026-04-01"],
                            },
                        ],
                        Repave = Need,
                        Drift =
                        [
                            new ReportedDrift(
                                "s1",
                                "node-01",
                                "it was moved to zone b",
                                "the control plane stands in one zone only"
                            ),
                        ],
                    }
                ),
                TestHost.Now
            ),
            "describe.txt"
        );

    [Fact]
    public void A_cluster_whose_gateway_is_away_is_shown_with_the_age_of_what_is_shown()
    {
        var status = new ReportedStatus
        {
            Id = "c",
            ObservedGeneration = 1,
            Phase = ClusterPhases.Running,
            Health = HealthStates.Healthy,
            ReportedAt = TestHost.Now.AddMinutes(-12),
        };
        var away = status with
        {
            Health = HealthStates.Unknown,
            Conditions =
            [
                new ReportedCondition("GatewayWorking", "False", "GatewayOffline", "The gateway gw is offline.", TestHost.Now),
            ],
        };

        Assert.DoesNotContain("Seen:", Text(status), StringComparison.Ordinal);
        Assert.Contains("\nState:       Running, Unknown, 0%\n", Text(away), StringComparison.Ordinal);
        Assert.Contains(
            "\nSeen:        12m00s ago; what follows is as the gateway saw it then\n",
            Text(away),
            StringComparison.Ordinal
        );

        static string Text(ReportedStatus of) => ClusterTables.Describe(new ClusterProgress("c", "demo", of), TestHost.Now);
    }

    [Fact]
    public async Task A_cluster_is_shown_with_what_is_wanted_of_it()
    {
        await using var console = await FakeConsole.StartAsync();
        using var table = TestHost.For(console);
        using var yaml = TestHost.For(console);

        Assert.Equal(ExitCode.Ok, await table.RunAsync("cluster", "get", "demo"));
        Assert.Equal(ExitCode.Ok, await yaml.RunAsync("cluster", "get", "demo", "-o", "yaml"));

        Golden.Match(table.Out, "wanted.txt");
        Assert.Contains("\ndesired:\n  apiVersion: gantry.dev/v1\n", yaml.Out, StringComparison.Ordinal);
        Assert.Contains("\n      minMemoryMiB: 16384\n", yaml.Out, StringComparison.Ordinal);
    }
}
