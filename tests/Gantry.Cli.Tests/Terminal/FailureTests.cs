using System.CommandLine;
using System.Text.Json.Nodes;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Tests.Terminal;

/// <summary>What a command says when it fails, and its exit code.</summary>
public sealed class FailureTests
{
    [Theory]
    [InlineData("`foo` is not understood here; --help shows what is", "cluster", "list", "foo")]
    [InlineData("`clustr` is not understood here; did you mean cluster?", "clustr", "list")]
    [InlineData("`update-key` is not understood here; write one of: ", "account", "update-key")]
    [InlineData("there is no option --min here; --help shows what is", "cluster", "update", "demo", "--min", "3")]
    [InlineData("there is no option --zones here; did you mean --zone?", "cluster", "update", "demo", "--zones", "a")]
    [InlineData("there is no option --porject here; did you mean --project?", "cluster", "list", "--porject", "a")]
    [InlineData("gantry cluster pool needs one of: add, remove", "cluster", "pool")]
    public async Task A_word_that_is_not_understood_is_one_line(string expected, params string[] arguments)
    {
        using var host = new TestHost();

        Assert.Equal(ExitCode.Usage, await host.RunAsync(arguments));
        Assert.StartsWith(expected, host.Error, StringComparison.Ordinal);
        Assert.Single(host.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task A_failure_is_a_document_where_results_are()
    {
        await using var console = await FakeConsole.StartAsync();
        console.Answer(
            $"PATCH /v1/spectroclusters/{FakeConsole.Uid}/machinePools/control-plane-pool?generation=4",
            """{"code":"ValidationFailed","message":"size: 2 is no quorum","details":{"fields":[{"field":"size","message":"2 is no quorum"}]}}""",
            400
        );
        using var host = TestHost.For(console);

        var code = await host.RunAsync("cluster", "scale", "demo", "--pool", "control-plane", "--size", "2", "-o", "json");

        Assert.Equal(ExitCode.Refused, code);
        Assert.Equal("", host.Out);
        Assert.Single(host.Error.TrimEnd().Split('\n'));
        Assert.True(
            JsonNode.DeepEquals(
                JsonNode.Parse(
                    """
                    { "error": { "message": "--size: 2 is no quorum", "exitCode": 4, "code": "ValidationFailed",
                      "details": [ { "field": "size", "message": "2 is no quorum" } ] } }
                    """
                ),
                JsonNode.Parse(host.Error)
            ),
            host.Error
        );
    }

    [Theory]
    [InlineData("json", "{\"error\":{\"message\":\"`foo` is not understood here; --help shows what is\",\"exitCode\":2}}")]
    [InlineData("yaml", "error:\n  message: '`foo` is not understood here; --help shows what is'\n  exitCode: 2")]
    public async Task So_is_a_command_line_that_is_wrong(string format, string expected)
    {
        using var host = new TestHost();

        Assert.Equal(ExitCode.Usage, await host.RunAsync("cluster", "list", "foo", "-o", format));
        Assert.Equal(expected, host.Error.ReplaceLineEndings("\n").TrimEnd());
    }

    [Fact]
    public async Task A_field_of_one_of_several_pools_is_named_with_its_pool()
    {
        await using var console = await FakeConsole.StartAsync();
        console.Answer(
            "POST /v1/spectroclusters/maas/plan",
            """
            {"code":"ValidationFailed","message":"…","details":{"fields":[
              {"field":"spec.machinepoolconfig[1].poolConfig.size","message":"2000 is not a size."},
              {"field":"spec.cloudConfig.endpoint","message":"'x' is not an endpoint"},
              {"field":"metadata.name","message":"'X' is not a name"} ]}}
            """,
            400
        );
        using var host = TestHost.For(console);

        await host.RunAsync("plan", "create", "ml", "--workers", "1");

        Assert.Equal(
            "gantry: pool worker-pool, size: 2000 is not a size; --endpoint: 'x' is not an endpoint; name: 'X' is not a name",
            host.Error.TrimEnd()
        );
    }

    [Theory]
    [InlineData("CredentialsRejected", 400, ExitCode.NoAccess)]
    [InlineData("CloudUnreachable", 424, ExitCode.Unreachable)]
    [InlineData("GatewayOffline", 424, ExitCode.Unreachable)]
    [InlineData("OtherMaasUser", 409, ExitCode.Refused)]
    public async Task A_key_that_MAAS_refuses_and_a_MAAS_that_is_silent_have_codes_of_their_own(
        string code,
        int status,
        int expected
    )
    {
        await using var console = await FakeConsole.StartAsync();
        console.Answer("GET /v1/overlords", """{"items":[{"metadata":{"name":"g","uid":"g1"},"spec":{},"status":{}}]}""");
        console.Answer("POST /v1/overlords/maas/g1/account/validate", $$"""{"code":"{{code}}","message":"no"}""", status);
        using var host = TestHost.For(console);

        var answered = await host.RunAsync("account", "create", "a", "--endpoint", "http://maas:5240/MAAS", "--key", "a:b:c");

        Assert.Equal("gantry: no", host.Error.TrimEnd());
        Assert.Equal(expected, answered);
    }

    [Fact]
    public async Task A_CA_file_without_a_certificate_is_named()
    {
        using var host = new TestHost();
        host.Environment["GANTRY_URL"] = "https://127.0.0.1:1";
        host.Environment["GANTRY_API_KEY"] = "key";
        var file = Path.Combine(host.Home, "ca.pem");
        host.Environment["GANTRY_CA_FILE"] = file;
        await File.WriteAllTextAsync(file, "junk", TestContext.Current.CancellationToken);

        Assert.Equal(ExitCode.Usage, await host.RunAsync("cluster", "list"));
        Assert.Contains($"the CA file {file} cannot be read: it holds no certificate", host.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Yaml_of_a_document_that_the_program_made_keeps_its_numbers() =>
        Assert.Equal(
            "machines: 3\nshare: 0.5\nready: true\nnames:\n- a\n",
            Printer
                .Yaml(
                    new JsonObject
                    {
                        ["machines"] = 3,
                        ["share"] = 0.5,
                        ["ready"] = true,
                        ["names"] = new JsonArray("a"),
                    }
                )
                .ReplaceLineEndings("\n")
        );

    [Fact]
    public async Task Help_asks_no_console()
    {
        var asked = 0;
        using var host = new TestHost();
        host.Environment["GANTRY_URL"] = "http://127.0.0.1:1";
        host.Environment["GANTRY_API_KEY"] = "key";
        var counting = host.Host with
        {
            AroundTransport = inner =>
            {
                asked++;
                return inner;
            },
        };
        var verbs = Below(GantryCommand.Create(counting, new ConnectionOptions(counting), []), []).ToList();
        Assert.True(verbs.Count > 50, $"{verbs.Count} verbs");

        foreach (var verb in verbs)
        {
            Assert.Equal(ExitCode.Ok, await TestHost.RunAsync(counting, [.. verb, "--help"]));
        }

        Assert.Equal(0, asked);
    }

    private static IEnumerable<string[]> Below(Command command, string[] path) =>
        command.Subcommands.SelectMany(verb =>
        {
            string[] here = [.. path, verb.Name];
            return Below(verb, here).Prepend(here);
        });
}
