namespace Gantry.Cli.Tests.Clusters;

/// <summary>Recently deleted clusters and their residue.</summary>
public sealed class DeletedClusterTests : IAsyncLifetime
{
    private const string Gone = "65f00000000000000000000a";
    private const string Search = "POST /v1/dashboard/spectroclusters/search?limit=50";
    private const string Nothing = """{"items":[],"listmeta":{}}""";

    private const string Deleted = $$"""
        {"items":[{"metadata":{"name":"gone","uid":"{{Gone}}","creationTimestamp":"2026-03-01T08:00:00Z"},
          "status":{"state":"Deleted","health":{"state":"Unknown"},"residue":2} }],"listmeta":{} }
        """;

    private const string Progress = $$"""
        {"uid":"{{Gone}}","name":"gone","generation":3,"phase":"Deleted","autoRepairFrom":"project","status":{
          "id":"{{Gone}}","observedGeneration":3,"phase":"Deleted","health":"Unknown","message":"deleted by force","progress":100,
          "residue":["machine node-07 (s00007): is locked","address 10.0.0.7"] } }
        """;

    private FakeConsole _console = null!;

    public async ValueTask InitializeAsync()
    {
        _console = await FakeConsole.StartAsync();
        _console.Answer($"GET /v1/spectroclusters/{Gone}/progress", Progress);
        _console.Answer($"GET /v1/spectroclusters/{Gone}/document", Samples.Document);
        _console.Answer(
            $"GET /v1/spectroclusters/{Gone}/explain",
            """{"reason":"AsItShouldBe","cause":"It is deleted.","nextAction":"","actionRequired":false}"""
        );
    }

    public ValueTask DisposeAsync() => _console.DisposeAsync();

    [Fact]
    public async Task Deleted_clusters_are_listed_on_request_with_their_residue()
    {
        _console.AnswerInTurn(
            Search,
            $$"""
            {"items":[{"metadata":{"name":"demo","uid":"{{FakeConsole.Uid}}"},"status":{"state":"Running",
              "health":{"state":"Healthy"} } }],"listmeta":{} }
            """,
            Deleted
        );
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Ok, await host.RunAsync("cluster", "list", "--deleted"));

        Assert.Contains("demo   Running ", host.Out, StringComparison.Ordinal);
        Assert.Contains("gone   Deleted, left 2 things ", host.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cluster", "get", "gone")]
    [InlineData("explain", "cluster", "gone")]
    public async Task A_deleted_cluster_is_found_by_name_when_no_living_one_has_it(params string[] arguments)
    {
        _console.AnswerInTurn(Search, Nothing, Deleted);
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Ok, await host.RunAsync(arguments));
    }

    [Fact]
    public async Task A_deleted_cluster_shows_its_residue_and_the_command_that_dismisses_it()
    {
        _console.AnswerInTurn(Search, Nothing, Deleted);
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Ok, await host.RunAsync("cluster", "get", "gone"));

        Assert.Contains("not released yet: address 10.0.0.7", host.Out, StringComparison.Ordinal);
        Assert.Contains("gantry cluster residue gone", host.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deletion_with_residue_ends_with_the_command_that_lists_it()
    {
        _console.Answer($"GET /v1/spectroclusters/{FakeConsole.Uid}/progress", Progress);
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Ok, await host.RunAsync("cluster", "delete", "demo", "--wait"));

        Assert.Contains(
            "demo is deleted, and 2 things could not be released: `gantry cluster residue demo` lists them",
            host.Error,
            StringComparison.Ordinal
        );
    }
}
