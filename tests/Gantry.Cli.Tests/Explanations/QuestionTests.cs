using System.Text.Json;
using Gantry.Api;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Tests.Explanations;

public sealed class QuestionTests : IAsyncLifetime
{
    private const string Cluster = $"/v1/spectroclusters/{FakeConsole.Uid}";
    private FakeConsole _console = null!;

    public async ValueTask InitializeAsync() => _console = await FakeConsole.StartAsync();

    public ValueTask DisposeAsync() => _console.DisposeAsync();

    [Fact]
    public async Task Why_not_explains_the_desired_or_the_changed_cluster()
    {
        Answer($"POST {Cluster}/whyNot", new WhyNotAnswer([new PoolWhyNotView("worker-pool", 0, 4, [], [], [])]));
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Ok, await host.RunAsync("why-not", "demo"));
        Assert.Equal(ExitCode.Ok, await host.RunAsync("why-not", "demo", "--size", "8", "--memory", "256GiB"));

        Assert.Equal("{}", _console.Changes[0].Body!.ToJsonString());
        Assert.Equal(
            """[{"op":"patch","name":"worker-pool","patch":{"size":8,"instanceType":{"minMemInMB":262144}}}]""",
            _console.Changes[1].Body!["machinePools"]!.ToJsonString()
        );
    }

    [Fact]
    public async Task Why_not_of_a_new_cluster_takes_the_options_of_create()
    {
        Answer("POST /v1/spectroclusters/maas/whyNot", Samples.WhyNot);
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Refused, await host.RunAsync("why-not", "create", "ml", "--workers", "4", "--tag", "gpu"));
        Assert.Equal(ExitCode.Refused, await host.RunAsync("why-not", "create", "ml", "--workers", "4", "--tag", "gpu", "--all"));
        Assert.Contains("node-0999", host.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_if_exits_with_4_when_the_clusters_do_not_fit()
    {
        Answer($"POST {Cluster}/whatIf?count=20", new WhatIfAnswer(20, 14, CanRoll: true, 60, 4, []));
        Answer("POST /v1/spectroclusters/maas/whatIf?count=2", new WhatIfAnswer(2, 2, CanRoll: true, 60, 50, []));
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Refused, await host.RunAsync("what-if", "demo", "--count", "20"));
        Assert.Equal(ExitCode.Ok, await host.RunAsync("what-if", "create", "edge", "--workers", "2", "--count", "2"));
    }

    [Fact]
    public async Task Explain_exits_with_0_only_when_the_desired_state_is_reached()
    {
        using var host = TestHost.For(_console);

        Answer($"GET {Cluster}/explain", new ExplainAnswer("AsItShouldBe", "all is ready", "", ActionRequired: false, null));
        Assert.Equal(ExitCode.Ok, await host.RunAsync("explain", "cluster", "demo"));
        Answer(
            $"GET {Cluster}/explain",
            new ExplainAnswer("KubeletSilent", "node-05 is silent", "Gantry replaces it", ActionRequired: false, TestHost.Now)
        );
        Assert.Equal(ExitCode.Refused, await host.RunAsync("explain", "cluster", "demo"));
    }

    [Fact]
    public async Task History_follows_the_pages_up_to_the_limit()
    {
        _console.Answer(
            $"GET {Cluster}/history?limit=3",
            Samples.History.Json.Replace("\"listmeta\": {}", "\"listmeta\":{\"continue\":\"n x\"}", StringComparison.Ordinal)
        );
        _console.Answer(
            $"GET {Cluster}/history?limit=1&continue=n%20x",
            """
            {"items":[{"generation":2,"at":"2026-03-01T00:00:00Z","action":"update","request":"older",
              "events":[]}],"listmeta":{"continue":"z"}}
            """
        );
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Ok, await host.RunAsync("cluster", "history", "demo", "--limit", "3"));

        Assert.Equal(3, host.Out.Split('\n').Count(line => line.Length > 0 && char.IsAsciiDigit(line[0])));
    }

    [Fact]
    public async Task A_deleted_cluster_is_found_for_its_history()
    {
        const string deleted = "65f0000000000000000000dd";
        _console.Answer("POST /v1/dashboard/spectroclusters/search?limit=50", """{"items":[],"listmeta":{}}""");
        using var host = TestHost.For(_console);
        Assert.Equal(ExitCode.NotFound, await host.RunAsync("cluster", "residue", "demo"));

        _console.Answer($"GET /v1/spectroclusters/{deleted}", "{}");
        _console.Answer($"GET /v1/spectroclusters/{deleted}/residue", """{"items":["address 10.0.0.7 (VIP)"],"dismissed":[]}""");
        Assert.Equal(ExitCode.Ok, await host.RunAsync("cluster", "residue", "list", deleted));
        Assert.Equal(ExitCode.Ok, await host.RunAsync("cluster", "residue", "dismiss", deleted));

        Assert.Contains("address 10.0.0.7 (VIP)", host.Out, StringComparison.Ordinal);
        Assert.Equal($"DELETE /v1/spectroclusters/{deleted}/residue", _console.Changes.Single().Call);
    }

    [Fact]
    public async Task A_machine_in_quarantine_is_cleared_by_its_host_name()
    {
        _console.Answer(
            $"GET /v1/cloudaccounts/maas/{FakeConsole.AccountUid}/quarantine",
            """
            {"items":[{"machine":"s00007","hostname":"node-07","cluster":"c1",
              "reason":"MAAS shows Failed deployment","evidence":[],"at":"2026-03-02T14:00:00Z"}]}
            """
        );
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Ok, await host.RunAsync("quarantine", "list"));
        Assert.Equal(ExitCode.Ok, await host.RunAsync("quarantine", "clear", "node-07", "--recommission"));
        Assert.Equal(ExitCode.NotFound, await host.RunAsync("quarantine", "clear", "node-08"));

        Assert.Equal(
            $"DELETE /v1/cloudaccounts/maas/{FakeConsole.AccountUid}/quarantine/s00007?commission=true",
            _console.Changes.Single().Call
        );
    }

    private void Answer<T>(string call, T answer) => _console.Answer(call, JsonSerializer.Serialize(answer, ApiJson.Options));
}
