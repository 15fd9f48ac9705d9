using System.Globalization;
using System.Text.Json.Nodes;

namespace Gantry.Cli.Tests.Consoles;

/// <summary>Verbs about the console itself: its version, its state, its keys and who changed what.</summary>
public sealed class ConsoleVerbTests : IAsyncLifetime
{
    private FakeConsole _console = null!;

    public async ValueTask InitializeAsync()
    {
        _console = await FakeConsole.StartAsync();
        _console.Answer("GET /v1/system/version/installed", """{"version":"1.2.3"}""");
        _console.Answer(
            "GET /v1/overlords",
            """
            {"items":[
              {"kind":"overlord","metadata":{"name":"berlin-gw","uid":"g1"},"spec":{},
               "status":{"state":"Running","health":{"state":"Healthy","agentVersion":"1.2.2","conditions":[]} } },
              {"kind":"overlord","metadata":{"name":"paris-gw","uid":"g2"},"spec":{},
               "status":{"state":"Disconnected","health":{"state":"Unknown","agentVersion":"1.2.1","conditions":[]} } } ]}
            """
        );
        _console.Answer(
            "GET /v1/cloudaccounts/maas?limit=0",
            """
            {"items":[{"metadata":{"name":"berlin","uid":"a1","annotations":{"overlordUid":"g1"} },
              "spec":{"apiEndpoint":"http://maas:5240/MAAS"},"status":{"state":"CredentialsRejected"} }],"listmeta":{ } }
            """
        );
        _console.Answer(
            "GET /v1/cloudaccounts/maas/a1",
            """
            {"metadata":{"name":"berlin","uid":"a1","annotations":{"overlordUid":"g1"} },
              "spec":{"apiEndpoint":"http://maas:5240/MAAS"},"status":{"state":"Running"} }
            """
        );
        _console.Answer(
            "POST /v1/dashboard/spectroclusters/search?limit=50",
            $$"""
            {"items":[
              {"metadata":{"name":"demo","uid":"{{FakeConsole.Uid}}","creationTimestamp":"2026-03-02T12:00:00Z"},
               "specSummary":{"cloudConfig":{"machinePools":[{"size":3,"healthy":3},{"size":5,"healthy":4}]},
                 "cloudAccountMeta":{"name":"berlin","uid":"a1"} },
               "status":{"state":"Running","health":{"state":"Healthy"},"kubernetesVersion":"1.34.1"} },
              {"metadata":{"name":"new","uid":"c2","creationTimestamp":"2026-03-02T14:59:00Z"},
               "specSummary":{"cloudConfig":{"machinePools":[{"size":3,"healthy":0}]},"cloudAccountMeta":{"name":"berlin","uid":"a1"} },
               "status":{"state":"Pending","health":{"state":"Unknown"} } } ],"listmeta":{ } }
            """
        );
    }

    public ValueTask DisposeAsync() => _console.DisposeAsync();

    [Fact]
    public async Task Status_shows_everything_and_names_what_needs_a_look()
    {
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Ok, await host.RunAsync("status"));

