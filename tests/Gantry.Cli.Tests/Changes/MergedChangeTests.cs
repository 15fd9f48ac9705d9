using System.Text.Json.Nodes;

namespace Gantry.Cli.Tests.Changes;

/// <summary>A command whose cluster somebody else changes between its look at the cluster and its change.</summary>
public sealed class MergedChangeTests : IAsyncLifetime
{
    private const string Cluster = $"/v1/spectroclusters/{FakeConsole.Uid}";
    private const string Workers = $"{Cluster}/machinePools/worker-pool";

    private const string Outdated = """
        {"code":"GenerationOutdated","message":"The cluster has generation 5 by now.","ref":"r","details":{"fields":[
          {"field":"generation","message":"5"},
          {"field":"generation.5","message":"eve@acme.example at 2026-03-02 14:59:00Z: worker-pool: changed"}]}}
        """;

    private FakeConsole _console = null!;

    public async ValueTask InitializeAsync() => _console = await FakeConsole.StartAsync();

    public ValueTask DisposeAsync() => _console.DisposeAsync();

    [Fact]
    public async Task A_size_is_set_on_top_of_a_label_that_came_first()
    {
        Meanwhile(workers => workers["additionalLabels"]!["tier"] = "gold");
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Ok, await host.RunAsync("cluster", "scale", "demo", "--size", "5"));

        Assert.Equal(
            [$"PATCH {Workers}?generation=4", $"PATCH {Workers}?generation=5"],
            _console.Changes.Select(asked => asked.Call)
        );
        Assert.Equal("""{"size":5}""", _console.Changes[1].Body!.ToJsonString());
        Assert.Contains(
            "demo was changed meanwhile (eve@acme.example at 2026-03-02 14:59:00Z: worker-pool: changed)",
            host.Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Taints_of_both_changes_stay()
    {
        Meanwhile(workers =>
            workers["taints"]!.AsArray().Add(JsonNode.Parse("""{"key":"db","value":"yes","effect":"NoExecute"}"""))
        );
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Ok, await host.RunAsync("cluster", "update", "demo", "--taint", "web=yes:NoSchedule"));

        Assert.Equal(
            ["gpu", "db", "web"],
            _console.Changes[1].Body!["taints"]!.AsArray().Select(taint => (string)taint!["key"]!)
        );
    }

    [Theory]
    [InlineData("size", "7", "worker-pool: size was 3, is 7 now", "scale", "demo", "--size", "5")]
    [InlineData("azs", """["b"]""", """worker-pool: azs was ["a"], is ["b"] now""", "update", "demo", "--zone", "c")]
    [InlineData(
        "taints",
        "[]",
        "worker-pool: taints.gpu:NoSchedule was yes, is null now",
        "update",
        "demo",
        "--taint",
        "gpu=no:NoSchedule"
    )]
    [InlineData("size", "7", "worker-pool: size was 3, is 7 now", "pool", "remove", "demo", "worker-pool")]
    public async Task Two_values_for_one_setting_are_refused_with_who_set_the_other(
        string setting,
        string value,
        string conflict,
        params string[] command
    )
    {
        Meanwhile(workers => workers[setting] = JsonNode.Parse(value));
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Refused, await host.RunAsync(["cluster", .. command]));

        Assert.Single(_console.Changes);
        Assert.Contains(
            $"demo was changed meanwhile (eve@acme.example at 2026-03-02 14:59:00Z: worker-pool: changed): {conflict}. "
                + "Run the command again",
            host.Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task The_same_value_twice_is_no_conflict()
    {
        Meanwhile(workers => workers["size"] = 5);
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Ok, await host.RunAsync("cluster", "scale", "demo", "--size", "5"));
    }

    [Fact]
    public async Task A_pool_that_is_gone_meanwhile_is_named_with_who_removed_it()
    {
        Meanwhile(workers => workers["name"] = "other");
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Refused, await host.RunAsync("cluster", "scale", "demo", "--pool", "worker-pool", "--size", "5"));

        Assert.Contains("demo was changed meanwhile (eve@acme.example", host.Error, StringComparison.Ordinal);
        Assert.Contains("demo has no pool `worker-pool`", host.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_upgrade_is_made_on_top_of_a_change_of_a_pool_and_not_of_another_upgrade()
    {
        Meanwhile(workers => workers["size"] = 5);
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Ok, await host.RunAsync("cluster", "upgrade", "demo", "--kubernetes", "1.34.1"));

        Meanwhile(_ => { }, kubernetes: "1.34.0");
        Assert.Equal(ExitCode.Refused, await host.RunAsync("cluster", "upgrade", "demo", "--kubernetes", "1.34.1"));
        Assert.Contains("its profiles are others now", host.Error, StringComparison.Ordinal);
    }

    /// <summary>Somebody else makes generation 5 after the command has read generation 4.</summary>
    private void Meanwhile(Action<JsonObject> change, string kubernetes = "1.33.5")
    {
        var config = JsonNode.Parse(Samples.CloudConfig)!;
        change(config["spec"]!["machinePoolConfig"]![1]!.AsObject());
        var cluster = JsonNode.Parse(Samples.Cluster)!;
        cluster["generation"] = 5;
        cluster["spec"]!["clusterProfileTemplates"]![0]!["packs"]![1]!["tag"] = kubernetes;
        _console.AnswerInTurn($"GET {Cluster}", Samples.Cluster, cluster.ToJsonString());
        _console.AnswerInTurn($"GET /v1/cloudconfigs/maas/{FakeConsole.ConfigUid}", Samples.CloudConfig, config.ToJsonString());
        var made = $$"""{"uid":"{{FakeConsole.Uid}}","generation":6}""";
        foreach (var call in new[] { $"PATCH {Workers}", $"DELETE {Workers}", $"POST {Cluster}/upgrade" })
        {
            _console.Answer($"{call}?generation=4", Outdated, 409);
            _console.Answer($"{call}?generation=5", made);
        }
    }
}
