using System.Text.Json;
using Gantry.Api;
using Gantry.Server.Api;
using Gantry.Server.Tests.Hosting;
using Microsoft.AspNetCore.Http;

namespace Gantry.Server.Tests.Api;

public sealed class QueryParameterTests
{
    [Fact]
    public async Task The_document_has_the_query_parameters_that_operations_declare_and_no_other()
    {
        await using var console = await TestConsole.StartAsync();
        var paths = (await console.GetAsync("/v1/openapi.json")).GetProperty("paths");

        // The framework adds every parameter that a handler binds by itself.
        Assert.All(
            Operations.All,
            operation =>
                Assert.Equal(
                    operation.Query.Select(one => $"{one.Name}: {one.Summary}"),
                    Parameters(paths, operation)
                        .Where(one => one.GetProperty("in").GetString() is "query")
                        .Select(one => $"{one.GetProperty("name").GetString()}: {one.GetProperty("description").GetString()}")
                )
        );
    }

    [Fact]
    public async Task The_document_has_the_type_and_the_values_of_a_query_parameter()
    {
        await using var console = await TestConsole.StartAsync();
        var paths = (await console.GetAsync("/v1/openapi.json")).GetProperty("paths");

        Assert.Equal("integer", Schema(Operations.Clusters.PatchPool, "generation").GetProperty("type").GetString());
        Assert.Equal("boolean", Schema(Operations.Clusters.Delete, "drain").GetProperty("type").GetString());
        Assert.Equal(
            "date-time",
            Schema(Operations.Profiles.PatchPack, "lastModifiedTimestamp").GetProperty("format").GetString()
        );
        Assert.Equal(
            ["endpoint", "control-plane"],
            Schema(Operations.Clusters.GetKubeconfig, "via").GetProperty("enum").EnumerateArray().Select(one => one.GetString())
        );

        JsonElement Schema(Operation operation, string name) =>
            Parameters(paths, operation).Single(one => one.GetProperty("name").GetString() == name).GetProperty("schema");
    }

    [Fact]
    public void A_parameter_that_an_operation_does_not_declare_is_not_read()
    {
        var query = Query(Operations.Clusters.Delete, "?drain=true&limit=4");

        Assert.True(query.IsSet(QueryParameters.Drain));
        Assert.Throws<InvalidOperationException>(() => query.Value(QueryParameters.Limit));
    }

    [Fact]
    public void A_value_that_cannot_be_read_names_the_parameter_the_value_and_what_to_write()
    {
        var refused = Assert.Throws<ApiException>(() =>
            Query(Operations.Clusters.PatchPool, "?generation=new").Value(QueryParameters.Generation)
        );

        Assert.Equal((400, "generation: 'new' cannot be read; write a whole number"), (refused.Status, refused.Message));
    }

    [Fact]
    public void A_value_outside_its_set_is_refused_with_the_permitted_ones()
    {
        var refused = Assert.Throws<ApiException>(() =>
            Query(Operations.Clusters.GetKubeconfig, "?via=moon").Text(QueryParameters.Via)
        );

        Assert.Equal(
            (400, "via: 'moon' is not possible here; write endpoint or control-plane"),
            (refused.Status, refused.Message)
        );
        Assert.Equal("", Query(Operations.Clusters.GetKubeconfig, "?via=").Text(QueryParameters.Via));
        Assert.Null(Query(Operations.Clusters.GetKubeconfig, "").Text(QueryParameters.Via));
    }

    private static RequestQuery Query(Operation operation, string query)
    {
        var context = new DefaultHttpContext();
        context.Request.QueryString = new QueryString(query);
        context.SetEndpoint(new Endpoint(null, new EndpointMetadataCollection(operation), operation.Name));
        return RequestQuery.Of(context);
    }

    private static IEnumerable<JsonElement> Parameters(JsonElement paths, Operation operation) =>
        paths
            .GetProperty(operation.Route)
            .GetProperty(operation.Method.ToLowerInvariant())
            .TryGetProperty("parameters", out var parameters)
            ? parameters.EnumerateArray()
            : [];
}
