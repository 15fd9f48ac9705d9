using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Gantry.Server.Tests.Hosting;

namespace Gantry.Server.Tests.Api;

/// <summary>Every client error is answered with 4xx in the error format, on every route of the API.</summary>
public sealed class BadInputTests
{
    private static readonly string[] Bodies =
    [
        "",
        "null",
        "{",
        "[]",
        "\"text\"",
        "42",
        "{}",
        "{\"spec\":null,\"metadata\":null}",
        "{\"spec\":[],\"metadata\":7}",
        "{\"metadata\":{\"name\":{}},\"spec\":{\"template\":\"x\",\"machinepoolconfig\":{},\"apiKey\":1}}",
        "{\"metadata\":{\"name\":null,\"labels\":{\"a\":null}},\"spec\":{\"profiles\":[null],\"machinepoolconfig\":[null],"
            + "\"template\":{\"packs\":[null]},\"cloudConfig\":null}}",
        "{\"metadata\":{\"name\":\"x\",\"labels\":null,\"annotations\":null},\"spec\":{\"machinepoolconfig\":[{\"poolConfig\":{\"size\":1.5}}]}}",
        "{\"filter\":{\"filterGroups\":[null]},\"sort\":[null]}",
        "{\"filter\":{\"filterGroups\":[{\"filters\":[null]}]}}",
        "{\"tokens\":[null,\"..\",\"a.b.c\"],\"isActive\":\"yes\"}",
        "{\"account\":{\"apiEndpoint\":\"\\u0000\",\"apiKey\":\"\\u0000\"}}",
        "{\"metadata\":{\"name\":\"\\ud800\"}}",
        "\u00ff\u00fe",
    ];

