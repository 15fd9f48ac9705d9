using Gantry.Api;
using Gantry.Server.Tests.Hosting;
using Gantry.Testing.Contract;

namespace Gantry.Server.Tests.Api;

public sealed class OperationTests
{
    [Fact]
    public async Task Every_operation_of_the_contract_is_mapped_and_described_and_no_other()
    {
        await using var console = await TestConsole.StartAsync();

        var document = await console.GetAsync("/v1/openapi.json");

        var described = document
            .GetProperty("paths")
            .EnumerateObject()
            .SelectMany(path =>
                path.Value.EnumerateObject()
                    .Select(method =>
                        $"{method.Value.GetProperty("operationId").GetString()} {method.Name.ToUpperInvariant()} "
                        + $"{path.Name}: {method.Value.GetProperty("summary").GetString()}"
                    )
            );
        Assert.Equal(
            Operations.All.Select(one => $"{one.Name} {one.Method} {one.Route}: {one.Summary}").Order(StringComparer.Ordinal),
            described.Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task The_document_declares_the_status_of_success_and_the_types_of_each_operation()
    {
        await using var console = await TestConsole.StartAsync();

        var paths = (await console.GetAsync("/v1/openapi.json")).GetProperty("paths");

        Assert.All(
            Operations.All,
            operation =>
            {
                var described = paths.GetProperty(operation.Route).GetProperty(operation.Method.ToLowerInvariant());
                Assert.Equal(
                    [$"{operation.Status}", "default"],
                    described.GetProperty("responses").EnumerateObject().Select(one => one.Name)
                );
                var answer = described.GetProperty("responses").GetProperty($"{operation.Status}");
                Assert.Equal(operation.Answer != typeof(NoBody), answer.TryGetProperty("content", out _));
                Assert.Equal(operation.Request != typeof(NoBody), described.TryGetProperty("requestBody", out _));
            }
        );
    }

    [Fact]
    public void Operations_with_a_name_of_the_public_API_are_those_of_its_list_with_its_status()
    {
        Assert.Equal(
            PublicApi
                .Document.GetProperty("paths")
                .EnumerateObject()
                .SelectMany(path =>
                    path.Value.EnumerateObject()
                        .Select(method =>
                            $"{method.Name.ToUpperInvariant()} {path.Name} "
                            + method.Value.GetProperty("responses").EnumerateObject().First().Name
                        )
                )
                .Order(StringComparer.Ordinal),
            Operations
                .All.Where(one => one.Name.StartsWith("v1", StringComparison.OrdinalIgnoreCase))
                .Select(one => $"{one.Method} {one.Route} {one.Status}")
                .Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void Names_and_routes_of_operations_are_unique()
    {
        Assert.Equal(
            Operations.All.Count,
            Operations.All.Select(one => one.Name).Distinct(StringComparer.OrdinalIgnoreCase).Count()
        );
        Assert.Equal(Operations.All.Count, Operations.All.Select(one => $"{one.Method} {one.Route}").Distinct().Count());
    }

    [Fact]
    public void Operations_without_credentials_declare_it()
    {
        Assert.Equal(
            ["Health", "V1HealthPing", "v1AuthRefresh", "v1Authenticate"],
            Operations.All.Where(one => one.Permission.AllowsAnonymous).Select(one => one.Name).Order(StringComparer.Ordinal)
        );
        Assert.All(
            Operations.All.Select(one => one.Permission.Key).OfType<string>(),
            key => Assert.Matches("^[a-zA-Z]+\\.[a-zA-Z]+$", key)
        );
    }

    [Fact]
    public void The_dialect_knows_the_types_of_every_operation() =>
        Assert.All(
            Operations.All.SelectMany(one => new[] { one.Request, one.Answer }).Where(type => type != typeof(NoBody)),
            type => Assert.NotNull(ApiJson.Options.GetTypeInfo(type))
        );

    [Theory]
    [InlineData("""{"items":[]}""", true)]
    [InlineData("""{"items":null}""", false)]
    [InlineData("""{"items":[],"more":1}""", false)]
    [InlineData("""{}""", false)]
    [InlineData("""{"items":[{"kind":"maas"}]}""", false)]
    public async Task An_answer_that_differs_from_the_document_is_noticed(string answer, bool isRight)
    {
        await using var console = await TestConsole.StartAsync();
        var contract = new OpenApiContract(await console.GetAsync("/v1/openapi.json"));

        var problems = contract.Problems(new Exchange("GET", "/v1/overlords", "", 200, "application/json", answer));

        Assert.Equal(isRight, problems.Count is 0);
    }
}