        Assert.Equal(
            $"""
            Console   {_console.Url}, 1.2.3, project Default
            Gateway   berlin-gw: Online
            Gateway   paris-gw: Offline
            Account   berlin: http://maas:5240/MAAS, MAAS rejects the key
            Clusters  1 Running, Healthy; 1 Pending, Unknown
                      new: `gantry explain cluster new`

            """.ReplaceLineEndings("\n"),
            host.Out
        );
    }

    [Fact]
    public async Task Clusters_are_listed_with_version_ready_nodes_and_account()
    {
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Ok, await host.RunAsync("cluster", "list"));

        Assert.Equal(
            """
            NAME   STATE     HEALTH    VERSION   NODES   ACCOUNT   AGE     UID
            demo   Running   Healthy   1.34.1    7/8     berlin    3h00m   65f000000000000000000001
            new    Pending   Unknown   -         0/3     berlin    1m00s   c2

            """.ReplaceLineEndings("\n"),
            host.Out
        );
    }

    [Fact]
    public async Task Accounts_are_shown_with_the_name_of_their_gateway()
    {
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Ok, await host.RunAsync("account", "list"));
        Assert.Equal(ExitCode.Ok, await host.RunAsync("account", "get", "berlin"));

        Assert.Contains(
            "berlin   CredentialsRejected   http://maas:5240/MAAS   berlin-gw   a1",
            host.Out,
            StringComparison.Ordinal
        );
        Assert.Contains("State:     Running\nEndpoint:  http://maas:5240/MAAS\n", host.Out, StringComparison.Ordinal);
        Assert.Contains("Gateway:   berlin-gw\n", host.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gateway_is_deleted_by_its_name()
    {
        _console.Answer("DELETE /v1/overlords/g2", """{"msg":"gone"}""");
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Ok, await host.RunAsync("gateway", "delete", "paris-gw"));

        Assert.Equal("DELETE /v1/overlords/g2", Assert.Single(_console.Changes).Call);
        Assert.Equal("gateway paris-gw is deleted", host.Error.Trim());
    }

    [Fact]
    public async Task The_version_of_the_program_is_shown_without_a_console_too()
    {
        using var alone = new TestHost();
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Ok, await alone.RunAsync("version"));
        Assert.Equal(ExitCode.Ok, await host.RunAsync("version", "-o", "json"));

        Assert.Matches("^gantry   [0-9]+\\.", alone.Out);
        Assert.Contains("console: no console is configured", alone.Error, StringComparison.Ordinal);
        Assert.Equal("1.2.3", (string?)JsonNode.Parse(host.Out)!["console"]);
    }

    [Fact]
    public async Task An_API_key_is_written_once_and_found_by_its_name()
    {
        _console.Answer("POST /v1/apiKeys", """{"apiKey":"the-value","uid":"k1"}""", 201);
        _console.Answer(
            "GET /v1/apiKeys?limit=0",
            """
            {"items":[{"metadata":{"name":"ci","uid":"k1"},
              "spec":{"expiry":"2026-03-01T00:00:00Z","key":"ab","user":{"firstName":"Ada","lastName":"L","uid":"u1"} },
              "status":{"isActive":true} }]}
            """
        );
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Ok, await host.RunAsync("api-key", "create", "ci", "--expires", "24h"));
        Assert.Equal("the-value", host.Out.Trim());
        Assert.Equal(ExitCode.Ok, await host.RunAsync("api-key", "list"));
        Assert.Equal(ExitCode.Ok, await host.RunAsync("api-key", "delete", "ci"));

        Assert.Equal(
            TestHost.Now.AddDays(1),
            DateTimeOffset.Parse((string)_console.Changes[0].Body!["spec"]!["expiry"]!, CultureInfo.InvariantCulture)
        );
        Assert.Contains("ci     Ada L   Expired   2026-03-01 00:00   k1", host.Out, StringComparison.Ordinal);
        Assert.Equal("DELETE /v1/apiKeys/k1", _console.Changes[1].Call);
    }

    [Fact]
    public async Task Changes_are_listed_with_who_made_them()
    {
        _console.Answer(
            $"GET /v1/audits?limit=5&resourceUid={FakeConsole.Uid}&actionType=update",
            """
            {"items":[{"metadata":{"creationTimestamp":"2026-03-02T10:00:00Z"},"spec":{"actionType":"update","contentMsg":"3 to 4 machines",
              "actor":{"actorType":"user","user":{"uid":"u1","emailId":"ada@example.org"} },
              "resource":{"kind":"spectrocluster","uid":"c","name":"demo"} } }],"listmeta":{"continue":"more"} }
            """
        );
        _console.Answer(
            "POST /v1/dashboard/spectroclusters/search?limit=50",
            $$"""{"items":[{"metadata":{"name":"demo","uid":"{{FakeConsole.Uid}}"} }],"listmeta":{ } }"""
        );
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Ok, await host.RunAsync("audit", "--limit", "5", "--cluster", "demo", "--action", "update"));

        Assert.Contains(
            "2026-03-02 10:00:00   ada@example.org   update   spectrocluster   demo   3 to 4 machines",
            host.Out,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_change_says_at_once_what_its_cluster_waits_for()
    {
        _console.Answer(
            "POST /v1/dashboard/spectroclusters/search?limit=50",
            $$"""{"items":[{"metadata":{"name":"demo","uid":"{{FakeConsole.Uid}}"} }],"listmeta":{ } }"""
        );
        _console.Answer(
            $"POST /v1/spectroclusters/{FakeConsole.Uid}/plan",
            """
            {"hash":"h","steps":[],"pending":[],
              "blockers":[{"reason":"TooFewMachines","message":"worker-pool needs 500 machines and 15 free ones fit"}]}
            """
        );
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Ok, await host.RunAsync("cluster", "scale", "demo", "--size", "500"));

        Assert.Contains(
            "demo waits: TooFewMachines: worker-pool needs 500 machines and 15 free ones fit\n"
                + "`gantry why-not demo` shows which machines there are and why they do not fit",
            host.Error.ReplaceLineEndings("\n"),
            StringComparison.Ordinal
        );
    }
}
