using Gantry.Testing.Contract;

namespace Gantry.Server.Tests.Api;

/// <summary>The check that <see cref="ContractHandler"/> makes of every exchange finds what clients of the public API would not read.</summary>
public sealed class PublicApiTests
{
    [Theory]
    [InlineData("GET", "/v1/projects/p", 200, """{"metadata":{"name":"a"},"status":{"isDisabled":false},"own":1}""", "")]
    [InlineData("GET", "/v1/projects/p", 200, """{"metadata":{"name":1}}""", "answer.metadata.name")]
    [InlineData("GET", "/v1/projects/p", 204, "", "status 204")]
    [InlineData("GET", "/v1/projects/p", 404, """{"code":"a","message":"b","details":{},"ref":"c"}""", "")]
    [InlineData("GET", "/v1/projects/p", 404, """{"code":"a","message":"b","details":[],"ref":"c"}""", "answer.details")]
    [InlineData("GET", "/v1/spectroclusters/c/profiles", 200, """{"items":[]}""", "answer.profiles is missing")]
    [InlineData("GET", "/v1/spectroclusters/c/repave/status", 200, """{"status":{"state":"Later"}}""", "answer.status.state")]
    [InlineData("GET", "/v1/spectroclusters/c/variables", 200, """[{"variables":[]}]""", "answer[0].profileUid is missing")]
    [InlineData("GET", "/v1/cloudconfigs/maas/c", 200, """{"spec":{"machinePoolConfig":[{"size":1.5}]}}""", "[0].size")]
    [InlineData("GET", "/v1/spectroclusters/c/progress", 200, """{"any":"thing"}""", "")]
    public void An_answer_outside_the_public_schema_is_named(
        string method,
        string path,
        int status,
        string answer,
        string problem
    )
    {
        var found = PublicApi.Contract.Problems(
            new Exchange(method, path, "", status, answer.Length is 0 ? null : "application/json", answer)
        );

        if (problem.Length is 0)
        {
            Assert.Empty(found);
        }
        else
        {
            Assert.Contains(found, one => one.Contains(problem, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Every_shape_of_the_list_is_there_and_used()
    {
        var document = PublicApi.Document.GetRawText();

        Assert.All(
            PublicApi.Document.GetProperty("schemas").EnumerateObject().Select(shape => shape.Name),
            name => Assert.Contains($"\"#/schemas/{name}\"", document, StringComparison.Ordinal)
        );
        var named = System
            .Text.RegularExpressions.Regex.Matches(document, "#/schemas/(\\w+)")
            .Select(match => match.Groups[1].Value)
            .Distinct();
        Assert.All(named, name => Assert.True(PublicApi.Document.GetProperty("schemas").TryGetProperty(name, out _), name));
    }
}