    [Fact]
    public async Task No_request_body_causes_a_server_error_on_any_route()
    {
        await using var world = await World.MakeAsync(change: options =>
            options with
            {
                RequestTimeout = TimeSpan.FromMilliseconds(50),
            }
        );
        var uid = await world.CreateClusterAsync("demo");
        List<string> wrong = [];
        foreach (var (method, template) in await RoutesAsync(world))
        {
            foreach (var path in Filled(template, uid, world))
            {
                var bodies = method is "GET" or "DELETE" ? [""] : Bodies;
                foreach (var body in bodies)
                {
                    using var request = new HttpRequestMessage(new HttpMethod(method), path);
                    if (method is not ("GET" or "DELETE"))
                    {
                        request.Content = new ByteArrayContent(Encoding.Latin1.GetBytes(body));
                        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
                    }

                    using var response = await world.Console.Client.SendAsync(request);
                    await CheckAsync(response, $"{method} {path} <- {body}", wrong);
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join(Environment.NewLine, wrong));
    }

    [Fact]
    public async Task Invalid_queries_and_headers_are_refused()
    {
        await using var world = await World.MakeAsync();
        foreach (
            var query in new[]
            {
                "limit=-1",
                "limit=many",
                "limit=99999999999999",
                "offset=-5",
                "offset=x",
                "continue=%00",
                "continue=!!!",
                "continue=AAAA",
                "filters=nonsense",
                "filters=a..b=c",
                "orderBy=name",
                "orderBy=metadata.name=2",
            }
        )
        {
            var body = await TestConsole.ReadAsync(await world.Console.Client.GetAsync($"/v1/cloudaccounts/maas?{query}"), 400);
            Assert.NotEqual("", body.GetProperty("ref").GetString());
        }

        using var scoped = new HttpRequestMessage(HttpMethod.Get, "/v1/cloudaccounts/maas");
        using var other = world.Console.NewClient();
        other.DefaultRequestHeaders.Add("ApiKey", world.Console.ApiKey);
        scoped.Headers.Add("ProjectUid", "no-such-project");
        Assert.Equal(
            "ResourceNotFound",
            (await TestConsole.ReadAsync(await other.SendAsync(scoped), 404)).GetProperty("code").GetString()
        );
    }

    [Fact]
    public async Task Credentials_that_are_missing_or_wrong_are_answered_with_401()
    {
        await using var console = await TestConsole.StartAsync();
        using var nobody = console.NewClient();
        foreach (
            var (header, value) in new[]
            {
                ("X-Nothing", "x"),
                ("ApiKey", "wrong"),
                ("ApiKey", new string('x', 5000)),
                ("Authorization", "wrong"),
                ("Authorization", "a.b.c"),
                ("Authorization", "Bearer eyJhbGciOiJub25lIn0.e30."),
                ("Authorization", "Basic YTpi"),
            }
        )
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/users/info");
            request.Headers.TryAddWithoutValidation(header, value);
            var body = await TestConsole.ReadAsync(await nobody.SendAsync(request), 401);
            Assert.Equal("InvalidCredentials", body.GetProperty("code").GetString());
        }

        await TestConsole.ReadAsync(await nobody.GetAsync("/v1/openapi.json"), 200);
        await TestConsole.ReadAsync(await nobody.GetAsync("/v1/health"), 200);
    }

    [Fact]
    public async Task Routes_methods_media_types_and_sizes_that_are_not_there_have_their_own_codes()
    {
        await using var console = await TestConsole.StartAsync();
        Assert.Equal("RouteNotFound", await CodeAsync(await console.Client.GetAsync("/v1/nothing/here"), 404));
        Assert.Equal("RouteNotFound", await CodeAsync(await console.Client.GetAsync("/"), 404));
        Assert.Equal("MethodNotAllowed", await CodeAsync(await console.Client.GetAsync("/v1/auth/authenticate"), 405));
        Assert.Equal(
            "UnsupportedMediaType",
            await CodeAsync(
                await console.Client.PostAsync("/v1/projects", new StringContent("name: x", Encoding.UTF8, "application/yaml")),
                415
            )
        );

        // The client waits for 100 Continue before it sends the body: a server that has refused the request does not read it.
        using var large = new HttpRequestMessage(HttpMethod.Post, "/v1/projects")
        {
            Content = new StringContent(
                "{\"metadata\":{\"name\":\"" + new string('x', 5_000_000) + "\"}}",
                Encoding.UTF8,
                "application/json"
            ),
        };
        large.Headers.ExpectContinue = true;
        Assert.Equal("RequestTooLarge", await CodeAsync(await console.Client.SendAsync(large), 413));
    }

    [Fact]
    public async Task A_wrong_value_is_answered_with_its_place_the_value_and_what_to_write_instead()
    {
        await using var world = await World.MakeAsync();
        var body = world.Body("Demo_1", controlPlane: 2);
        var pool = body["spec"]!["machinepoolconfig"]![1]!;
        pool["poolConfig"]!["taints"] = new System.Text.Json.Nodes.JsonArray(
            new System.Text.Json.Nodes.JsonObject { ["key"] = "a", ["effect"] = "Never" }
        );
        pool["cloudConfig"]!["useLxdVm"] = true;
        body["spec"]!["cloudConfig"]!["endpoint"] = "somewhere";

        var refused = await world.Console.PostAsync("/v1/spectroclusters/maas", body, 400);

        var fields = refused
            .GetProperty("details")
            .GetProperty("fields")
            .EnumerateArray()
            .ToDictionary(
                problem => problem.GetProperty("field").GetString()!,
                problem => problem.GetProperty("message").GetString()!
            );
        Assert.Contains("'Demo_1'", fields["metadata.name"], StringComparison.Ordinal);
        Assert.Contains("1, 3 or 5", fields["spec.machinepoolconfig[0].poolConfig.size"], StringComparison.Ordinal);
        Assert.Contains("NoSchedule", fields["spec.machinepoolconfig[1].poolConfig.taints[0].effect"], StringComparison.Ordinal);
        Assert.Contains("write false", fields["spec.machinepoolconfig[1].cloudConfig.useLxdVm"], StringComparison.Ordinal);
        Assert.Contains("dns:DOMAIN", fields["spec.cloudConfig.endpoint"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_API_describes_itself_with_its_routes_parameters_and_credentials()
    {
        await using var console = await TestConsole.StartAsync();

        var document = await console.GetAsync("/v1/openapi.json");

        var list = document.GetProperty("paths").GetProperty("/v1/cloudaccounts/maas").GetProperty("get");
        Assert.Equal("v1CloudAccountsMaasList", list.GetProperty("operationId").GetString());
        Assert.Equal(
            ["limit", "continue", "offset", "filters", "orderBy"],
            list.GetProperty("parameters").EnumerateArray().Select(one => one.GetProperty("name").GetString())
        );
        Assert.Equal(
            ["ApiKey", "Authorization"],
            document.GetProperty("components").GetProperty("securitySchemes").EnumerateObject().Select(one => one.Name)
        );
    }

    private static async Task<List<(string Method, string Template)>> RoutesAsync(World world)
    {
        var document = await world.Console.GetAsync("/v1/openapi.json");
        return
        [
            .. document
                .GetProperty("paths")
                .EnumerateObject()
                .SelectMany(path => path.Value.EnumerateObject().Select(method => (method.Name.ToUpperInvariant(), path.Name))),
        ];
    }

    private static IEnumerable<string> Filled(string template, string uid, World world)
    {
        // The second value passes the look-up, except where it would delete an object that the next route needs.
        string[] uids = template.StartsWith("/v1/overlords", StringComparison.Ordinal)
            ? ["nothing"]
            : ["nothing", "%20%01%27", uid, world.Profile, world.Account];
        return uids.Select(one =>
                System.Text.RegularExpressions.Regex.Replace(
                    template,
                    "\\{[^}]+\\}",
                    one,
                    System.Text.RegularExpressions.RegexOptions.None,
                    TimeSpan.FromSeconds(1)
                )
            )
            .Distinct();
    }

    private static async Task CheckAsync(HttpResponseMessage response, string what, List<string> wrong)
    {
        var status = (int)response.StatusCode;
        var text = await response.Content.ReadAsStringAsync();
        if (status is >= 200 and < 300)
        {
            return;
        }

        var inFormat =
            status is >= 400 and < 500
            && response.Content.Headers.ContentType?.MediaType is "application/json"
            && JsonSerializer.Deserialize<JsonElement>(text) is var body
            && new[] { "code", "message", "details", "ref" }.All(field => body.TryGetProperty(field, out _));
        if (!inFormat)
        {
            wrong.Add($"{what} -> {status} {text}");
        }
    }

    private static async Task<string?> CodeAsync(HttpResponseMessage response, int status)
    {
        using (response)
        {
            return (await TestConsole.ReadAsync(response, status)).GetProperty("code").GetString();
        }
    }
}
